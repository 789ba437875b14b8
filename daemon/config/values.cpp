#include "daemon/config/values.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace colony::daemon {

namespace {

using core::Ipv4Address;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || next != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_graph(char c) {
  return c > ' ' && c <= '~';
}

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// RFC 1918, RFC 3927, loopback: where clear text does not cross the internet.
bool is_private(Ipv4Address address) {
  const std::uint32_t value = address.value();
  return address.is_loopback() || value >> 24 == 10 || value >> 20 == 0xac1 || value >> 16 == 0xc0a8 ||
         value >> 16 == 0xa9fe;
}

}  // namespace

std::optional<InterfaceName> InterfaceName::parse(std::string_view text) {
  constexpr std::size_t longest = 15;  // IFNAMSIZ less the NUL
  const auto good = [](char c) { return is_graph(c) && c != '/' && c != ':'; };
  if (text.empty() || text.size() > longest || text == "." || text == ".." ||
      !std::ranges::all_of(text, good)) {
    return std::nullopt;
  }
  InterfaceName out;
  out.text_ = text;
  return out;
}

std::optional<AddressSpec> AddressSpec::parse(std::string_view text) {
  if (const auto network = core::Ipv4Network::parse(text)) {
    return AddressSpec{network->address, network->prefix_length};
  }
  if (const auto address = Ipv4Address::parse(text)) return AddressSpec{*address, std::nullopt};
  return std::nullopt;
}

std::string AddressSpec::to_string() const {
  return prefix_length ? fmt::format("{}/{}", address.to_string(), *prefix_length) : address.to_string();
}

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  if (text.empty()) return ListenAddress{};
  ListenAddress out;
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    const auto address = Ipv4Address::parse(text.substr(0, colon));
    if (!address) return std::nullopt;
    out.address = *address;
    text.remove_prefix(colon + 1);
  }
  const auto port = parse_number<std::uint16_t>(text);
  if (!port || *port == 0) return std::nullopt;
  out.port = *port;
  return out;
}

std::string ListenAddress::to_string() const {
  return port == 0 ? "" : fmt::format("{}:{}", address.to_string(), port);
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = Ipv4Address::parse(text.substr(0, dash));
  const auto last = Ipv4Address::parse(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return AddressRange{*first, *last};
}

std::string AddressRange::to_string() const {
  return fmt::format("{}-{}", first.to_string(), last.to_string());
}

std::optional<FilePath> FilePath::parse(std::string_view text) {
  FilePath out;
  if (text.empty()) return out;
  const bool climbs = text.ends_with("/..") || text.find("/../") != std::string_view::npos;
  const auto good = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; };
  if (text.front() != '/' || text.size() >= 4096 || climbs || !std::ranges::all_of(text, good)) {
    return std::nullopt;
  }
  out.text_ = text;
  return out;
}

std::optional<ArtifactSource> ArtifactSource::parse(std::string_view text) {
  ArtifactSource out;
  if (text.empty()) return out;
  constexpr std::string_view marker = "#sha256=";
  if (const auto at = text.find(marker); at != std::string_view::npos) {
    out.digest = core::Sha256Digest::parse(text.substr(at + marker.size()));
    if (!out.digest) return std::nullopt;
    text = text.substr(0, at);
  }
  if (!std::ranges::all_of(text, is_graph) || text.size() > 2048) return std::nullopt;
  const bool url = text.starts_with("https://") || text.starts_with("http://");
  if (url ? !out.digest : text.size() < 2 || !FilePath::parse(text)) return std::nullopt;
  out.location = text;
  return out;
}

std::string ArtifactSource::to_string() const {
  return digest ? fmt::format("{}#sha256={}", location, digest->to_string()) : location;
}

std::optional<ApiUrl> ApiUrl::parse(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const auto good = [](char c) {
    return is_graph(c) && std::string_view("\"'<>\\^`{|}@?#").find(c) == std::string_view::npos;
  };
  if (text.size() > 1024 || !std::ranges::all_of(text, good)) return std::nullopt;
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://")) return std::nullopt;
  std::string_view host = text.substr(text.find("//") + 2);
  host = host.substr(0, host.find('/'));
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    const auto port = parse_number<std::uint16_t>(host.substr(colon + 1));
    if (!port || *port == 0) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (host.empty()) return std::nullopt;
  if (!secure && host != "localhost") {
    const auto address = Ipv4Address::parse(host);
    if (!address || !is_private(*address)) return std::nullopt;
  }
  ApiUrl out;
  out.text_ = text;
  return out;
}

std::optional<Percent> Percent::parse(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto value = parse_number<std::uint8_t>(text.substr(0, text.size() - 1));
  if (!value || *value < 1 || *value > 100) return std::nullopt;
  return Percent{*value};
}

std::string Percent::to_string() const {
  return fmt::format("{}%", value);
}

std::optional<Word> Word::parse(std::string_view text) {
  const auto good = [](char c) { return is_graph(c) && c != '"' && c != '\'' && c != '\\'; };
  if (text.size() > 255 || !std::ranges::all_of(text, good)) return std::nullopt;
  Word out;
  out.text_ = text;
  return out;
}

std::optional<HostName> HostName::parse(std::string_view text) {
  HostName out;
  if (text.empty()) return out;
  if (text.size() > 253) return std::nullopt;
  for (std::size_t at = 0; at <= text.size();) {
    const auto dot = std::min(text.find('.', at), text.size());
    const std::string_view label = text.substr(at, dot - at);
    const auto good = [](char c) { return is_lower_alnum(c) || c == '-'; };
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !std::ranges::all_of(label, good)) {
      return std::nullopt;
    }
    at = dot + 1;
  }
  out.text_ = text;
  return out;
}

std::optional<TalosVersion> TalosVersion::parse(std::string_view text) {
  TalosVersion out;
  if (!text.starts_with('v') || text.size() > 32) return std::nullopt;
  out.text_ = text;
  text.remove_prefix(1);
  for (int part = 0; part < 3; ++part) {
    const auto end = part < 2 ? text.find('.') : std::min(text.find('-'), text.size());
    if (end == std::string_view::npos || !parse_number<std::uint16_t>(text.substr(0, end))) {
      return std::nullopt;
    }
    text.remove_prefix(part < 2 ? end + 1 : end);
  }
  // What is left is nothing or a pre-release: "-alpha.1".
  const auto good = [](char c) { return is_lower_alnum(c) || c == '-' || c == '.'; };
  if (text == "-" || !std::ranges::all_of(text, good)) return std::nullopt;
  return out;
}

}  // namespace colony::daemon
