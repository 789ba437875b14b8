#include <charconv>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/http/client.hpp"
#include "core/http/text.hpp"

namespace colony::core::http {

namespace {

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(ErrorKind::invalid_input, "http.url",
              fmt::format("URL {}: {}; accepted is http://A.B.C.D[:PORT]/PATH", printable(text), why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (!is_digits(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_target_text(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#') return false;
  }
  return true;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  std::string_view rest = text;
  if (!rest.starts_with(scheme)) return bad(text, "not http");
  rest.remove_prefix(scheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  Url url;
  if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    const auto port = parse_port(authority.substr(colon + 1));
    if (!port) return bad(text, "bad port");
    url.endpoint.port = *port;
    authority = authority.substr(0, colon);
  }
  const auto address = Ipv4Address::parse(authority);
  if (!address) return bad(text, "the host is no IPv4 address");
  if (!is_target_text(rest)) return bad(text, "blanks, control bytes or a fragment in the path");
  url.endpoint.address = *address;
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return url;
}

}  // namespace colony::core::http
