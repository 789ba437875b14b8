#include "daemon/guard/connection_attempt.hpp"

namespace colony::daemon::guard {

namespace {

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::size_t ipv4_size = 20;
constexpr std::uint8_t syn = 0x02, ack = 0x10, rst = 0x04;

}  // namespace

std::optional<ConnectionAttempt> read_connection_attempt(core::ByteView frame) {
  core::ByteReader in(frame);
  (void)in.skip(12);  // both MACs
  const auto ether_type = in.u16be();
  const auto version = in.u8();
  (void)in.skip(5);
  const auto fragment = in.u16be();
  (void)in.skip(1);
  const auto protocol = in.u8();
  (void)in.skip(2);
  const auto source = in.u32be();
  const auto destination = in.u32be();
  if (!ether_type || !version || !fragment || !protocol || !source || !destination) return std::nullopt;
  const std::size_t header = std::size_t{*version & 0x0fU} * 4;
  if (*ether_type != ether_type_ipv4 || *version >> 4 != 4 || header < ipv4_size ||
      (*fragment & 0x3fffU) != 0 || *protocol != protocol_tcp || !in.skip(header - ipv4_size)) {
    return std::nullopt;
  }
  const auto source_port = in.u16be();
  const auto destination_port = in.u16be();
  const auto sequence = in.u32be();
  (void)in.skip(5);
  const auto flags = in.u8();
  if (!source_port || !destination_port || !sequence || !flags) return std::nullopt;
  if ((*flags & (syn | ack | rst)) != syn) return std::nullopt;
  return ConnectionAttempt{core::Ipv4Address(*source), *source_port, core::Ipv4Address(*destination),
                           *destination_port, *sequence};
}

}  // namespace colony::daemon::guard
