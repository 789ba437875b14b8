#include "drivers/scout/members.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::drivers::scout {

using core::Json;

Members::Members(const Json& object, std::string path, Fault& fault)
    : object_(object), path_(std::move(path)), fault_(fault) {
  if (!object_.is_object() && fault_.none()) {
    fault_.text = fmt::format("{} is not an object", path_.empty() ? "the message" : path_);
  }
}

std::string Members::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Members::reject(std::string_view key, std::string_view reason) {
  if (fault_.none()) fault_.text = fmt::format("{} {}", path_of(key), reason);
}

bool Members::has(std::string_view key) const {
  return core::json_member(object_, key) != nullptr;
}

std::string Members::text(std::string_view key, Presence presence, std::size_t limit) {
  if (presence == Presence::optional && !has(key)) return {};
  auto value = core::json_text(object_, key, limit);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!value || std::ranges::any_of(*value, is_control)) {
    reject(key, fmt::format("is not a text of at most {} bytes without control characters", limit));
    return {};
  }
  return std::move(*value);
}

std::uint64_t Members::number(std::string_view key, std::uint64_t least, std::uint64_t most) {
  const auto value = core::json_uint(object_, key);
  if (!value || *value < least || *value > most) {
    reject(key, fmt::format("is not a whole number from {} to {}", least, most));
    return least;
  }
  return *value;
}

std::optional<std::uint64_t> Members::number_if_there(std::string_view key, std::uint64_t least,
                                                      std::uint64_t most) {
  return has(key) ? std::optional(number(key, least, most)) : std::nullopt;
}

bool Members::flag(std::string_view key) {
  const auto value = core::json_bool(object_, key);
  if (!value) reject(key, "is neither true nor false");
  return value.value_or(false);
}

core::MacAddress Members::mac(std::string_view key) {
  const auto text = core::json_text(object_, key, 17);
  const auto value = text ? core::MacAddress::parse(*text) : std::nullopt;
  if (!value || value->is_zero() || value->is_group()) {
    reject(key, "is not the MAC address of one machine");
    return {};
  }
  return *value;
}

core::Uuid Members::uuid(std::string_view key) {
  const auto text = core::json_text(object_, key, 36);
  const auto value = text ? core::Uuid::parse(*text) : std::nullopt;
  if (!value) reject(key, "is not a UUID");
  return value.value_or(core::Uuid{});
}

const Json* Members::list(std::string_view key, std::size_t least, std::size_t most) {
  const Json* value = core::json_member(object_, key);
  if (value == nullptr || !value->is_array() || value->size() < least || value->size() > most) {
    reject(key, fmt::format("is not a list of {} to {} elements", least, most));
    return nullptr;
  }
  return value;
}

Members Members::object(std::string_view key) {
  static const Json nothing = Json::object();
  const Json* value = core::json_member(object_, key);
  if (value == nullptr || !value->is_object()) {
    reject(key, "is not an object");
    value = &nothing;
  }
  return {*value, path_of(key), fault_};
}

Members Members::element(std::string_view key, const Json& value, std::size_t index) {
  return {value, fmt::format("{}[{}]", path_of(key), index), fault_};
}

}  // namespace colony::drivers::scout
