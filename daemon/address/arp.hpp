#pragma once
// ARP packets as values (docs/wire/arp.md). Pure: bytes in, bytes out.

#include <cstdint>
#include <expected>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::daemon {

enum class ArpOperation : std::uint8_t { request = 1, reply = 2 };

struct ArpPacket {
  ArpOperation operation = ArpOperation::request;
  core::MacAddress sender_mac;
  core::Ipv4Address sender_ip;
  core::MacAddress target_mac;
  core::Ipv4Address target_ip;
  friend bool operator==(const ArpPacket&, const ArpPacket&) = default;
};

enum class ArpFault : std::uint8_t {
  truncated,    // shorter than an Ethernet header and an ARP packet
  not_arp,      // another EtherType
  unsupported,  // not IPv4 over Ethernet, or an operation that is neither request nor reply
};

/// RFC 5227: "is this address in use?", without claiming it.
[[nodiscard]] ArpPacket arp_probe(core::MacAddress own, core::Ipv4Address address);
/// RFC 5227: "this address is mine", so that caches forget who had it before.
[[nodiscard]] ArpPacket arp_announcement(core::MacAddress own, core::Ipv4Address address);

/// A broadcast Ethernet frame of 42 bytes.
[[nodiscard]] core::Bytes encode_arp_frame(const ArpPacket& packet);
/// Bytes behind the packet are the frame's padding and ignored.
[[nodiscard]] std::expected<ArpPacket, ArpFault> decode_arp_frame(core::ByteView frame);

}  // namespace colony::daemon
