#include "daemon/cli/event_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::daemon::cli {

namespace {

using core::Json;

std::string text(const Json& object, std::string_view key) {
  return core::json_text(object, key).value_or("");
}

/// As the tables of workflows show it, and the commands take it.
std::string short_id(const std::string& id) {
  return id.substr(0, 8);
}

std::string workflow_line(const Json& body) {
  std::string out =
      fmt::format("{} {} {}", text(body, "type"), short_id(text(body, "id")), text(body, "status"));
  if (const Json* error = core::json_member(body, "error"); error != nullptr && error->is_object()) {
    return fmt::format("{}: {} [{}]", out, text(*error, "message"), text(*error, "code"));
  }
  if (text(body, "status") == "completed") return out;
  out += ", step " + text(body, "step");
  const auto number = core::json_uint(body, "step_number");
  const auto count = core::json_uint(body, "step_count");
  if (number && count) out += fmt::format(" ({} of {})", *number, *count);
  if (const auto tries = core::json_uint(body, "tries").value_or(0); tries > 1) {
    out += fmt::format(", try {}", tries);
  }
  return out;
}

std::string asset_line(const Json& body) {
  std::string out = text(body, "status");
  if (const auto condition = text(body, "condition"); !condition.empty() && condition != "normal") {
    out += fmt::format(", {}: {}", condition, text(body, "condition_reason"));
  }
  if (core::json_bool(body, "accepted") == false) out += ", not accepted";
  return out;
}

std::string record_line(const Json& body) {
  std::string out;
  const Json* result = core::json_member(body, "result");
  const Json* disks = result == nullptr ? nullptr : core::json_member(*result, "disks");
  if (disks == nullptr || !disks->is_array()) return core::dump_json(body);
  for (const auto& wipe : *disks) {
    const Json* disk = core::json_member(wipe, "disk");
    const Json* id = disk == nullptr ? nullptr : core::json_member(*disk, "id");
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", id == nullptr ? "disk" : text(*id, "serial"),
                       text(wipe, "verdict"));
    if (const auto method = text(wipe, "method"); !method.empty()) out += " by " + method;
  }
  return out;
}

}  // namespace

EventText::EventText(const Json& assets) {
  if (!assets.is_array()) return;
  for (const auto& asset : assets) names_[text(asset, "id")] = text(asset, "name");
}

std::string EventText::name_of(const std::string& asset_id) const {
  const auto known = names_.find(asset_id);
  return known == names_.end() || known->second.empty() ? asset_id : known->second;
}

EventText::Line EventText::take(const Json& event) {
  const std::string type = text(event, "type");
  const std::string subject = text(event, "subject");
  const Json* body = core::json_member(event, "body");
  if (body == nullptr || !body->is_object())
    return {name_of(subject), body == nullptr ? "" : core::dump_json(*body)};
  if (type == "asset.updated") {
    if (const auto name = text(*body, "name"); !name.empty()) names_[subject] = name;
    return {name_of(subject), asset_line(*body)};
  }
  std::string asset = text(*body, "asset_id");
  if (const Json* named = core::json_member(*body, "asset"); named != nullptr && named->is_object()) {
    asset = text(*named, "id");
  }
  const std::string of = asset.empty() ? subject : name_of(asset);
  if (type == "workflow.step" || type == "workflow.finished") return {of, workflow_line(*body)};
  if (type == "wipe.record") return {of, record_line(*body)};
  return {of, core::dump_json(*body)};
}

}  // namespace colony::daemon::cli
