#pragma once
// The request target (RFC 9112 section 3.2) and URL text: percent-decoding that refuses what could mean two
// things.

#include <expected>
#include <string>
#include <string_view>

#include "core/http/message.hpp"

namespace colony::core::http {

enum class TargetError : std::uint8_t {
  empty,
  too_long,
  form,           // neither origin-form nor absolute-form
  escape,         // '%' without two hex digits
  forbidden,      // a control byte, a backslash or an encoded slash
  dot_segment,    // "." or ".."
  too_many,       // query pairs
  duplicate_key,  // in the query
};
std::string_view name(TargetError error);

inline constexpr std::size_t max_target_length = 4096;
inline constexpr std::size_t max_query_pairs = 64;

struct Target {
  std::string path;
  TextMap query;
};

/// origin-form, and absolute-form whose authority is dropped. '+' in the query is a space.
[[nodiscard]] std::expected<Target, TargetError> parse_target(std::string_view text);

/// Everything but RFC 3986 unreserved characters is escaped.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace colony::core::http
