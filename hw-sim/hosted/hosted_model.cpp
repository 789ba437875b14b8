#include "hw-sim/hosted/hosted_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/secret.hpp"
#include "hw-sim/hosted/hosted_cluster.hpp"

namespace colony::hw_sim {

using namespace std::chrono_literals;
using core::Json;
using core::http::HttpRequest;
using core::http::Method;
using core::http::Status;

/// One request, taken apart.
struct HostedModel::Call {
  const HttpRequest* request = nullptr;
  std::string id;      // the second segment
  std::string action;  // the third
  Json body;
  core::UtcTime utc;
  std::optional<std::string> datacenter;  // of a hub's key: nothing of another is there for it
  [[nodiscard]] bool sees(const Json& thing) const {
    return !datacenter || core::json_text(thing, "datacenter_id") == *datacenter;
  }
};

struct HostedModel::Route {
  Method method;
  std::string_view pattern;  // segments after /api/v1; * takes any
  std::string_view name;
  HostedReply (HostedModel::*handle)(const Call&);
};

namespace {

constexpr core::Duration longest_wait = 50s;
constexpr core::JsonLimits body_limits{.bytes = 8 << 20, .depth = 32, .values = 500'000};

HostedReply json(Status status, const Json& body) {
  return {.status = status, .body = core::dump_json(body), .retry_after = {}, .delay = {}};
}

HostedReply error(Status status, std::string_view code, std::string_view text, std::string_view details) {
  return json(status, Json{{"error", text}, {"code", code}, {"details", details}});
}

HostedReply nothing() {
  return {.status = Status::no_content, .body = {}, .retry_after = {}, .delay = {}};
}

HostedReply missing(std::string_view what, std::string_view id) {
  std::string code(what);
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
  return error(Status::not_found, code + "_NOT_FOUND", fmt::format("{} not found", what),
               fmt::format("{} with ID '{}' does not exist", what, id));
}

HostedReply bad(std::string_view details) {
  return error(Status::bad_request, "INVALID_REQUEST", "Invalid request", details);
}

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

std::uint64_t number_in(const Json& object, std::string_view key) {
  return core::json_uint(object, key).value_or(0);
}

void increment(Json& object, const std::string& key, std::uint64_t by = 1) {
  object[key] = number_in(object, key) + by;
}

Json empty_agent() {
  return Json{{"acked_seq", 0},  {"events", Json::array()},       {"snapshot", Json::array()},
              {"heartbeats", 0}, {"event_posts", Json::object()}, {"assets", Json::object()},
              {"asset_puts", 0}, {"operations_given", 0},         {"workflows", Json::object()}};
}

/// The event with this number, which was taken before; the list is sorted by number, with a hole where the
/// agent gave some up.
const Json* event_in(const Json& events, std::uint64_t seq) {
  const auto found = std::lower_bound(
      events.begin(), events.end(), seq,
      [](const Json& event, std::uint64_t wanted) { return number_in(event, "seq") < wanted; });
  return found != events.end() && number_in(*found, "seq") == seq ? &*found : nullptr;
}

/// A workflow's newest state, by its own time; one that ended stays so.
void merge_workflow(Json& workflows, const Json& row) {
  const auto id = core::json_text(row, "id", 128).value_or("");
  if (id.empty()) return;
  Json& known = workflows[id];
  const auto ended = [](const Json& workflow) {
    const auto status = core::json_text(workflow, "status").value_or("");
    return status == "completed" || status == "failed";
  };
  if (known.is_object() && ended(known) && !ended(row)) return;
  const auto at = [](const Json& workflow) { return core::json_text(workflow, "updated_at").value_or(""); };
  if (!known.is_object() || at(known) <= at(row)) known = row;
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
    return error(Status::unauthorized, "INVALID_API_KEY", "Invalid API key",
                 "The API key is unknown, expired or revoked");
  }
  const auto authorization = request.headers.find("Authorization").value_or("");
  constexpr std::string_view scheme = "Bearer ";
  const auto given = authorization.substr(std::min(scheme.size(), authorization.size()));
  const auto is_given = [&given](const std::string& key) { return core::constant_time_equal(given, key); };
  const bool is_good =
      options_.key.empty() || is_given(options_.key) || std::ranges::any_of(more_keys_, is_given);
  if (!authorization.starts_with(scheme) || !is_good) {
    return error(Status::unauthorized, "INVALID_API_KEY", "Invalid API key",
                 "The API key is unknown, expired or revoked");
  }
  if (const auto wait = limits_.admit(std::string(authorization), now)) {
    auto reply =
        error(Status::too_many_requests, "RATE_LIMITED", "Rate limit exceeded",
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
    return counted(error(Status::not_found, "NOT_FOUND", "Not found", request.path));
  }
  const auto fault = steering ? std::nullopt : faults_.take(route->name);
  if (fault == HostedFaultKind::drop) {
    auto lost = counted(error(Status::bad_gateway, "DROPPED", "Dropped", ""));
    lost.delivered = Delivered::not_at_all;
    return lost;
  }
  const auto failing = [&](Status status, std::string_view code, std::string retry_after) {
    auto reply = error(status, code, "Injected fault", route->name);
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
    if (!body) return counted(bad(body.error().message));
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

// ---- Agents ----

HostedReply HostedModel::agents_create(const Call& call) {
  const auto datacenter = core::json_text(call.body, "datacenter_id", 128);
  if (!datacenter || datacenter->empty()) return bad("datacenter_id is missing");
  if (call.datacenter && *call.datacenter != *datacenter) {
    return error(Status::unauthorized, "WRONG_DATACENTER", "Invalid API key",
                 "The API key is of another datacenter");
  }
  Json& agents = (*state_)["agents"];
  for (const auto& [id, agent] : agents.items()) {
    if (core::json_text(agent, "datacenter_id") == *datacenter) {
      auto conflict = error(Status::conflict, "AGENT_EXISTS", "Agent already exists",
                            fmt::format("Datacenter '{}' already has an agent", *datacenter));
      Json body = Json::parse(conflict.body);
      body["data"] = Json{{"id", id}};
      conflict.body = core::dump_json(body);
      return conflict;
    }
  }
  const std::string id = random_.uuid().to_string();
  Json agent = empty_agent();
  agent["datacenter_id"] = *datacenter;
  agent["registered_at"] = core::format_utc(call.utc);
  if (const Json* state = core::json_member(call.body, "state")) agent["state"] = *state;
  agents[id] = std::move(agent);
  return json(Status::created, Json{{"data", Json{{"id", id}}}});
}

HostedReply HostedModel::agents_heartbeat(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const Json* const state = core::json_member(call.body, "state");
  if (state == nullptr || !state->is_object()) return bad("state is missing");
  agents[call.id]["state"] = *state;
  agents[call.id]["last_heartbeat"] = core::format_utc(call.utc);
  increment(agents[call.id], "heartbeats");
  return nothing();
}

HostedReply HostedModel::agents_clean(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  agents.erase(call.id);
  return nothing();
}

HostedReply HostedModel::agents_operations(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const auto after =
      std::strtoull(std::string(call.request->query_value("after").value_or("0")).c_str(), nullptr, 10);
  Json found = Json::array();
  std::uint64_t newest = 0;
  const auto datacenter = core::json_text(agents[call.id], "datacenter_id");
  for (const Json& operation : (*state_)["operations"]) {
    // An order that names nobody's asset is everybody's, as on a hosted side with one agent.
    const auto meant = core::json_text(operation, "datacenter_id").value_or("");
    if (!meant.empty() && meant != datacenter) continue;
    newest = number_in(operation, "seq");
    if (newest <= after || found.size() >= 100) continue;
    found.push_back(operation);
    found.back().erase("datacenter_id");
  }
  increment(agents[call.id], "operations_given", found.size());
  return json(Status::ok, Json{{"operations", std::move(found)}, {"last_seq", newest}});
}

HostedReply HostedModel::agents_events(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const auto key = call.request->headers.find("Idempotency-Key").value_or("");
  const Json* const events = core::json_member(call.body, "events");
  if (key.empty()) return bad("Idempotency-Key is missing");
  if (events == nullptr || !events->is_array() || events->size() > 1000)
    return bad("events is no list of at most 1000");
  Json& agent = agents[call.id];
  Json& posts = agent["event_posts"];
  auto acknowledged = number_in(agent, "acked_seq");
  increment(posts, "posts");
  increment(posts, "raw", events->size());
  const auto first = number_in(call.body, "first_seq");
  // An agent that is new here may have a history elsewhere: its first post says where it begins.
  if (!agent.contains("base_seq")) {
    agent["base_seq"] = first == 0 ? 0 : first - 1;
    acknowledged = number_in(agent, "base_seq");
  }
  if (const auto history = core::json_text(call.body, "history", 64)) {
    if (core::json_text(agent, "history").value_or(*history) != *history) {
      // Another database speaks for this agent: its numbers have nothing to do with what is here.
      for (Json& event : agent["events"]) agent["superseded"].push_back(std::move(event));
      agent["events"] = Json::array();
      agent["epoch"] = 0;
      agent["base_seq"] = acknowledged = std::max<std::uint64_t>(first, 1) - 1;
    }
    agent["history"] = *history;
  }
  const auto epoch = number_in(call.body, "epoch");
  const auto known_epoch = number_in(agent, "epoch");
  if (epoch < known_epoch) {
    return error(Status::conflict, "EPOCH_SUPERSEDED", "Epoch superseded",
                 fmt::format("epoch {} was begun, this is of epoch {}", known_epoch, epoch));
  }
  if (epoch > known_epoch && known_epoch == 0) agent["epoch"] = epoch;
  if (epoch > known_epoch && known_epoch > 0) {
    // The agent's database was restored: what came after its copy was made is another history.
    agent["epoch"] = epoch;
    const auto begins = std::max<std::uint64_t>(number_in(call.body, "epoch_first"), 1);
    Json kept = Json::array();
    for (Json& event : agent["events"]) {
      (number_in(event, "seq") < begins ? kept : agent["superseded"]).push_back(std::move(event));
    }
    agent["events"] = std::move(kept);
    acknowledged = std::min(acknowledged, begins - 1);
  }
  // What the agent does not have any more will never come.
  if (const auto oldest = number_in(call.body, "oldest"); oldest > acknowledged + 1) {
    increment(agent, "lost_events", oldest - 1 - acknowledged);
    acknowledged = oldest - 1;
  }
  for (const Json& event : *events) {
    const auto seq = number_in(event, "seq");
    if (seq == acknowledged + 1) {
      agent["events"].push_back(event);
      acknowledged = seq;
      increment(posts, "distinct");
      note_operation(event);
    } else if (seq > acknowledged) {
      increment(posts, "out_of_order");
      break;
    } else {
      increment(posts, "repeated");
      // A number means one event for ever.
      const Json* const taken = event_in(agent["events"], seq);
      if (taken == nullptr || *taken != event) increment(posts, "contradicting");
    }
    if (const Json* row = core::json_member(event, "body");
        row != nullptr && core::json_text(event, "type").value_or("").starts_with("workflow.")) {
      merge_workflow(agent["workflows"], *row);
    }
  }
  agent["acked_seq"] = acknowledged;
  if (const Json* snapshot = core::json_member(call.body, "snapshot")) {
    agent["snapshot"] = *snapshot;
    for (const Json& row : *snapshot) merge_workflow(agent["workflows"], row);
  }
  return json(Status::ok, Json{{"acked_seq", acknowledged}});
}

HostedReply HostedModel::agents_assets(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const Json* const assets = core::json_member(call.body, "assets");
  if (assets == nullptr || !assets->is_array() || assets->size() > 1000)
    return bad("assets is no list of at most 1000");
  for (const Json& asset : *assets) {
    if (core::json_text(asset, "id", 128).value_or("").empty()) return bad("an asset has no id");
  }
  for (const Json& asset : *assets) {
    agents[call.id]["assets"][core::json_text(asset, "id", 128).value_or("")] = asset;
  }
  increment(agents[call.id], "asset_puts");
  return nothing();
}

// ---- Assets ----

std::vector<Json*> HostedModel::agents_for(const Call& call) {
  std::vector<Json*> found;
  for (auto& agent : (*state_)["agents"]) {
    if (call.sees(agent)) found.push_back(&agent);
  }
  return found;
}

HostedReply HostedModel::assets_list(const Call& call) {
  Json list = Json::array();
  for (const auto* agent : agents_for(call)) {
    for (const auto& asset : (*agent)["assets"]) list.push_back(asset);
  }
  return json(Status::ok, Json{{"assets", std::move(list)}});
}

HostedReply HostedModel::assets_get(const Call& call) {
  for (const auto* agent : agents_for(call)) {
    if (const Json* asset = core::json_member((*agent)["assets"], call.id)) return json(Status::ok, *asset);
  }
  return missing("Asset", call.id);
}

HostedReply HostedModel::assets_order(const Call& call) {
  auto found = assets_get(call);
  if (found.status != Status::ok) return found;
  const auto status = core::json_text(Json::parse(found.body), "status").value_or("");
  if (call.action == "provision" && status != "available") {
    return error(Status::conflict, "ASSET_NOT_AVAILABLE", "Asset not available",
                 fmt::format("Asset '{}' is {}", call.id, status));
  }
  const auto id = order(call.action, call.id, call.body);
  return json(Status::ok, Json{{"data", Json{{"id", id}}}});
}

// ---- Clusters and workflows ----

std::vector<Json> HostedModel::clusters_for(const Call& call) {
  std::vector<Json> found;
  for (const auto& cluster : (*state_)["clusters"]) {
    if (call.sees(cluster)) found.push_back(cluster);
  }
  return found;
}

HostedReply HostedModel::clusters_list(const Call& call) {
  return json(Status::ok, Json{{"clusters", clusters_for(call)}});
}

HostedReply HostedModel::clusters_create(const Call& call) {
  std::optional<std::string> datacenter = call.datacenter;
  const auto objection = [&](const std::string& id) -> std::string {
    for (const auto* agent : agents_for(call)) {
      const Json* const asset = core::json_member((*agent)["assets"], id);
      if (asset == nullptr) continue;
      const auto where = core::json_text(*agent, "datacenter_id").value_or("");
      if (!datacenter) datacenter = where;
      if (*datacenter != where) return "is in another datacenter";
      const auto status = core::json_text(*asset, "status").value_or("unknown");
      return status == "available" ? "" : "is " + status;
    }
    return "does not exist";
  };
  const auto faults = cluster_faults(call.body, objection);
  if (!faults.empty()) return bad(fmt::format("{}", fmt::join(faults, "; ")));
  for (const Json& other : clusters_for(call)) {
    if (other["name"] == call.body["name"]) {
      return error(Status::conflict, "CLUSTER_EXISTS", "Cluster already exists",
                   fmt::format("A cluster named '{}' exists", other["name"].get<std::string>()));
    }
  }
  const std::string id = random_.uuid().to_string();
  Json cluster = call.body;
  cluster["id"] = id;
  cluster["status"] = "provisioning";
  cluster["datacenter_id"] = datacenter.value_or("");
  cluster.erase("credentials");
  (*state_)["clusters"][id] = cluster;
  (void)order("cluster-create", id, call.body, datacenter.value_or(""));
  return json(Status::created, Json{{"data", std::move(cluster)}});
}

HostedReply HostedModel::clusters_get(const Call& call) {
  const Json* const cluster = core::json_member((*state_)["clusters"], call.id);
  if (cluster == nullptr || !call.sees(*cluster)) return missing("Cluster", call.id);
  return json(Status::ok, *cluster);
}

HostedReply HostedModel::clusters_delete(const Call& call) {
  if (const auto found = clusters_get(call); found.status != Status::ok) return found;
  const auto datacenter = core::json_text((*state_)["clusters"][call.id], "datacenter_id").value_or("");
  (*state_)["clusters"].erase(call.id);
  (void)order("cluster-delete", call.id, Json::object(), datacenter);
  return nothing();
}

HostedReply HostedModel::clusters_kubeconfig(const Call& call) {
  if (const auto found = clusters_get(call); found.status != Status::ok) return found;
  return error(Status::not_found, "KUBECONFIG_NOT_READY", "Kubeconfig not ready", "The cluster is not built");
}

/// What became of a cluster's order shows on the cluster, and its credentials are kept no longer.
void HostedModel::note_operation(const Json& event) {
  const auto type = core::json_text(event, "type").value_or("");
  if (!type.starts_with("operation.")) return;
  const auto subject = core::json_text(event, "subject", 128).value_or("");
  for (Json& operation : (*state_)["operations"]) {
    if (operation["id"] != subject || operation["type"] != "cluster-create") continue;
    operation["body"].erase("credentials");
    const auto cluster = (*state_)["clusters"].find(operation["target"].get<std::string>());
    if (cluster == (*state_)["clusters"].end() || type != "operation.refused") continue;
    (*cluster)["status"] = "failed";
    const Json* const body = core::json_member(event, "body");
    const Json* const result = body == nullptr ? nullptr : core::json_member(*body, "result");
    if (result != nullptr) (*cluster)["error"] = *result;
  }
}

HostedReply HostedModel::workflows_list(const Call& call) {
  Json list = Json::array();
  for (const auto* agent : agents_for(call)) {
    for (const auto& workflow : (*agent)["workflows"]) list.push_back(workflow);
  }
  return json(Status::ok, Json{{"workflows", std::move(list)}});
}

HostedReply HostedModel::workflows_get(const Call& call) {
  for (const auto* agent : agents_for(call)) {
    if (const Json* workflow = core::json_member((*agent)["workflows"], call.id))
      return json(Status::ok, *workflow);
  }
  return missing("Workflow", call.id);
}

namespace {

std::string_view blank_cut(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r").contains(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

core::Result<std::map<std::string, std::string>> parse_datacenter_keys(std::string_view text) {
  std::map<std::string, std::string> keys;
  unsigned number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = blank_cut(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto gap = line.find_first_of(" \t");
    const auto datacenter = gap == std::string_view::npos ? "" : blank_cut(line.substr(gap));
    if (datacenter.empty() || datacenter.find_first_of(" \t") != std::string_view::npos ||
        !keys.emplace(line.substr(0, gap), datacenter).second) {
      // Not what stands there: it may be half a key.
      return core::fail(core::ErrorKind::invalid_input, "hosted_sim.keys",
                        fmt::format("line {}: want KEY DATACENTER-ID, each key once", number));
    }
  }
  if (keys.empty()) return core::fail(core::ErrorKind::invalid_input, "hosted_sim.keys", "no keys in it");
  return keys;
}

// ---- Steering ----

HostedReply HostedModel::simulate_order(const Call& call) {
  const auto type = core::json_text(call.body, "type", 64);
  const auto target = core::json_text(call.body, "target", 128);
  if (!type || !target) return bad("want type, target and body");
  const Json* const body = core::json_member(call.body, "body");
  const auto datacenter = core::json_text(call.body, "datacenter_id", 128).value_or("");
  return json(Status::ok, Json{{"id", order(*type, *target, body == nullptr ? Json() : *body, datacenter)}});
}

HostedReply HostedModel::simulate_fault(const Call& call) {
  const auto fault = parse_hosted_fault(core::json_text(call.body, "fault").value_or(""));
  if (!fault) return bad("want {\"fault\":\"AT:KIND:TIMES\"}");
  faults_.add(*fault);
  return nothing();
}

HostedReply HostedModel::simulate_key(const Call& call) {
  const auto key = core::json_text(call.body, "key");
  if (!key) return bad("want {\"key\":\"...\"}");
  if (core::json_bool(call.body, "beside").value_or(false)) {
    add_key(*key);
  } else {
    set_key(*key);
  }
  return nothing();
}

HostedReply HostedModel::simulate_state(const Call& /*call*/) {
  return json(Status::ok, *state_);
}

}  // namespace colony::hw_sim
