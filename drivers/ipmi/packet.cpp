#include "drivers/ipmi/packet.hpp"

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t rmcp_version = 0x06;
constexpr std::uint8_t rmcp_no_ack = 0xff;
constexpr std::uint8_t class_asf = 0x06;
constexpr std::uint8_t class_ipmi = 0x07;
constexpr std::size_t rmcp_header = 4;
constexpr std::uint8_t auth_none = 0x00;
constexpr std::uint8_t auth_rmcp_plus = 0x06;
constexpr std::uint8_t encrypted_bit = 0x80;
constexpr std::uint8_t authenticated_bit = 0x40;
constexpr std::uint32_t asf_iana = 0x000011be;
constexpr std::uint8_t asf_ping = 0x80;
constexpr std::uint8_t asf_pong = 0x40;

bool is_known(std::uint8_t type) {
  return type <= 0x01 || (type >= 0x10 && type <= 0x15);
}

void put_rmcp(core::ByteWriter& out, std::uint8_t message_class) {
  out.u8(rmcp_version);
  out.u8(0);
  out.u8(rmcp_no_ack);
  out.u8(message_class);
}

std::expected<Packet, IpmiError> decode_v15(core::ByteReader& in) {
  Packet packet;
  packet.header = HeaderKind::v15;
  packet.sequence = in.u32le().value_or(0);
  packet.session_id = in.u32le().value_or(0);
  const std::size_t length = in.u8().value_or(0);
  packet.payload = in.take(length).value_or(core::ByteView{});
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  constexpr std::size_t legacy_pad = 1;
  if (in.remaining() > legacy_pad) return std::unexpected(IpmiError::trailing_bytes);
  return packet;
}

std::expected<Packet, IpmiError> decode_v20(core::ByteView datagram, core::ByteReader& in) {
  const std::uint8_t type = in.u8().value_or(0);
  const std::uint32_t session = in.u32le().value_or(0);
  const std::uint32_t sequence = in.u32le().value_or(0);
  const std::size_t length = in.u16le().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  // OEM explicit payloads (type 2) have a longer header; we have no use for them.
  const std::uint8_t number = type & 0x3f;
  if (!is_known(number)) return std::unexpected(IpmiError::bad_payload);
  const auto payload = in.take(length);
  if (!payload) return std::unexpected(IpmiError::truncated);

  Packet packet;
  packet.type = static_cast<PayloadType>(number);
  packet.encrypted = (type & encrypted_bit) != 0;
  packet.authenticated = (type & authenticated_bit) != 0;
  packet.session_id = session;
  packet.sequence = sequence;
  packet.payload = *payload;
  packet.covered = datagram.subspan(rmcp_header);
  packet.tail = in.rest();
  if (!packet.authenticated && !packet.tail.empty()) return std::unexpected(IpmiError::trailing_bytes);
  return packet;
}

}  // namespace

std::expected<Packet, IpmiError> decode_packet(core::ByteView datagram) {
  if (datagram.size() > max_datagram) return std::unexpected(IpmiError::trailing_bytes);
  core::ByteReader in(datagram);
  const std::uint8_t version = in.u8().value_or(0);
  (void)in.skip(1);  // reserved: some BMCs put rubbish there
  const std::uint8_t sequence = in.u8().value_or(0);
  const std::uint8_t message_class = in.u8().value_or(0);
  const std::uint8_t auth_type = in.u8().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  if (version != rmcp_version || sequence != rmcp_no_ack) return std::unexpected(IpmiError::bad_rmcp_header);
  if (message_class != class_ipmi) return std::unexpected(IpmiError::not_ipmi);
  if (auth_type == auth_none) return decode_v15(in);
  if (auth_type == auth_rmcp_plus) return decode_v20(datagram, in);
  return std::unexpected(IpmiError::bad_auth_type);
}

namespace {

core::Bytes encode_v20(PayloadType type, std::uint32_t session_id, std::uint32_t sequence,
                       core::ByteView payload) {
  core::ByteWriter out(max_datagram);
  put_rmcp(out, class_ipmi);
  out.u8(auth_rmcp_plus);
  out.u8(static_cast<std::uint8_t>(type));
  out.u32le(session_id);
  out.u32le(sequence);
  out.u16le(static_cast<std::uint16_t>(payload.size()));
  out.bytes(payload);
  return std::move(out).finish();
}

}  // namespace

core::Bytes encode_plain(PayloadType type, core::ByteView payload) {
  return encode_v20(type, 0, 0, payload);
}

core::Bytes encode_bare(std::uint32_t session_id, std::uint32_t sequence, core::ByteView message) {
  return encode_v20(PayloadType::ipmi, session_id, sequence, message);
}

core::Bytes encode_plain_v15(core::ByteView message, LegacyPad pad) {
  core::ByteWriter out(max_datagram);
  put_rmcp(out, class_ipmi);
  out.u8(auth_none);
  out.u32le(0);
  out.u32le(0);
  out.u8(static_cast<std::uint8_t>(message.size()));
  out.bytes(message);
  if (pad == LegacyPad::one) out.u8(0);
  return std::move(out).finish();
}

bool is_presence_ping(core::ByteView datagram) {
  core::ByteReader in(datagram);
  const std::uint8_t version = in.u8().value_or(0);
  (void)in.skip(2);
  const std::uint8_t message_class = in.u8().value_or(0);
  const std::uint32_t iana = in.u32be().value_or(0);
  const std::uint8_t type = in.u8().value_or(0);
  return in.ok() && version == rmcp_version && message_class == class_asf && iana == asf_iana &&
         type == asf_ping && in.remaining() >= 3;
}

core::Bytes encode_presence_pong(core::ByteView ping) {
  core::ByteWriter out(max_datagram);
  put_rmcp(out, class_asf);
  out.u32be(asf_iana);
  out.u8(asf_pong);
  out.u8(ping.size() > 9 ? ping[9] : 0);  // message tag
  out.u8(0);
  out.u8(16);  // data length
  out.u32be(asf_iana);
  out.u32be(0);
  out.u8(0x81);  // IPMI supported, ASF 1.0
  out.fill(7, 0);
  return std::move(out).finish();
}

}  // namespace colony::drivers::ipmi
