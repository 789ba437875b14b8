#include "daemon/address/arp.hpp"

#include <algorithm>

namespace colony::daemon {

namespace {

constexpr std::size_t frame_size = 42;
constexpr std::uint16_t ether_type_arp = 0x0806;
constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::uint16_t protocol_ipv4 = 0x0800;
constexpr core::MacAddress::Octets broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

core::MacAddress mac_of(core::ByteView bytes) {
  core::MacAddress::Octets octets;
  std::ranges::copy(bytes, octets.begin());
  return core::MacAddress(octets);
}

}  // namespace

ArpPacket arp_probe(core::MacAddress own, core::Ipv4Address address) {
  return {ArpOperation::request, own, core::Ipv4Address{}, core::MacAddress{}, address};
}

ArpPacket arp_announcement(core::MacAddress own, core::Ipv4Address address) {
  return {ArpOperation::request, own, address, core::MacAddress{}, address};
}

core::Bytes encode_arp_frame(const ArpPacket& packet) {
  core::ByteWriter out(frame_size);
  out.bytes(broadcast);
  out.bytes(packet.sender_mac.octets());
  out.u16be(ether_type_arp);
  out.u16be(hardware_ethernet);
  out.u16be(protocol_ipv4);
  out.u8(6);
  out.u8(4);
  out.u16be(static_cast<std::uint16_t>(packet.operation));
  out.bytes(packet.sender_mac.octets());
  out.u32be(packet.sender_ip.value());
  out.bytes(packet.target_mac.octets());
  out.u32be(packet.target_ip.value());
  return std::move(out).finish();
}

std::expected<ArpPacket, ArpFault> decode_arp_frame(core::ByteView frame) {
  core::ByteReader in(frame);
  (void)in.skip(12);  // the sender inside the packet counts, not the frame's
  const auto ether_type = in.u16be();
  const auto hardware = in.u16be();
  const auto protocol = in.u16be();
  const auto hardware_length = in.u8();
  const auto protocol_length = in.u8();
  const auto operation = in.u16be();
  const auto sender_mac = in.take(6);
  const auto sender_ip = in.u32be();
  const auto target_mac = in.take(6);
  const auto target_ip = in.u32be();
  if (!ether_type || !hardware || !protocol || !hardware_length || !protocol_length || !operation ||
      !sender_mac || !sender_ip || !target_mac || !target_ip) {
    return std::unexpected(ArpFault::truncated);
  }
  if (*ether_type != ether_type_arp) return std::unexpected(ArpFault::not_arp);
  if (*hardware != hardware_ethernet || *protocol != protocol_ipv4 || *hardware_length != 6 ||
      *protocol_length != 4 || *operation < 1 || *operation > 2) {
    return std::unexpected(ArpFault::unsupported);
  }
  return ArpPacket{*operation == 1 ? ArpOperation::request : ArpOperation::reply, mac_of(*sender_mac),
                   core::Ipv4Address(*sender_ip), mac_of(*target_mac), core::Ipv4Address(*target_ip)};
}

}  // namespace colony::daemon
