#pragma once
// Reading the members of a request's body: what bodies.cpp and key_bodies.cpp share. Strict: an unknown
// member is refused by name. For .cpp files only, as nlohmann's header is heavy.

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/json.hpp"

namespace colony::daemon::api {

[[nodiscard]] inline std::unexpected<core::Error> bad_body(std::string message) {
  return core::fail(core::ErrorKind::invalid_input, "api.body", std::move(message));
}

/// A JSON object with only these members; the empty body counts as {}.
[[nodiscard]] inline core::Result<core::Json> object_of(std::string_view body,
                                                        std::initializer_list<std::string_view> members,
                                                        std::size_t bytes = 64UL * 1024) {
  if (body.empty()) return core::Json::object();
  auto parsed = core::parse_json(body, {.bytes = bytes, .depth = 4, .values = 4096});
  if (!parsed) return parsed;
  if (!parsed->is_object()) return bad_body("the body must be a JSON object");
  for (const auto& [key, value] : parsed->items()) {
    if (std::ranges::find(members, key) == members.end()) {
      return bad_body(
          fmt::format("unknown member {}; known are: {}", core::printable(key), fmt::join(members, ", ")));
    }
  }
  return parsed;
}

/// Reads members one by one; the first that does not fit is the error.
class Members {
 public:
  explicit Members(const core::Json& object) : object_(object) {}

  std::string text(std::string_view key, std::size_t limit = 256) {
    const core::Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return {};
    auto value = core::json_text(object_, key, limit);
    if (!value) refuse(key, fmt::format("text of at most {} bytes", limit));
    return value.value_or("");
  }
  std::string required_text(std::string_view key, std::size_t limit = 256) {
    auto value = text(key, limit);
    if (value.empty()) refuse(key, "required");
    return value;
  }
  std::optional<bool> flag(std::string_view key) {
    const core::Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return std::nullopt;
    const auto value = core::json_bool(object_, key);
    if (!value) refuse(key, "true or false");
    return value;
  }
  std::vector<std::string> texts(std::string_view key, std::size_t count, std::size_t limit = 256) {
    std::vector<std::string> out;
    const core::Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return out;
    if (!member->is_array() || member->size() > count) {
      refuse(key, fmt::format("a list of at most {} texts", count));
      return out;
    }
    for (const auto& each : *member) {
      const auto* value = each.is_string() ? &each.get_ref<const std::string&>() : nullptr;
      if (value == nullptr || value->empty() || value->size() > limit) {
        refuse(key, fmt::format("a list of texts of 1 to {} bytes", limit));
        return out;
      }
      out.push_back(*value);
    }
    return out;
  }
  /// One of a few words; nothing when absent.
  template <class Value>
  std::optional<Value> word(std::string_view key,
                            std::initializer_list<std::pair<std::string_view, Value>> words) {
    const std::string given = text(key);
    if (given.empty()) return std::nullopt;
    std::string accepted;
    for (const auto& [known, value] : words) {
      if (known == given) return value;
      accepted += (accepted.empty() ? "" : ", ") + std::string(known);
    }
    refuse(key, "one of " + accepted);
    return std::nullopt;
  }
  void refuse(std::string_view key, std::string_view accepted) {
    if (!error_) error_ = bad_body(fmt::format("{}: {}", key, accepted)).error();
  }
  [[nodiscard]] const std::optional<core::Error>& error() const { return error_; }

 private:
  const core::Json& object_;
  std::optional<core::Error> error_;
};

template <class Order>
core::Result<Order> finish(Order order, const Members& members) {
  if (const auto& error = members.error()) return std::unexpected(*error);
  return order;
}

}  // namespace colony::daemon::api
