#pragma once
// Ethernet frames as a server's NIC sends and hears them: UDP over IPv4 (RFC 791, RFC 768) for DHCP, before
// the server has an address that a kernel socket could use, and ARP (RFC 826). Pure: bytes in, bytes out.

#include <cstdint>
#include <optional>
#include <variant>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::hw_sim {

inline constexpr std::size_t max_frame_bytes = 1514;  // Ethernet header and an MTU of 1500; no 802.1Q tag

struct UdpFrame {
  core::MacAddress source_mac, destination_mac;
  core::Ipv4Address source, destination;
  std::uint16_t source_port = 0, destination_port = 0;
  core::ByteView payload;
};

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

struct ArpFrame {
  core::MacAddress destination_mac;  // of the Ethernet header; the rest is the ARP body
  ArpOperation operation = ArpOperation::request;
  core::MacAddress sender_mac;
  core::Ipv4Address sender;
  core::MacAddress target_mac;
  core::Ipv4Address target;
};

using Frame = std::variant<UdpFrame, ArpFrame>;

/// Empty when the payload does not fit into one frame.
[[nodiscard]] core::Bytes encode(const UdpFrame& frame);
[[nodiscard]] core::Bytes encode(const ArpFrame& frame);

/// nullopt: broken, or something else than unfragmented UDP over IPv4 or ARP for IPv4. The payload points
/// into `bytes`. Checksums are not looked at: the kernel leaves them to a NIC (veth has none), so what a
/// packet socket sees from a local sender is often unfinished.
[[nodiscard]] std::optional<Frame> decode_frame(core::ByteView bytes);

[[nodiscard]] core::MacAddress broadcast_mac();

}  // namespace colony::hw_sim
