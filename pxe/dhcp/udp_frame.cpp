#include "pxe/dhcp/udp_frame.hpp"

#include <algorithm>
#include <cassert>

namespace colony::pxe::dhcp {

namespace {

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::size_t ethernet_size = 14, ipv4_size = 20, udp_size = 8;
constexpr std::size_t largest_payload = 1472;

/// RFC 1071, over an IPv4 header whose checksum field is zero.
std::uint16_t header_checksum(core::ByteView header) {
  core::ByteReader in(header);
  std::uint32_t sum = 0;
  while (const auto word = in.u16be()) sum += *word;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

core::Bytes ipv4_header(const UdpFrame& frame, std::uint16_t checksum) {
  core::ByteWriter out(ipv4_size);
  out.u8(0x45);  // version 4, five words
  out.u8(0);
  out.u16be(static_cast<std::uint16_t>(ipv4_size + udp_size + frame.payload.size()));
  out.u16be(0);  // identification: never fragmented
  out.u16be(0);
  out.u8(64);
  out.u8(protocol_udp);
  out.u16be(checksum);
  out.u32be(frame.source.value());
  out.u32be(frame.destination.value());
  return std::move(out).finish();
}

}  // namespace

core::Bytes encode_broadcast_frame(const UdpFrame& frame) {
  assert(frame.payload.size() <= largest_payload);
  core::ByteWriter out(ethernet_size + ipv4_size + udp_size + largest_payload);
  out.fill(6, 0xff);
  out.bytes(frame.source_mac.octets());
  out.u16be(ether_type_ipv4);
  out.bytes(ipv4_header(frame, header_checksum(ipv4_header(frame, 0))));
  out.u16be(frame.source_port);
  out.u16be(frame.destination_port);
  out.u16be(static_cast<std::uint16_t>(udp_size + frame.payload.size()));
  out.u16be(0);  // RFC 768: no checksum
  out.bytes(frame.payload);
  assert(out.ok());
  return std::move(out).finish();
}

std::optional<UdpFrame> decode_udp_frame(core::ByteView bytes) {
  core::ByteReader in(bytes);
  (void)in.skip(6);
  const auto mac = in.take(6);
  const auto ether_type = in.u16be();
  const auto version = in.u8();
  (void)in.skip(1);
  const auto total = in.u16be();
  (void)in.skip(2);
  const auto fragment = in.u16be();
  (void)in.skip(1);
  const auto protocol = in.u8();
  (void)in.skip(2);
  const auto source = in.u32be();
  const auto destination = in.u32be();
  if (!mac || !ether_type || !version || !total || !fragment || !protocol || !source || !destination) {
    return std::nullopt;
  }
  const std::size_t header = std::size_t{*version & 0x0fU} * 4;
  const bool whole = (*fragment & 0x3fffU) == 0;  // neither "more fragments" nor an offset
  if (*ether_type != ether_type_ipv4 || *version >> 4 != 4 || header < ipv4_size || !whole ||
      *protocol != protocol_udp || *total < header + udp_size || !in.skip(header - ipv4_size)) {
    return std::nullopt;
  }
  UdpFrame frame;
  core::MacAddress::Octets octets{};
  std::ranges::copy(*mac, octets.begin());
  frame.source_mac = core::MacAddress(octets);
  frame.source = core::Ipv4Address(*source);
  frame.destination = core::Ipv4Address(*destination);
  const auto source_port = in.u16be();
  const auto destination_port = in.u16be();
  const auto length = in.u16be();
  if (!source_port || !destination_port || !length || !in.skip(2)) return std::nullopt;
  if (*length < udp_size || *length > *total - header) return std::nullopt;
  const auto payload = in.take(*length - udp_size);
  if (!payload) return std::nullopt;
  frame.source_port = *source_port;
  frame.destination_port = *destination_port;
  frame.payload = *payload;
  return frame;
}

}  // namespace colony::pxe::dhcp
