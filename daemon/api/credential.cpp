#include "daemon/api/credential.hpp"

#include <algorithm>

#include "core/http/text.hpp"

namespace colony::daemon::api {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::expected<std::optional<std::string_view>, std::string_view> credential_of(
    const core::http::Headers& headers) {
  if (headers.count("Authorization") > 1 || headers.count("apiKey") > 1)
    return std::unexpected("more than one key was sent");
  std::optional<std::string_view> key;
  if (const auto authorization = headers.find("Authorization")) {
    const auto text = trimmed(*authorization);
    const auto blank = text.find_first_of(" \t");
    if (blank == std::string_view::npos) {
      key = text;
    } else if (core::http::equal_ignoring_case(text.substr(0, blank), "Bearer")) {
      key = trimmed(text.substr(blank));
    } else {
      return std::unexpected("Authorization takes `Bearer KEY`, or the key alone");
    }
  }
  if (const auto other = headers.find("apiKey")) {
    const auto text = trimmed(*other);
    if (key && *key != text) return std::unexpected("Authorization and apiKey carry different keys");
    key = text;
  }
  return key;
}

bool is_request_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace colony::daemon::api
