#pragma once
// The two ICMPv6 messages of RFC 4861 that we need, as whole Ethernet frames: Router Solicitation in, Router
// Advertisement out.

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::pxe::ra {

struct Ipv6Address {
  std::array<core::Byte, 16> octets{};
  [[nodiscard]] bool is_unspecified() const { return octets == std::array<core::Byte, 16>{}; }
  [[nodiscard]] bool is_link_local() const { return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80; }
  friend bool operator==(const Ipv6Address&, const Ipv6Address&) = default;
};

/// fe80::/64 with the modified EUI-64 of the interface (RFC 4291 appendix A).
[[nodiscard]] Ipv6Address link_local(core::MacAddress mac);

struct RouterSolicitation {
  core::MacAddress mac;  // who asks: the frame's source
  Ipv6Address address;   // may be unspecified: no address yet
  friend bool operator==(const RouterSolicitation&, const RouterSolicitation&) = default;
};

enum class FrameError : std::uint8_t {
  truncated,
  not_ipv6,
  not_solicitation,  // other ICMPv6, other protocols
  bad_source,        // neither a unicast link-local address nor the unspecified one, or a group MAC
  forwarded,         // hop limit below 255: it came through a router, perhaps forged from afar
  bad_checksum,
  bad_option,  // RFC 4861 section 6.1.1: discard the message
};
std::string_view name(FrameError error);

[[nodiscard]] std::expected<RouterSolicitation, FrameError> decode_solicitation(core::ByteView frame);

/// Router lifetime 0 and no prefix: "there is a router on this link, and it is no way out". Unicast to the
/// asker's MAC (RFC 6085 when its address is still unspecified).
[[nodiscard]] core::Bytes encode_advertisement(core::MacAddress own_mac, const RouterSolicitation& to);

}  // namespace colony::pxe::ra
