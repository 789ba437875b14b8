#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/hosted/messages.hpp"

namespace colony::daemon::hosted {

using core::Json;

namespace {

constexpr core::JsonLimits embedded_limits{.bytes = 4 << 20, .depth = 32, .values = 200'000};

/// Text of ours that should be JSON: as JSON, or null.
Json embedded(const std::string& text) {
  auto json = core::parse_json(text, embedded_limits);
  return json ? std::move(*json) : Json();
}

Json workflow_json(const workflows::WorkflowRow& row) {
  Json json{{"id", row.id.to_string()},
            {"type", row.type},
            {"asset_id", row.asset.to_string()},
            {"status", workflows::name(row.status)},
            {"step", row.step},
            {"tries", row.tries},
            {"created_at", core::format_utc(row.created_at)},
            {"updated_at", core::format_utc(row.updated_at)}};
  if (!row.operation_id.empty()) json["operation_id"] = row.operation_id;
  if (!row.error_code.empty()) json["error"] = Json{{"code", row.error_code}, {"message", row.error_message}};
  return json;
}

/// The documented members of an asset, from scout's inventory.
void add_documented(Json& asset, const Json& inventory) {
  if (const Json* cpu = core::json_member(inventory, "cpu")) {
    if (const auto cores = core::json_uint(*cpu, "cores")) asset["cpu_cores"] = *cores;
  }
  if (const auto bytes = core::json_uint(inventory, "memory_bytes")) asset["memory_mb"] = *bytes >> 20;
  if (const Json* nics = core::json_member(inventory, "nics"); nics != nullptr && nics->is_array()) {
    for (const Json& nic : *nics) {
      asset["networks"].push_back(Json{{"name", core::json_text(nic, "name").value_or("")},
                                       {"mac_address", core::json_text(nic, "mac").value_or("")}});
    }
  }
  if (const Json* disks = core::json_member(inventory, "disks"); disks != nullptr && disks->is_array()) {
    for (const Json& disk : *disks) {
      asset["storages"].push_back(Json{{"name", core::json_text(disk, "model").value_or("")},
                                       {"size_mb", core::json_uint(disk, "size_bytes").value_or(0) >> 20}});
    }
  }
}

Json asset_json(const workflows::AssetRow& row) {
  Json json{{"id", row.id.to_string()},
            {"name", row.name},
            {"hostname", row.name},
            {"status", workflows::name(row.status)},
            {"condition", workflows::name(row.condition)},
            {"accepted", row.accepted},
            {"created_at", core::format_utc(row.created_at)},
            {"updated_at", core::format_utc(row.updated_at)}};
  if (!row.condition_reason.empty()) json["condition_reason"] = row.condition_reason;
  if (row.bmc) {
    json["ipmi"] =
        Json{{"ip", row.bmc->address.to_string()}, {"port", row.bmc->port}, {"driver", row.bmc->driver}};
  }
  if (!row.inventory_json.empty()) {
    Json inventory = embedded(row.inventory_json);
    add_documented(json, inventory);
    json["inventory"] = std::move(inventory);
  }
  return json;
}

}  // namespace
std::string encode_registration(std::string_view datacenter_id) {
  return core::dump_json(Json{{"datacenter_id", datacenter_id}, {"state", Json{{"status", "initializing"}}}});
}

std::string encode_heartbeat(const Json& state) {
  return core::dump_json(Json{{"state", state}});
}

EventsPost encode_events(std::string_view agent_id, const OutboxPlace& place,
                         const std::vector<workflows::StoredEvent>& events,
                         const std::vector<workflows::WorkflowRow>& snapshot) {
  Json list = Json::array();
  for (const auto& stored : events) {
    list.push_back(Json{{"seq", stored.seq.value},
                        {"type", stored.event.type},
                        {"subject", stored.event.subject},
                        {"at", core::format_utc(stored.event.at)},
                        {"body", embedded(stored.event.body_json)}});
  }
  Json newest = Json::array();
  for (const auto& row : snapshot) newest.push_back(workflow_json(row));
  const auto first = events.empty() ? place.sent.value + 1 : events.front().seq.value;
  EventsPost post;
  post.last = events.empty() ? place.sent : events.back().seq;
  post.idempotency_key = fmt::format("{}-{}-{}-{}", agent_id, place.epoch.value, first, post.last.value);
  post.body = core::dump_json(Json{{"first_seq", first},
                                   {"history", place.history},
                                   {"epoch", place.epoch.value},
                                   {"epoch_first", place.epoch_first.value},
                                   {"oldest", place.oldest.value},
                                   {"events", std::move(list)},
                                   {"snapshot", std::move(newest)}});
  return post;
}

std::string encode_assets(const std::vector<store::StoredAsset>& assets) {
  Json list = Json::array();
  for (const auto& stored : assets) list.push_back(asset_json(stored.asset));
  return core::dump_json(Json{{"assets", std::move(list)}});
}

workflows::Event operation_event(const store::OperationRow& row, core::UtcTime at) {
  Json body{{"operation_id", row.id},
            {"generation", row.generation.value},
            {"type", row.type},
            {"target", row.target},
            {"result", embedded(row.result_json)}};
  return {fmt::format("operation.{}", store::name(row.state)), row.id, at, core::dump_json(body)};
}

}  // namespace colony::daemon::hosted
