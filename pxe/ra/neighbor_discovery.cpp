#include "pxe/ra/neighbor_discovery.hpp"

#include <algorithm>

namespace colony::pxe::ra {

namespace {

constexpr std::size_t ipv6_header_size = 40;
constexpr std::uint16_t ether_type_ipv6 = 0x86dd;
constexpr std::uint8_t next_header_icmpv6 = 58;
constexpr std::uint8_t on_link_hop_limit = 255;
constexpr std::uint8_t type_solicitation = 133;
constexpr std::uint8_t type_advertisement = 134;
constexpr std::uint8_t option_source_link_layer = 1;
constexpr Ipv6Address all_nodes{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

std::uint32_t sum_words(core::ByteView bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  if (bytes.size() % 2 == 1) sum += static_cast<std::uint32_t>(bytes.back() << 8);
  return sum;
}

/// RFC 8200 section 8.1. Over a message that contains its own checksum the result is 0.
std::uint16_t checksum(const Ipv6Address& source, const Ipv6Address& destination, core::ByteView message) {
  std::uint32_t sum = sum_words(source.octets, 0);
  sum = sum_words(destination.octets, sum);
  sum += static_cast<std::uint32_t>(message.size()) + next_header_icmpv6;
  sum = sum_words(message, sum);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

core::MacAddress read_mac(core::ByteReader& in) {
  core::MacAddress::Octets octets{};
  std::ranges::copy(in.take(octets.size()).value_or(core::ByteView{}), octets.begin());
  return core::MacAddress(octets);
}

Ipv6Address read_ipv6(core::ByteReader& in) {
  Ipv6Address out;
  std::ranges::copy(in.take(out.octets.size()).value_or(core::ByteView{}), out.octets.begin());
  return out;
}

/// Options are whole units of 8 octets, none empty; an asker without address must not give its link layer
/// one.
bool valid_options(core::ByteView options, bool unspecified_source) {
  core::ByteReader in(options);
  while (!in.at_end()) {
    const auto type = in.u8().value_or(0);
    const auto units = in.u8().value_or(0);
    if (units == 0 || !in.skip(units * std::size_t{8} - 2)) return false;
    if (type == option_source_link_layer && unspecified_source) return false;
  }
  return true;
}

}  // namespace

Ipv6Address link_local(core::MacAddress mac) {
  const auto& m = mac.octets();
  return Ipv6Address{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<core::Byte>(m[0] ^ 2), m[1], m[2], 0xff, 0xfe,
                      m[3], m[4], m[5]}};
}

std::string_view name(FrameError error) {
  switch (error) {
    case FrameError::truncated: return "truncated";
    case FrameError::not_ipv6: return "not_ipv6";
    case FrameError::not_solicitation: return "not_solicitation";
    case FrameError::bad_source: return "bad_source";
    case FrameError::forwarded: return "forwarded";
    case FrameError::bad_checksum: return "bad_checksum";
    case FrameError::bad_option: return "bad_option";
  }
  return "?";
}

std::expected<RouterSolicitation, FrameError> decode_solicitation(core::ByteView frame) {
  core::ByteReader in(frame);
  RouterSolicitation out;
  (void)read_mac(in);  // destination: ff02::2's group address, or ours
  out.mac = read_mac(in);
  if (in.u16be() != ether_type_ipv6) {
    return std::unexpected(in.ok() ? FrameError::not_ipv6 : FrameError::truncated);
  }
  const auto version = in.u32be().value_or(0) >> 28;
  const auto length = in.u16be();
  const auto next_header = in.u8();
  const auto hop_limit = in.u8();
  out.address = read_ipv6(in);
  const Ipv6Address destination = read_ipv6(in);
  const auto message = length ? in.take(*length) : std::nullopt;  // what follows is Ethernet padding
  if (!message) return std::unexpected(FrameError::truncated);
  if (version != 6) return std::unexpected(FrameError::not_ipv6);
  if (next_header != next_header_icmpv6) return std::unexpected(FrameError::not_solicitation);

  core::ByteReader icmp(*message);
  const auto type = icmp.u8();
  const auto code = icmp.u8();
  if (!icmp.skip(6)) return std::unexpected(FrameError::truncated);
  if (type != type_solicitation || code != 0) return std::unexpected(FrameError::not_solicitation);
  if (hop_limit != on_link_hop_limit) return std::unexpected(FrameError::forwarded);
  const bool unspecified = out.address.is_unspecified();
  if (out.mac.is_zero() || out.mac.is_group() || (!unspecified && !out.address.is_link_local())) {
    return std::unexpected(FrameError::bad_source);
  }
  if (checksum(out.address, destination, *message) != 0) return std::unexpected(FrameError::bad_checksum);
  if (!valid_options(icmp.rest(), unspecified)) return std::unexpected(FrameError::bad_option);
  return out;
}

core::Bytes encode_advertisement(core::MacAddress own_mac, const RouterSolicitation& to) {
  const Ipv6Address source = link_local(own_mac);
  const Ipv6Address destination = to.address.is_unspecified() ? all_nodes : to.address;
  constexpr std::size_t message_limit = 24;
  core::ByteWriter message(message_limit);
  message.u8(type_advertisement);
  message.u8(0);     // code
  message.u16be(0);  // checksum, patched below
  message.u8(0);     // hop limit for the asker's own packets: unspecified
  message.u8(0);     // neither managed nor other configuration
  message.u16be(0);  // router lifetime: no default router
  message.u32be(0);  // reachable time: unspecified
  message.u32be(0);  // retransmission timer: unspecified
  message.u8(option_source_link_layer);
  message.u8(1);
  message.bytes(own_mac.octets());
  const std::uint16_t sum = checksum(source, destination, message.view());
  message.patch_u8(2, static_cast<std::uint8_t>(sum >> 8));
  message.patch_u8(3, static_cast<std::uint8_t>(sum & 0xff));

  constexpr std::size_t ethernet_header_size = 14;
  core::ByteWriter frame(ethernet_header_size + ipv6_header_size + message_limit);
  frame.bytes(to.mac.octets());
  frame.bytes(own_mac.octets());
  frame.u16be(ether_type_ipv6);
  frame.u32be(6U << 28);
  frame.u16be(static_cast<std::uint16_t>(message.size()));
  frame.u8(next_header_icmpv6);
  frame.u8(on_link_hop_limit);
  frame.bytes(source.octets);
  frame.bytes(destination.octets);
  frame.bytes(message.view());
  return std::move(frame).finish();
}

}  // namespace colony::pxe::ra
