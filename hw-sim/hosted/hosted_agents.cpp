// The agent part: registration, heartbeats, operations, events, assets (docs/wire/hosted.md).

#include <algorithm>

#include <fmt/format.h>

#include "hw-sim/hosted/hosted_call.hpp"

namespace colony::hw_sim {

using core::Json;
using core::http::Status;

namespace {

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

HostedReply HostedModel::agents_create(const Call& call) {
  const auto datacenter = core::json_text(call.body, "datacenter_id", 128);
  if (!datacenter || datacenter->empty()) return bad_request("datacenter_id is missing");
  if (call.datacenter && *call.datacenter != *datacenter) {
    return error_reply(Status::unauthorized, "WRONG_DATACENTER", "Invalid API key",
                       "The API key is of another datacenter");
  }
  Json& agents = (*state_)["agents"];
  for (const auto& [id, agent] : agents.items()) {
    if (core::json_text(agent, "datacenter_id") == *datacenter) {
      auto conflict = error_reply(Status::conflict, "AGENT_EXISTS", "Agent already exists",
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
  return json_reply(Status::created, Json{{"data", Json{{"id", id}}}});
}

HostedReply HostedModel::agents_heartbeat(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const Json* const state = core::json_member(call.body, "state");
  if (state == nullptr || !state->is_object()) return bad_request("state is missing");
  agents[call.id]["state"] = *state;
  agents[call.id]["last_heartbeat"] = core::format_utc(call.utc);
  increment(agents[call.id], "heartbeats");
  return empty_reply();
}

HostedReply HostedModel::agents_clean(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  agents.erase(call.id);
  return empty_reply();
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
  return json_reply(Status::ok, Json{{"operations", std::move(found)}, {"last_seq", newest}});
}

HostedReply HostedModel::agents_events(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const auto key = call.request->headers.find("Idempotency-Key").value_or("");
  const Json* const events = core::json_member(call.body, "events");
  if (key.empty()) return bad_request("Idempotency-Key is missing");
  if (events == nullptr || !events->is_array() || events->size() > 1000)
    return bad_request("events is no list of at most 1000");
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
    return error_reply(Status::conflict, "EPOCH_SUPERSEDED", "Epoch superseded",
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
  return json_reply(Status::ok, Json{{"acked_seq", acknowledged}});
}

HostedReply HostedModel::agents_assets(const Call& call) {
  Json& agents = (*state_)["agents"];
  if (!agents.contains(call.id)) return missing("Agent", call.id);
  const Json* const assets = core::json_member(call.body, "assets");
  if (assets == nullptr || !assets->is_array() || assets->size() > 1000)
    return bad_request("assets is no list of at most 1000");
  for (const Json& asset : *assets) {
    if (core::json_text(asset, "id", 128).value_or("").empty()) return bad_request("an asset has no id");
  }
  for (const Json& asset : *assets) {
    agents[call.id]["assets"][core::json_text(asset, "id", 128).value_or("")] = asset;
  }
  increment(agents[call.id], "asset_puts");
  return empty_reply();
}

}  // namespace colony::hw_sim
