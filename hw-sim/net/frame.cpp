#include "hw-sim/net/frame.hpp"

namespace colony::hw_sim {

namespace {

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::uint16_t ether_type_arp = 0x0806;
constexpr std::size_t ipv4_header_bytes = 20;
constexpr std::size_t udp_header_bytes = 8;
constexpr std::uint8_t protocol_udp = 17;

/// RFC 1071: one's complement sum of 16-bit words, the last odd byte padded with zero.
std::uint32_t add_words(std::uint32_t sum, core::ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const std::uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
    sum += static_cast<std::uint32_t>(bytes[i]) << 8 | low;
  }
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void patch_u16be(core::ByteWriter& out, std::size_t position, std::uint16_t value) {
  out.patch_u8(position, static_cast<std::uint8_t>(value >> 8));
  out.patch_u8(position + 1, static_cast<std::uint8_t>(value));
}

std::optional<core::MacAddress> take_mac(core::ByteReader& in) {
  const auto view = in.take(6);
  if (!view) return std::nullopt;
  core::MacAddress::Octets octets{};
  std::copy(view->begin(), view->end(), octets.begin());
  return core::MacAddress(octets);
}

std::optional<Frame> decode_udp(core::ByteReader& in, core::MacAddress destination, core::MacAddress source) {
  const auto version_and_length = in.u8();
  (void)in.skip(1);  // type of service
  const auto total = in.u16be();
  (void)in.skip(2);  // identification
  const auto fragment = in.u16be();
  (void)in.skip(1);  // time to live
  const auto protocol = in.u8();
  (void)in.skip(2);  // header checksum
  const auto from = in.u32be();
  const auto to = in.u32be();
  if (!version_and_length || !total || !fragment || !protocol || !from || !to) return std::nullopt;
  if (*version_and_length >> 4 != 4 || *protocol != protocol_udp) return std::nullopt;
  const std::size_t header = static_cast<std::size_t>(*version_and_length & 0xf) * 4;
  // More-fragments flag or an offset: no DHCP answer is fragmented.
  if (header < ipv4_header_bytes || (*fragment & 0x3fff) != 0) return std::nullopt;
  if (!in.skip(header - ipv4_header_bytes)) return std::nullopt;
  const auto from_port = in.u16be();
  const auto to_port = in.u16be();
  const auto length = in.u16be();
  (void)in.skip(2);  // checksum
  if (!in.ok() || !from_port || !to_port || !length) return std::nullopt;
  if (*length < udp_header_bytes || header + *length > *total) return std::nullopt;
  const auto payload = in.take(*length - udp_header_bytes);  // Ethernet padding may follow
  if (!payload) return std::nullopt;
  return UdpFrame{source,   destination, core::Ipv4Address(*from), core::Ipv4Address(*to), *from_port,
                  *to_port, *payload};
}

std::optional<Frame> decode_arp(core::ByteReader& in, core::MacAddress destination) {
  const auto hardware = in.u16be();
  const auto protocol = in.u16be();
  const auto lengths = in.u16be();
  const auto operation = in.u16be();
  const auto sender_mac = take_mac(in);
  const auto sender = in.u32be();
  const auto target_mac = take_mac(in);
  const auto target = in.u32be();
  if (!hardware || !protocol || !lengths || !operation || !sender_mac || !sender || !target_mac || !target) {
    return std::nullopt;
  }
  if (*hardware != 1 || *protocol != ether_type_ipv4 || *lengths != 0x0604) return std::nullopt;
  if (*operation != 1 && *operation != 2) return std::nullopt;
  return ArpFrame{destination, static_cast<ArpOperation>(*operation),
                  *sender_mac, core::Ipv4Address(*sender),
                  *target_mac, core::Ipv4Address(*target)};
}

}  // namespace

core::MacAddress broadcast_mac() {
  return core::MacAddress({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
}

core::Bytes encode(const UdpFrame& frame) {
  core::ByteWriter out(max_frame_bytes);
  out.bytes(frame.destination_mac.octets());
  out.bytes(frame.source_mac.octets());
  out.u16be(ether_type_ipv4);
  const std::size_t ip_at = out.size();
  const std::size_t udp_length = udp_header_bytes + frame.payload.size();
  if (ip_at + ipv4_header_bytes + udp_length > max_frame_bytes) return {};
  out.u8(0x45);
  out.u8(0);
  out.u16be(static_cast<std::uint16_t>(ipv4_header_bytes + udp_length));
  out.u32be(0);  // identification, flags, fragment offset
  out.u8(64);
  out.u8(protocol_udp);
  const std::size_t ip_checksum_at = out.size();
  out.u16be(0);
  const std::size_t addresses_at = out.size();
  out.u32be(frame.source.value());
  out.u32be(frame.destination.value());
  const std::size_t udp_at = out.size();
  patch_u16be(out, ip_checksum_at, fold(add_words(0, out.view().subspan(ip_at))));
  out.u16be(frame.source_port);
  out.u16be(frame.destination_port);
  out.u16be(static_cast<std::uint16_t>(udp_length));
  const std::size_t udp_checksum_at = out.size();
  out.u16be(0);
  out.bytes(frame.payload);
  // RFC 768: over the pseudo header too; a sum of zero is sent as all ones.
  std::uint32_t sum =
      add_words(protocol_udp + static_cast<std::uint32_t>(udp_length), out.view().subspan(addresses_at, 8));
  sum = add_words(sum, out.view().subspan(udp_at));
  const std::uint16_t checksum = fold(sum);
  patch_u16be(out, udp_checksum_at, checksum == 0 ? 0xffff : checksum);
  return std::move(out).finish();
}

core::Bytes encode(const ArpFrame& frame) {
  core::ByteWriter out(max_frame_bytes);
  out.bytes(frame.destination_mac.octets());
  out.bytes(frame.sender_mac.octets());
  out.u16be(ether_type_arp);
  out.u16be(1);
  out.u16be(ether_type_ipv4);
  out.u16be(0x0604);
  out.u16be(static_cast<std::uint16_t>(frame.operation));
  out.bytes(frame.sender_mac.octets());
  out.u32be(frame.sender.value());
  out.bytes(frame.target_mac.octets());
  out.u32be(frame.target.value());
  out.fill(60 - out.size(), 0);  // the shortest Ethernet frame
  return std::move(out).finish();
}

std::optional<Frame> decode_frame(core::ByteView bytes) {
  core::ByteReader in(bytes);
  const auto destination = take_mac(in);
  const auto source = take_mac(in);
  const auto type = in.u16be();
  if (!destination || !source || !type) return std::nullopt;
  if (*type == ether_type_ipv4) return decode_udp(in, *destination, *source);
  if (*type == ether_type_arp) return decode_arp(in, *destination);
  return std::nullopt;
}

}  // namespace colony::hw_sim
