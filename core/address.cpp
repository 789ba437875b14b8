#include "core/address.hpp"

#include <charconv>

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::core {

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  std::string digits;
  if (text.size() == 17) {
    const char separator = text[2];
    if (separator != ':' && separator != '-') return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % 3 != 2) {
        digits.push_back(text[i]);
      } else if (text[i] != separator) {
        return std::nullopt;
      }
    }
  } else if (text.size() == 12) {
    digits = text;
  } else {
    return std::nullopt;
  }
  const auto bytes = parse_hex(digits);
  if (!bytes) return std::nullopt;
  Octets octets;
  std::copy(bytes->begin(), bytes->end(), octets.begin());
  return MacAddress(octets);
}

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets_[0], octets_[1], octets_[2],
                     octets_[3], octets_[4], octets_[5]);
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  std::uint32_t value = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    unsigned octet = 0;
    const auto [next, error] = std::from_chars(at, end, octet);
    if (error != std::errc{} || octet > 255 || next == at) return std::nullopt;
    if (*at == '0' && next - at > 1) return std::nullopt;
    value = value << 8 | octet;
    at = next;
  }
  if (at != end) return std::nullopt;
  return Ipv4Address(value);
}

std::string Ipv4Address::to_string() const {
  return fmt::format("{}.{}.{}.{}", value_ >> 24, value_ >> 16 & 0xff, value_ >> 8 & 0xff, value_ & 0xff);
}

std::optional<Ipv4Network> Ipv4Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = Ipv4Address::parse(text.substr(0, slash));
  const auto length_text = text.substr(slash + 1);
  unsigned length = 0;
  const auto [next, error] =
      std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (!address || error != std::errc{} || next != length_text.data() + length_text.size() || length > 32) {
    return std::nullopt;
  }
  return Ipv4Network{*address, static_cast<std::uint8_t>(length)};
}

std::string Ipv4Network::to_string() const {
  return fmt::format("{}/{}", address.to_string(), prefix_length);
}

}  // namespace colony::core
