#include "daemon/init/api_key_form.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon {

namespace {

constexpr std::size_t longest = 512;
constexpr std::string_view prefix = "cd-";
constexpr std::size_t id_digits = 12;
constexpr std::size_t secret_digits = 40;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::unexpected<core::Error> wrong(std::string code, std::string message) {
  return core::fail(core::ErrorKind::invalid_input, std::move(code), std::move(message));
}

}  // namespace

core::Result<std::string> check_api_key_form(std::string_view key) {
  if (key.empty()) {
    return wrong(
        "key.empty",
        "no API key was given; export COLONY_API_KEY=... (and use sudo -E, for plain sudo drops it), or give "
        "--api-key-file FILE (- is standard input), or --api-key KEY");
  }
  if (key.size() > longest) {
    return wrong("key.too_long", fmt::format("the API key is {} characters long; no key is longer than {}",
                                             key.size(), longest));
  }
  if (key.find_first_of("\r\n") != std::string_view::npos) {
    return wrong("key.newline", "the API key contains a newline; copy it as one line");
  }
  if (key.find_first_of(" \t") != std::string_view::npos) {
    return wrong("key.blanks",
                 "the API key contains blanks; copy it without anything before, inside or after");
  }
  if (!std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; })) {
    return wrong("key.characters", "the API key contains characters that no key has; copy it again");
  }
  if (!key.starts_with(prefix)) return "an unknown form of key; the hosted side decides whether it is valid";

  const std::string_view rest = key.substr(prefix.size());
  const auto id = std::min(rest.find('_'), rest.size());
  const std::string_view secret = id < rest.size() ? rest.substr(id + 1) : std::string_view();
  const bool hex_so_far = std::ranges::all_of(rest.substr(0, id), is_hex) &&
                          std::ranges::all_of(secret, is_hex) && id <= id_digits;
  if (hex_so_far && (id < id_digits || secret.size() < secret_digits)) {
    return wrong("key.truncated",
                 fmt::format("the API key is cut off: {} characters, a key of this form has {}", key.size(),
                             prefix.size() + id_digits + 1 + secret_digits));
  }
  if (hex_so_far && id == id_digits && secret.size() == secret_digits) return "";
  return "not quite the usual form of a key; the hosted side decides whether it is valid";
}

}  // namespace colony::daemon
