#include "drivers/ipmi/sol.hpp"

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t nack_bit = 0x40;
constexpr std::uint8_t number_mask = 0x0f;
constexpr std::uint8_t payload_sol = 0x01;
constexpr std::uint8_t instance = 0x01;
// Section 24.1, auxiliary data: encryption, authentication; [3:2] = 01b serial alerts deferred.
constexpr std::uint8_t protected_payload = 0xc0 | 0x04;

}  // namespace

std::expected<SolPacket, IpmiError> decode_sol(core::ByteView payload) {
  core::ByteReader in(payload);
  const auto sequence = in.u8();
  const auto ack = in.u8();
  const auto accepted = in.u8();
  const auto flags = in.u8();
  if (!sequence || !ack || !accepted || !flags) return std::unexpected(IpmiError::truncated);
  SolPacket packet;
  packet.sequence = *sequence & number_mask;  // the upper halves are reserved
  packet.ack = *ack & number_mask;
  packet.accepted = *accepted;
  packet.nack = (*flags & nack_bit) != 0;
  packet.flags = *flags & static_cast<std::uint8_t>(~nack_bit);
  packet.data = in.rest();
  if (packet.data.size() > SolPacket::max_data) return std::unexpected(IpmiError::trailing_bytes);
  if (packet.sequence == 0 && !packet.data.empty()) return std::unexpected(IpmiError::bad_payload);
  return packet;
}

core::Bytes encode(const SolPacket& packet) {
  core::ByteWriter out(SolPacket::header + SolPacket::max_data);
  out.u8(packet.sequence & number_mask);
  out.u8(packet.ack & number_mask);
  out.u8(packet.accepted);
  out.u8(static_cast<std::uint8_t>(packet.flags | (packet.nack ? nack_bit : 0)));
  out.bytes(packet.data);
  return std::move(out).finish();
}

Command activate_sol() {
  return {NetFn::app, 0x48, {payload_sol, instance, protected_payload, 0, 0, 0}};
}

Parsed<SolActivation> parse_activate_sol(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(4);  // auxiliary data
  const auto to_bmc = in.u16le();
  const auto from_bmc = in.u16le();
  const auto port = in.u16le();
  if (!to_bmc || !from_bmc || !port) return std::unexpected(IpmiError::bad_reply);
  return SolActivation{*to_bmc, *from_bmc, *port};
}

Command deactivate_sol() {
  return {NetFn::app, 0x49, {payload_sol, instance, 0, 0, 0, 0}};
}

Command get_sol_instance() {
  return {NetFn::app, 0x4b, {payload_sol, instance}};
}

Parsed<std::uint32_t> parse_sol_instance(core::ByteView data) {
  core::ByteReader in(data);
  const auto session = in.u32le();
  if (!session) return std::unexpected(IpmiError::bad_reply);
  return *session;
}

}  // namespace colony::drivers::ipmi
