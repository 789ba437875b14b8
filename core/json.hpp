#pragma once
// JSON from outside is read through here only: bounded in size, depth and number of values, never by
// exception. Files that look into values include <nlohmann/json.hpp> themselves (.cpp files only: it is
// heavy).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/error.hpp"

namespace colony::core {

using Json = nlohmann::json;

struct JsonLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 16;
  std::size_t values = 100'000;
};

/// Errors: json.too_large, json.too_deep, json.too_many, json.syntax (with the byte position).
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact text; bytes that are not UTF-8 are replaced, never thrown about.
[[nodiscard]] std::string dump_json(const Json& value);

// Typed access to one member of an object: nullopt when the value is no object, or has no such member, or it
// is of another type or out of range. Text longer than `limit` counts as absent.
[[nodiscard]] std::optional<std::string> json_text(const Json& object, std::string_view key,
                                                   std::size_t limit = 4096);
[[nodiscard]] std::optional<std::int64_t> json_int(const Json& object, std::string_view key);
[[nodiscard]] std::optional<std::uint64_t> json_uint(const Json& object, std::string_view key);
[[nodiscard]] std::optional<bool> json_bool(const Json& object, std::string_view key);
/// The member itself, or null pointer; `object` must outlive it.
[[nodiscard]] const Json* json_member(const Json& object, std::string_view key);

}  // namespace colony::core
