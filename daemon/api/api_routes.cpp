#include "daemon/api/api_routes.hpp"

#include <charconv>
#include <memory>
#include <unordered_map>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/api/bodies.hpp"
#include "daemon/api/cluster_body.hpp"
#include "daemon/api/cluster_order.hpp"
#include "daemon/api/console_routes.hpp"
#include "daemon/api/event_stream.hpp"
#include "daemon/api/held_routes.hpp"
#include "daemon/api/key_routes.hpp"
#include "daemon/api/metrics.hpp"
#include "daemon/api/paging.hpp"
#include "daemon/api/views.hpp"

namespace colony::daemon::api {

namespace http = core::http;
using core::Json;
using core::Result;
using core::Task;
using http::error_response;
using http::HttpRequest;
using http::HttpResponse;
using http::json_response;
using http::Method;
using http::Status;

namespace {

constexpr unsigned default_limit = 100;
constexpr unsigned max_limit = 1000;

/// A route's coroutine: a free function, so that nothing captured can die before it.
using Answer = Task<HttpResponse> (*)(const ApiServices& api, HttpRequest request);
/// Of a route that has to know who asks.
using AnswerTo = Task<HttpResponse> (*)(const ApiServices& api, keys::Caller caller, HttpRequest request);

template <class View>
HttpResponse answer(Status status, const Result<View>& result) {
  if (!result) return error_response(result.error());
  return json_response(status, to_json(*result));
}

/// `{"KEY":[...]}`, the reference's form of lists.
template <class View>
HttpResponse answer_list(std::string_view key, const Result<std::vector<View>>& result) {
  if (!result) return error_response(result.error());
  return json_response(Status::ok, list_json(key, *result));
}

Result<std::uint64_t> number(const HttpRequest& request, std::string_view key, std::uint64_t absent,
                             std::uint64_t limit) {
  const auto text = request.query_value(key);
  if (!text) return absent;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value > limit) {
    return core::fail(core::ErrorKind::invalid_input, "api.query",
                      fmt::format("{} must be a number from 0 to {}", key, limit));
  }
  return value;
}

Result<unsigned> limit_of(const HttpRequest& request) {
  const auto value = number(request, "limit", default_limit, max_limit);
  if (!value) return std::unexpected(value.error());
  return static_cast<unsigned>(*value);
}

/// `{"KEY":[...],"next"?}`: the page that ?limit and ?after ask for.
template <class View>
HttpResponse answer_page(std::string_view key, const std::vector<View>& all, const HttpRequest& request,
                         std::size_t limit) {
  std::vector<std::string> keys;
  keys.reserve(all.size());
  for (const auto& view : all) keys.push_back(page_key(view));
  const auto page = cut_page(keys, request.query_value("after").value_or(""), limit);
  Json list = Json::array();
  for (const auto place : page.entries) list.push_back(to_json(all[place]));
  Json body;
  body[std::string(key)] = std::move(list);
  if (!page.next.empty()) body["next"] = page.next;
  return tagged_response(body);
}

/// ?asset=REF; nothing when it is not given.
Result<std::optional<core::AssetId>> asset_filter(const ApiServices& api, const HttpRequest& request) {
  const auto ref = request.query_value("asset");
  if (!ref) return std::optional<core::AssetId>{};
  const auto asset = api.orders.asset(std::string(*ref));
  if (!asset) return std::unexpected(asset.error());
  return std::optional<core::AssetId>(asset->id);
}

// ---- Looks ----

/// Without ?limit and ?after all of them, by name.
Task<HttpResponse> get_assets(const ApiServices& api, HttpRequest request) {
  if (!request.query_value("limit") && !request.query_value("after"))
    co_return tagged_response(list_json("assets", api.orders.assets()));
  const auto limit = limit_of(request);
  if (!limit) co_return error_response(limit.error());
  co_return answer_page("assets", api.orders.assets(), request, *limit);
}

Task<HttpResponse> get_asset(const ApiServices& api, HttpRequest request) {
  const auto asset = api.orders.asset(std::string(request.param("id")));
  if (!asset) co_return error_response(asset.error());
  co_return tagged_response(details_json(*asset));
}

Task<HttpResponse> get_why(const ApiServices& api, HttpRequest request) {
  const auto why = api.orders.why(std::string(request.param("id")));
  if (!why) co_return error_response(why.error());
  Json body = to_json(*why);
  body["held"] = held_of(api, why->asset.id);
  co_return json_response(Status::ok, body);
}

Task<HttpResponse> get_timeline(const ApiServices& api, HttpRequest request) {
  const auto limit = limit_of(request);
  if (!limit) co_return error_response(limit.error());
  const auto asset = api.orders.asset(std::string(request.param("id")));
  if (!asset) co_return error_response(asset.error());
  co_return answer_list("timeline", co_await api.orders.timeline(asset->id, *limit));
}

Task<HttpResponse> get_power(const ApiServices& api, HttpRequest request) {
  const auto power = co_await api.orders.power_state(std::string(request.param("id")));
  if (!power) co_return error_response(power.error());
  co_return json_response(Status::ok, Json{{"power", name(*power)}});
}

Task<HttpResponse> get_workflows(const ApiServices& api, HttpRequest request) {
  const auto limit = limit_of(request);
  if (!limit) co_return error_response(limit.error());
  const auto asset = asset_filter(api, request);
  if (!asset) co_return error_response(asset.error());
  const auto newest = co_await api.orders.workflows(*asset, max_limit);
  if (!newest) co_return error_response(newest.error());
  co_return answer_page("workflows", *newest, request, *limit);
}

Result<core::WorkflowId> workflow_id(const HttpRequest& request) {
  const auto id = core::WorkflowId::parse(request.param("id"));
  if (!id) {
    return core::fail(core::ErrorKind::invalid_input, "workflow.id",
                      "a workflow id is a UUID; `colony workflows` lists them");
  }
  return *id;
}

Task<HttpResponse> get_workflow(const ApiServices& api, HttpRequest request) {
  const auto id = workflow_id(request);
  if (!id) co_return error_response(id.error());
  const auto workflow = co_await api.orders.workflow(*id);
  if (!workflow) co_return error_response(workflow.error());
  co_return tagged_response(to_json(*workflow));
}

Task<HttpResponse> get_wipe_records(const ApiServices& api, HttpRequest request) {
  const auto limit = limit_of(request);
  if (!limit) co_return error_response(limit.error());
  const auto asset = asset_filter(api, request);
  if (!asset) co_return error_response(asset.error());
  const auto newest = co_await api.orders.wipe_records(*asset, max_limit);
  if (!newest) co_return error_response(newest.error());
  co_return answer_page("wipe_records", *newest, request, *limit);
}

Task<HttpResponse> get_events(const ApiServices& api, HttpRequest request) {
  const auto limit = limit_of(request);
  if (!limit) co_return error_response(limit.error());
  auto after = number(request, "after", 0, UINT64_MAX);
  if (!after) co_return error_response(after.error());
  if (request.headers.find("Accept") == "application/json") {
    co_return answer_list("events", co_await api.orders.events(core::EventSeq{*after}, *limit));
  }
  if (const auto last = request.headers.find("Last-Event-ID")) {
    std::uint64_t seq = 0;
    const auto [end, error] = std::from_chars(last->data(), last->data() + last->size(), seq);
    if (error == std::errc{} && end == last->data() + last->size()) after = seq;
  }
  HttpResponse response;
  (void)response.headers.add("Content-Type", "text/event-stream");
  (void)response.headers.add("Cache-Control", "no-store");
  response.body = event_stream(api.timers, api.orders, core::EventSeq{*after});
  co_return response;
}

Task<HttpResponse> get_status(const ApiServices& api, HttpRequest) {
  Json status = to_json(api.orders.status());
  status["version"] = api.version;
  status["time"] = core::format_utc(api.timers.utc_now());
  if (api.add_status) api.add_status(status);
  co_return json_response(Status::ok, status);
}

Task<HttpResponse> get_leases(const ApiServices& api, HttpRequest) {
  Json body = api.leases ? api.leases() : Json{{"mode", "off"}, {"leases", Json::array()}};
  std::unordered_map<std::string, std::string> owners;
  for (const auto& asset : api.orders.assets()) {
    for (const auto& mac : asset.macs) owners.emplace(mac.to_string(), asset.name);
  }
  for (auto& lease : body["leases"]) {
    const auto owner = owners.find(core::json_text(lease, "mac").value_or(""));
    if (owner != owners.end()) lease["asset"] = owner->second;
  }
  co_return json_response(Status::ok, body);
}

Task<HttpResponse> get_health(const ApiServices&, HttpRequest) {
  co_return http::text_response(Status::ok, "text/plain", "ok\n");
}

Task<HttpResponse> get_ready(const ApiServices& api, HttpRequest) {
  const auto status = api.orders.status();
  if (status.ready && !status.store_failure)
    co_return http::text_response(Status::ok, "text/plain", "ready\n");
  co_return http::text_response(Status::unavailable, "text/plain",
                                status.store_failure ? "the store failed\n" : "starting\n");
}

Task<HttpResponse> get_metrics(const ApiServices& api, HttpRequest) {
  const auto more = api.metrics ? api.metrics() : std::vector<Metric>{};
  co_return http::text_response(Status::ok, "text/plain; version=0.0.4",
                                render_metrics(api.orders.status(), more));
}

// ---- Orders ----

Task<HttpResponse> post_bmc(const ApiServices& api, HttpRequest request) {
  auto enrolment = decode_enrolment(request.body);
  core::wipe_text(request.body);  // held the password
  if (!enrolment) co_return error_response(enrolment.error());
  const auto enrolled = co_await api.orders.enrol_bmc(std::move(*enrolment));
  co_return answer(enrolled && !enrolled->updated ? Status::created : Status::ok, enrolled);
}

Task<HttpResponse> post_accept(const ApiServices& api, HttpRequest request) {
  co_return answer(Status::ok, co_await api.orders.accept(std::string(request.param("id"))));
}

/// What the orders of an asset have in common: read it, hand it on.
template <class Order>
Task<HttpResponse> submit(const ApiServices& api, HttpRequest request,
                          Result<Order> (*decode)(std::string_view asset, std::string_view body),
                          Task<Result<workflows::Submitted>> (workflows::Orders::*order)(Order)) {
  auto decoded = decode(request.param("id"), request.body);
  core::wipe_text(request.body);  // a machine config holds its cluster's keys
  if (!decoded) co_return error_response(decoded.error());
  co_return answer(Status::accepted, co_await (api.orders.*order)(std::move(*decoded)));
}

using workflows::Orders;
Task<HttpResponse> post_discover(const ApiServices& api, HttpRequest request) {
  return submit(api, std::move(request), decode_discover, &Orders::discover);
}
Task<HttpResponse> post_provision(const ApiServices& api, HttpRequest request) {
  return submit(api, std::move(request), decode_provision, &Orders::provision);
}
Task<HttpResponse> post_power(const ApiServices& api, HttpRequest request) {
  return submit(api, std::move(request), decode_power, &Orders::power);
}
Task<HttpResponse> post_reboot(const ApiServices& api, HttpRequest request) {
  return submit(api, std::move(request), decode_reboot, &Orders::reboot);
}

Task<HttpResponse> post_rotate(const ApiServices& api, HttpRequest request) {
  return submit(api, std::move(request), decode_rotate, &Orders::rotate_bmc_password);
}

/// The socket's group may order everything, but it does not get to see passwords.
Task<HttpResponse> post_bmc_password(const ApiServices& api, HttpRequest request) {
  const auto* peer = std::get_if<http::UnixPeer>(&request.peer);
  if (peer == nullptr || peer->uid != 0) {
    co_return error_response(Status::forbidden, "api.root_only", "Passwords are shown to root only",
                             "On the appliance: sudo colony bmc password ASSET");
  }
  const auto login = co_await api.orders.show_bmc_login(
      std::string(request.param("id")),
      fmt::format("uid {}, pid {}", peer->uid, static_cast<std::int64_t>(peer->pid)));
  HttpResponse response = answer(Status::ok, login);
  (void)response.headers.add("Cache-Control", "no-store");
  co_return response;
}

Task<HttpResponse> post_provision_plan(const ApiServices& api, HttpRequest request) {
  const auto order = decode_provision_plan(request.param("id"), request.body);
  if (!order) co_return error_response(order.error());
  co_return answer(Status::ok, api.orders.plan_provision(*order));
}

Task<HttpResponse> post_wipe_plan(const ApiServices& api, HttpRequest request) {
  const auto order = decode_wipe(request.param("id"), request.body);
  if (!order) co_return error_response(order.error());
  co_return answer(Status::ok, api.orders.plan_wipe(*order));
}

Task<HttpResponse> post_window(const ApiServices& api, HttpRequest request) {
  const auto duration = decode_window(request.body);
  if (!duration) co_return error_response(duration.error());
  const auto until = co_await api.orders.open_discovery_window(*duration);
  if (!until) co_return error_response(until.error());
  co_return json_response(Status::ok, Json{{"until", core::format_utc(*until)}});
}

Task<HttpResponse> delete_workflow(const ApiServices& api, HttpRequest request) {
  const auto id = workflow_id(request);
  if (!id) co_return error_response(id.error());
  const auto cancelled = co_await api.orders.cancel(*id);
  if (!cancelled) co_return error_response(cancelled.error());
  HttpResponse response;
  response.status = Status::no_content;
  co_return response;
}

// ---- Orders that wait for a second person ----

Task<HttpResponse> get_operations(const ApiServices& api, HttpRequest) {
  co_return get_held(api);
}
Task<HttpResponse> post_approve(const ApiServices& api, keys::Caller caller, HttpRequest request) {
  return decide_held(api, std::move(caller), std::move(request), ApiServices::Decision::approve);
}
Task<HttpResponse> post_deny(const ApiServices& api, keys::Caller caller, HttpRequest request) {
  return decide_held(api, std::move(caller), std::move(request), ApiServices::Decision::deny);
}

// ---- Consoles ----

ConsoleServices consoles(const ApiServices& api) {
  return {api.timers, api.log, api.orders, api.consoles};
}
Task<HttpResponse> get_serial(const ApiServices& api, HttpRequest request) {
  return get_console(consoles(api), std::move(request));
}
Task<HttpResponse> post_serial(const ApiServices& api, HttpRequest request) {
  return post_console(consoles(api), std::move(request));
}
Task<HttpResponse> get_serial_log(const ApiServices& api, HttpRequest request) {
  return get_console_log(consoles(api), std::move(request));
}

// ---- Clusters: documented, not built yet ----

Task<HttpResponse> get_clusters(const ApiServices&, HttpRequest) {
  co_return json_response(Status::ok, Json{{"clusters", Json::array()}});
}

Task<HttpResponse> post_cluster(const ApiServices& api, HttpRequest request) {
  const auto cluster = decode_cluster(request.body);
  core::wipe_text(request.body);  // held credentials
  if (!cluster) {
    co_return error_response(Status::bad_request, "api.body", "This cluster cannot be built as asked",
                             join_faults(cluster.error()));
  }
  if (const auto good = check_cluster_assets(api.orders, *cluster); !good)
    co_return error_response(good.error());
  const auto refusal = clusters_unsupported();
  co_return error_response(Status::not_implemented, refusal.code, refusal.message,
                           "POST /api/v1/assets/{id}/provision");
}

Task<HttpResponse> refuse_cluster(const ApiServices&, HttpRequest) {
  co_return error_response(
      Status::not_implemented, "clusters.unsupported", "This appliance does not build whole clusters yet",
      "Provision each node with its own machine config: POST /api/v1/assets/{id}/provision");
}

struct RouteRow {
  RouteRule rule;
  std::variant<Answer, AnswerTo> answer;
};

constexpr RouteRow routes[] = {
    {{Method::get, "/healthz", Need::open, ""}, get_health},
    {{Method::get, "/readyz", Need::open, ""}, get_ready},
    {{Method::get, "/metrics", Need::read, ""}, get_metrics},
    {{Method::get, "/api/v1/status", Need::read, ""}, get_status},
    {{Method::get, "/api/v1/events", Need::read, ""}, get_events},
    {{Method::get, "/api/v1/assets", Need::read, ""}, get_assets},
    {{Method::get, "/api/v1/assets/{id}", Need::read, ""}, get_asset},
    {{Method::get, "/api/v1/assets/{id}/why", Need::read, ""}, get_why},
    {{Method::get, "/api/v1/assets/{id}/timeline", Need::read, ""}, get_timeline},
    {{Method::get, "/api/v1/assets/{id}/power", Need::read, ""}, get_power},
    {{Method::post, "/api/v1/assets/{id}/power", Need::operate, "power"}, post_power},
    {{Method::post, "/api/v1/assets/{id}/reboot", Need::operate, "reboot"}, post_reboot},
    {{Method::post, "/api/v1/assets/{id}/accept", Need::operate, "accept"}, post_accept},
    {{Method::post, "/api/v1/assets/{id}/discover", Need::operate, "discover"}, post_discover},
    {{Method::post, "/api/v1/assets/{id}/provision", Need::operate, "provision", 3 * max_machine_config},
     post_provision},
    {{Method::post, "/api/v1/assets/{id}/wipe", Need::wipe, "wipe"}, post_wipe},
    {{Method::post, "/api/v1/assets/{id}/bmc-rotate", Need::operate, "bmc-rotate"}, post_rotate},
    {{Method::post, "/api/v1/assets/{id}/bmc-password", Need::admin, "bmc-password"}, post_bmc_password},
    {{Method::post, "/api/v1/assets/{id}/provision-plan", Need::read, ""}, post_provision_plan},
    {{Method::post, "/api/v1/assets/{id}/wipe-plan", Need::read, ""}, post_wipe_plan},
    {{Method::get, "/api/v1/assets/{id}/console", Need::operate, "console"}, get_serial},
    {{Method::post, "/api/v1/assets/{id}/console", Need::operate, ""}, post_serial},  // each key a request
    {{Method::get, "/api/v1/assets/{id}/console-log", Need::read, ""}, get_serial_log},
    {{Method::post, "/api/v1/bmcs", Need::operate, "enrol", 64UL * 1024, "ip"}, post_bmc},
    {{Method::post, "/api/v1/discovery-window", Need::operate, "discovery-window"}, post_window},
    {{Method::get, "/api/v1/workflows", Need::read, ""}, get_workflows},
    {{Method::get, "/api/v1/workflows/{id}", Need::read, ""}, get_workflow},
    {{Method::del, "/api/v1/workflows/{id}", Need::operate, "cancel"}, delete_workflow},
    {{Method::get, "/api/v1/operations", Need::read, ""}, get_operations},
    {{Method::post, "/api/v1/operations/{id}/approve", Need::wipe, "operation.approve"}, post_approve},
    {{Method::post, "/api/v1/operations/{id}/deny", Need::operate, "operation.deny"}, post_deny},
    {{Method::get, "/api/v1/wipe-records", Need::read, ""}, get_wipe_records},
    {{Method::get, "/api/v1/dhcp/leases", Need::read, ""}, get_leases},
    {{Method::get, "/api/v1/clusters", Need::read, ""}, get_clusters},
    {{Method::post, "/api/v1/clusters", Need::operate, "cluster.create", max_cluster_body}, post_cluster},
    {{Method::get, "/api/v1/clusters/{id}", Need::read, ""}, refuse_cluster},
    {{Method::del, "/api/v1/clusters/{id}", Need::operate, "cluster.delete"}, refuse_cluster},
    {{Method::get, "/api/v1/clusters/{id}/kubeconfig", Need::operate, ""}, refuse_cluster},
};

}  // namespace

void add_api_routes(http::Router& router, ApiServices services) {
  const auto shared = std::make_shared<const ApiServices>(std::move(services));
  Door door(router, shared->timers, shared->log, shared->access);
  for (const auto& row : routes) {
    door.add(row.rule, [shared, &row](keys::Caller caller, HttpRequest request) {
      if (const auto* const answer_to = std::get_if<AnswerTo>(&row.answer))
        return (*answer_to)(*shared, std::move(caller), std::move(request));
      return std::get<Answer>(row.answer)(*shared, std::move(request));
    });
  }
  add_key_routes(door, shared->access);
}

std::vector<RouteRule> route_rules() {
  auto rules = key_route_rules();
  for (const auto& row : routes) rules.push_back(row.rule);
  return rules;
}

}  // namespace colony::daemon::api
