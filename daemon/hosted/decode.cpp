#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "daemon/hosted/messages.hpp"

namespace colony::daemon::hosted {

using core::ErrorKind;
using core::Json;

namespace {

constexpr core::JsonLimits answer_limits{.bytes = 4 << 20, .depth = 32, .values = 200'000};
constexpr std::size_t most_operations = 1000;
constexpr std::size_t largest_body = 1 << 20;
constexpr std::uint64_t largest_seq = (std::uint64_t{1} << 53) - 1;  // RFC 8259 section 6

std::unexpected<core::Error> unreadable(std::string_view why) {
  return core::fail(ErrorKind::corrupt, "hosted.answer",
                    fmt::format("the hosted side's answer cannot be read: {}", why));
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// `{"NAME":[...]}`, or `{"data":[...]}` as some of the documents show lists.
const Json* list_in(const Json& body, std::string_view name) {
  const Json* list = core::json_member(body, name);
  if (list == nullptr) list = core::json_member(body, "data");
  return list != nullptr && list->is_array() ? list : nullptr;
}

/// What an order of this type knows: daemon/api/bodies.
std::vector<std::string_view> order_members(std::string_view type) {
  if (type == "provision" || type == "cluster-provision")
    return {"config", "disk", "nics", "kernel_arguments"};
  if (type == "wipe" || type == "disk-wipe") return {"disks", "minimum"};
  if (type == "power") return {"action"};
  if (type == "reboot") return {"boot_device", "efi"};
  return {};
}

/// Whether the member may say which disks are meant, itself or inside.
bool speaks_of_disks(std::string_view key, const Json& value) {
  std::string text(key);
  if (value.is_structured()) text += core::dump_json(value);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::any_of(std::array{"disk", "device", "storage"},
                             [&text](const char* word) { return text.find(word) != std::string::npos; });
}

/// The order in a documented workflow, whose entry says above all what the workflow is and how it fares. A
/// member that may be about disks is kept although no order knows it, so that the order is refused by its
/// name: without it "erase these two disks" would become "erase all".
Json order_in(const Json& entry, std::string_view type) {
  const auto known = order_members(type);
  Json order = Json::object();
  for (const auto& [key, value] : entry.items()) {
    if (value.is_null() && key != "disks") continue;  // no disks is not all disks
    if (std::ranges::find(known, key) != known.end() || speaks_of_disks(key, value)) order[key] = value;
  }
  return order;
}

std::optional<Operation> operation_from(const Json& entry) {
  Operation operation;
  operation.id = core::json_text(entry, "id", 128).value_or("");
  operation.seq = core::json_uint(entry, "seq").value_or(0);
  operation.generation.value = core::json_uint(entry, "generation").value_or(1);
  operation.type = core::json_text(entry, "type", 64).value_or("");
  operation.target = core::json_text(entry, "target", 256).value_or("");
  if (!is_visible(operation.id) || operation.seq == 0 || operation.seq > largest_seq ||
      operation.generation.value > INT64_MAX || !is_visible(operation.type)) {
    return std::nullopt;
  }
  // A body of another kind goes on as it is, to be refused with its reason: taken for none it would turn
  // "erase these disks", encoded once too often, into "erase all".
  const Json* const body = core::json_member(entry, "body");
  operation.body_json = body == nullptr ? "{}" : core::dump_json(*body);
  if (operation.body_json.size() > largest_body) return std::nullopt;
  return operation;
}

}  // namespace

core::Result<OperationList> decode_operations(std::string_view body, std::uint64_t after) {
  const auto json = core::parse_json(body, answer_limits);
  if (!json) return unreadable(json.error().message);
  const Json* const entries = list_in(*json, "operations");
  if (entries == nullptr) return unreadable("no list of operations");
  if (entries->size() > most_operations) return unreadable("too many operations");
  OperationList list;
  list.last_seq = after;
  list.newest = core::json_uint(*json, "last_seq");
  for (const Json& entry : *entries) {
    auto operation = operation_from(entry);
    if (!operation) {
      // It does not move the cursor: a number that cannot be trusted would hide all that comes after.
      ++list.unusable;
      continue;
    }
    list.last_seq = std::max(list.last_seq, operation->seq);
    if (operation->seq > after) list.operations.push_back(std::move(*operation));
  }
  auto& operations = list.operations;
  std::sort(operations.begin(), operations.end(),
            [](const Operation& a, const Operation& b) { return a.seq < b.seq; });
  const auto same = [](const Operation& a, const Operation& b) { return a.seq == b.seq; };
  const auto end = std::unique(operations.begin(), operations.end(), same);
  list.unusable += static_cast<unsigned>(operations.end() - end);
  operations.erase(end, operations.end());
  return list;
}

core::Result<std::vector<Operation>> decode_pending_workflows(std::string_view body) {
  const auto json = core::parse_json(body, answer_limits);
  if (!json) return unreadable(json.error().message);
  const Json* const entries = list_in(*json, "workflows");
  if (entries == nullptr) return unreadable("no list of workflows");
  if (entries->size() > most_operations) return unreadable("too many workflows");
  std::vector<Operation> operations;
  for (const Json& entry : *entries) {
    if (core::json_text(entry, "status", 64) != "pending") continue;
    Operation operation;
    operation.id = core::json_text(entry, "id", 128).value_or("");
    operation.type = core::json_text(entry, "type", 64).value_or("");
    for (const auto* member : {"asset_id", "assetId"}) {
      if (operation.target.empty()) operation.target = core::json_text(entry, member, 256).value_or("");
    }
    operation.body_json = core::dump_json(order_in(entry, operation.type));
    if (is_visible(operation.id) && is_visible(operation.type) && !operation.target.empty() &&
        operation.body_json.size() <= largest_body) {
      operations.push_back(std::move(operation));
    }
  }
  return operations;
}

core::Result<core::EventSeq> decode_acknowledgement(std::string_view body) {
  const auto json = core::parse_json(body, answer_limits);
  if (!json) return unreadable(json.error().message);
  const auto seq = core::json_uint(*json, "acked_seq");
  if (!seq || *seq > INT64_MAX) return unreadable("no acked_seq");
  return core::EventSeq{*seq};
}

std::optional<std::string> decode_agent_id(std::string_view body) {
  const auto json = core::parse_json(body, answer_limits);
  if (!json) return std::nullopt;
  const auto usable = [](std::optional<std::string> id) {
    // It becomes a segment of a path.
    const auto harmless = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
             c == '_';
    };
    if (id && (id->empty() || !std::all_of(id->begin(), id->end(), harmless))) id.reset();
    return id;
  };
  if (const Json* data = core::json_member(*json, "data")) {
    if (auto id = usable(core::json_text(*data, "id", 128))) return id;
  }
  if (auto id = usable(core::json_text(*json, "agent_id", 128))) return id;
  return usable(core::json_text(*json, "id", 128));
}

std::string ApiError::text() const {
  std::string all = error.empty() ? "no reason given" : error;
  if (!details.empty()) all += ": " + details;
  if (!code.empty()) all += " (" + code + ")";
  return all;
}

ApiError decode_error(std::string_view body) {
  ApiError error;
  const auto json = core::parse_json(body.substr(0, 64 << 10));
  if (!json) return error;
  const auto text = [&json](std::string_view key) {
    return core::printable(core::json_text(*json, key, 4096).value_or(""), 200);
  };
  error.code = text("code");
  error.error = text("error");
  error.details = text("details");
  return error;
}

}  // namespace colony::daemon::hosted
