#pragma once
// The character classes HTTP's grammar is made of (RFC 9110 section 5.6).

#include <string>
#include <string_view>

namespace colony::core::http {

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool is_digits(std::string_view text);  // at least one
[[nodiscard]] bool is_token(std::string_view text);   // at least one tchar
/// No control bytes but HTAB.
[[nodiscard]] bool is_field_value(std::string_view text);

}  // namespace colony::core::http
