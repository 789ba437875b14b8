#pragma once
// One UDP datagram in an Ethernet frame, for the moment at which a program must speak as somebody without an
// address: a DHCP client in state INIT sends from 0.0.0.0, and hears what is sent to addresses it does not
// have yet. IPv4 (RFC 791) without fragments, UDP (RFC 768).

#include <cstdint>
#include <optional>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::pxe::dhcp {

struct UdpFrame {
  core::MacAddress source_mac;
  core::Ipv4Address source;
  core::Ipv4Address destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  core::ByteView payload;
};

/// To everybody (ff:ff:ff:ff:ff:ff). The payload is at most 1472 bytes long.
[[nodiscard]] core::Bytes encode_broadcast_frame(const UdpFrame& frame);
/// Nothing: another protocol, a fragment, or lengths that contradict each other. Checksums are not looked at:
/// frames that never left this machine may have none, and nothing is decided by these bytes alone.
[[nodiscard]] std::optional<UdpFrame> decode_udp_frame(core::ByteView bytes);

}  // namespace colony::pxe::dhcp
