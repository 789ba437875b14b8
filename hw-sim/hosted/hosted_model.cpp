#include "hw-sim/hosted/hosted_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/secret.hpp"
#include "hw-sim/hosted/hosted_call.hpp"

namespace colony::hw_sim {

using namespace std::chrono_literals;
using core::Json;
using core::http::HttpRequest;
using core::http::Method;
using core::http::Status;

struct HostedModel::Route {
  Method method;
  std::string_view pattern;  // segments after /api/v1; * takes any
  std::string_view name;
  HostedReply (HostedModel::*handle)(const Call&);
};

namespace {

constexpr core::Duration longest_wait = 50s;
constexpr core::JsonLimits body_limits{.bytes = 8 << 20, .depth = 32, .values = 500'000};

std::vector<std::string_view> segments_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    if (text.front() == '/') {
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::min(text.find('/'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

HostedModel::HostedModel(HostedOptions options, core::Random& random, Json state)
    : options_(std::move(options)),
      random_(random),
      limits_(options_.per_minute, options_.per_hour),
      state_(std::make_unique<Json>()) {
  restore(std::move(state));
}

void HostedModel::restore(Json state) {
  *state_ = std::move(state);
  ++version_;
  if (!state_->is_object()) *state_ = Json::object();
  for (const auto* member : {"agents", "clusters", "requests"}) {
    if (!(*state_)[member].is_object()) (*state_)[member] = Json::object();
  }
  if (!(*state_)["operations"].is_array()) (*state_)["operations"] = Json::array();
}

HostedModel::~HostedModel() = default;

const Json& HostedModel::state() const {
  return *state_;
}

void HostedModel::add_key(std::string key) {
  more_keys_.push_back(std::move(key));
}

void HostedModel::set_key(std::string key) {
  options_.key = std::move(key);
  more_keys_.clear();
}

const HostedModel::Route* HostedModel::find_route(const HttpRequest& request, Call& call) {
  using M = HostedModel;
  static const std::array<Route, 22> routes{{
      {Method::post, "agents", "agents.create", &M::agents_create},
      {Method::patch, "agents/*/heartbeat", "agents.heartbeat", &M::agents_heartbeat},
      {Method::del, "agents/*/clean-datacenter", "agents.clean", &M::agents_clean},
      {Method::get, "agents/*/operations", "agents.operations", &M::agents_operations},
      {Method::post, "agents/*/events", "agents.events", &M::agents_events},
      {Method::put, "agents/*/assets", "agents.assets", &M::agents_assets},
      {Method::get, "assets", "assets.list", &M::assets_list},
      {Method::get, "assets/*", "assets.get", &M::assets_get},
      {Method::post, "assets/*/provision", "assets.provision", &M::assets_order},
      {Method::post, "assets/*/wipe", "assets.wipe", &M::assets_order},
      {Method::post, "assets/*/discover", "assets.discover", &M::assets_order},
      {Method::get, "clusters", "clusters.list", &M::clusters_list},
      {Method::post, "clusters", "clusters.create", &M::clusters_create},
      {Method::get, "clusters/*", "clusters.get", &M::clusters_get},
      {Method::del, "clusters/*", "clusters.delete", &M::clusters_delete},
      {Method::get, "clusters/*/kubeconfig", "clusters.kubeconfig", &M::clusters_kubeconfig},
      {Method::get, "workflows", "workflows.list", &M::workflows_list},
      {Method::get, "workflows/*", "workflows.get", &M::workflows_get},
      // Not of the API: how tests and people steer the stand-in.
      {Method::post, "sim/orders", "sim.orders", &M::simulate_order},
      {Method::post, "sim/faults", "sim.faults", &M::simulate_fault},
      {Method::post, "sim/key", "sim.key", &M::simulate_key},
      {Method::get, "sim/state", "sim.state", &M::simulate_state},
  }};
  constexpr std::string_view prefix = "/api/v1/";
  if (!request.path.starts_with(prefix)) return nullptr;
  const auto path = segments_of(std::string_view(request.path).substr(prefix.size()));
  for (const auto& route : routes) {
    const auto pattern = segments_of(route.pattern);
    if (route.method != request.method || pattern.size() != path.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < path.size(); ++i) same = same && (pattern[i] == "*" || pattern[i] == path[i]);
    if (!same) continue;
    if (path.size() > 1) call.id = std::string(path[1]);
    if (path.size() > 2) call.action = std::string(path[2]);
    return &route;
  }
  return nullptr;
}

std::optional<std::string> HostedModel::datacenter_of(const HttpRequest& request) const {
  const auto authorization = request.headers.find("Authorization").value_or("");
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme)) return std::nullopt;
  std::optional<std::string> found;
  for (const auto& [key, datacenter] : options_.datacenters) {
    if (core::constant_time_equal(authorization.substr(scheme.size()), key)) found = datacenter;
  }
  return found;
}

std::optional<HostedReply> HostedModel::refuse(const HttpRequest& request, core::BootTime now) {
  if (!options_.datacenters.empty() && !datacenter_of(request)) {
    return error_reply(Status::unauthorized, "INVALID_API_KEY", "Invalid API key",
                       "The API key is unknown, expired or revoked");
  }
  const auto authorization = request.headers.find("Authorization").value_or("");
  constexpr std::string_view scheme = "Bearer ";
  const auto given = authorization.substr(std::min(scheme.size(), authorization.size()));
  const auto is_given = [&given](const std::string& key) { return core::constant_time_equal(given, key); };
  const bool is_good =
      options_.key.empty() || is_given(options_.key) || std::ranges::any_of(more_keys_, is_given);
  if (!authorization.starts_with(scheme) || !is_good) {
    return error_reply(Status::unauthorized, "INVALID_API_KEY", "Invalid API key",
                       "The API key is unknown, expired or revoked");
  }
  if (const auto wait = limits_.admit(std::string(authorization), now)) {
    auto reply = error_reply(
        Status::too_many_requests, "RATE_LIMITED", "Rate limit exceeded",
        fmt::format("{} requests a minute and {} an hour", options_.per_minute, options_.per_hour));
    reply.retry_after = std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count());
    return reply;
  }
  return std::nullopt;
}

HostedAnswer HostedModel::handle(const HttpRequest& request, core::BootTime now, core::UtcTime utc) {
  Call call;
  call.request = &request;
  call.utc = utc;
  const Route* route = find_route(request, call);
  if (route != nullptr && route->name.starts_with("sim.") && !options_.steering) route = nullptr;
  call.datacenter = datacenter_of(request);
  const bool steering = route != nullptr && route->name.starts_with("sim.");
  const auto counted = [&](HostedReply reply) {
    if (!steering) count(route == nullptr ? "unknown" : route->name, reply.status);
    return reply;
  };
  if (!steering) {
    if (auto refused = refuse(request, now)) return counted(std::move(*refused));
  }
  const bool ours = route != nullptr && (route->name == "agents.operations" ||
                                         route->name == "agents.events" || route->name == "agents.assets");
  if (route == nullptr || (ours && !options_.agent_part)) {
    return counted(error_reply(Status::not_found, "NOT_FOUND", "Not found", request.path));
  }
  const auto fault = steering ? std::nullopt : faults_.take(route->name);
  if (fault == HostedFaultKind::drop) {
    auto lost = counted(error_reply(Status::bad_gateway, "DROPPED", "Dropped", ""));
    lost.delivered = Delivered::not_at_all;
    return lost;
  }
  const auto failing = [&](Status status, std::string_view code, std::string retry_after) {
    auto reply = error_reply(status, code, "Injected fault", route->name);
    reply.retry_after = std::move(retry_after);
    return counted(std::move(reply));
  };
  if (fault == HostedFaultKind::error_500) return failing(Status::internal_error, "INTERNAL", "");
  if (fault == HostedFaultKind::error_503) return failing(Status::unavailable, "UNAVAILABLE", "1");
  if (fault == HostedFaultKind::error_429) return failing(Status::too_many_requests, "RATE_LIMITED", "2");
  if (fault == HostedFaultKind::error_401) return failing(Status::unauthorized, "INVALID_API_KEY", "");
  if (fault == HostedFaultKind::error_404) return failing(Status::not_found, "NOT_FOUND", "");

  if (!request.body.empty()) {
    auto body = core::parse_json(request.body, body_limits);
    if (!body) return counted(bad_request(body.error().message));
    call.body = std::move(*body);
  }
  if (const Json* agent = core::json_member((*state_)["agents"], call.id);
      route->name.starts_with("agents.") && agent != nullptr && !call.sees(*agent)) {
    return counted(missing("Agent", call.id));
  }
  HostedReply reply = (this->*route->handle)(call);
  if (fault == HostedFaultKind::drop_after_apply) reply.delivered = Delivered::not_at_all;
  if (fault == HostedFaultKind::truncated) reply.delivered = Delivered::half;
  if (fault == HostedFaultKind::slow) reply.delay = 5s;
  if (route->name == "agents.operations" && reply.status == Status::ok && !fault) {
    // A long poll with nothing to tell is held.
    const auto wait = request.query_value("wait").value_or("");
    const auto after = request.query_value("after").value_or("");
    // One who asks for what comes after a number that does not exist is told at once.
    const bool empty =
        reply.body.find("\"id\"") == std::string::npos &&
        std::strtoull(std::string(after).c_str(), nullptr, 10) <= (*state_)["operations"].size();
    const auto seconds = std::min<long>(std::strtol(std::string(wait).c_str(), nullptr, 10), 3600);
    if (empty && seconds > 0) {
      (void)counted(reply);
      return HostedHold{std::min<core::Duration>(std::chrono::seconds(seconds), longest_wait)};
    }
  }
  return counted(std::move(reply));
}

HostedReply HostedModel::answer_held(const HttpRequest& request) {
  Call call;
  call.request = &request;
  (void)find_route(request, call);
  call.datacenter = datacenter_of(request);
  return agents_operations(call);
}

void HostedModel::count(std::string_view call, Status status) {
  Json& requests = (*state_)["requests"];
  increment(requests, "total");
  increment(requests["by_call"], std::string(call));
  increment(requests["by_status"], std::to_string(core::http::code(status)));
  ++version_;
}

/// Where the asset with this id or name is; the only datacenter when nobody has it; else empty.
std::string HostedModel::datacenter_with(const std::string& asset) const {
  const Json& agents = (*state_)["agents"];
  for (const auto& [id, agent] : agents.items()) {
    for (const auto& [asset_id, known] : agent["assets"].items()) {
      if (asset_id == asset || core::json_text(known, "name") == asset)
        return core::json_text(agent, "datacenter_id").value_or("");
    }
  }
  return agents.size() == 1 ? core::json_text(*agents.begin(), "datacenter_id").value_or("") : "";
}

std::string HostedModel::order(const std::string& type, const std::string& target, Json body,
                               std::string datacenter) {
  Json& operations = (*state_)["operations"];
  if (datacenter.empty()) datacenter = datacenter_with(target);
  std::string id = random_.uuid().to_string();
  operations.push_back(Json{{"seq", operations.size() + 1},
                            {"id", id},
                            {"generation", 1},
                            {"type", type},
                            {"target", target},
                            {"datacenter_id", std::move(datacenter)},
                            {"body", body.is_null() ? Json::object() : std::move(body)}});
  ++version_;
  return id;
}

}  // namespace colony::hw_sim
