#include "drivers/ipmi/lan.hpp"

#include <algorithm>
#include <array>

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t this_channel = 0x0e;
constexpr std::uint16_t vlan_enabled = 0x8000;

}  // namespace

Command get_lan_parameter(LanParameter parameter) {
  return {NetFn::transport, 0x02, {this_channel, static_cast<core::Byte>(parameter), 0, 0}};
}

Parsed<core::Ipv4Address> parse_lan_address(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(1);  // parameter revision
  const auto address = in.u32be();
  if (!address) return std::unexpected(IpmiError::bad_reply);
  return core::Ipv4Address(*address);
}

Parsed<std::string> parse_lan_source(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(1);
  const auto source = in.u8();
  if (!source) return std::unexpected(IpmiError::bad_reply);
  constexpr std::array<std::string_view, 5> words{"unspecified", "static", "dhcp", "bios", "other"};
  const unsigned number = *source & 0x0fU;
  return std::string(number < words.size() ? words.at(number) : words.front());
}

Parsed<core::MacAddress> parse_lan_mac(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(1);
  const auto octets = in.take(6);
  if (!octets) return std::unexpected(IpmiError::bad_reply);
  std::array<std::uint8_t, 6> out{};
  std::ranges::copy(*octets, out.begin());
  return core::MacAddress(out);
}

Parsed<std::optional<std::uint16_t>> parse_lan_vlan(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(1);
  const auto vlan = in.u16le();
  if (!vlan) return std::unexpected(IpmiError::bad_reply);
  if ((*vlan & vlan_enabled) == 0) return std::optional<std::uint16_t>{};
  return std::optional(static_cast<std::uint16_t>(*vlan & 0x0fff));
}

}  // namespace colony::drivers::ipmi
