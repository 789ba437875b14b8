#pragma once
// One datagram in, at most one out: what the cores of this room and their sockets hand each other.

#include <cstdint>

#include "core/clock.hpp"
#include "pxe/dhcp/message.hpp"

namespace colony::pxe::dhcp {

enum class ArrivalPort : std::uint8_t { server, pxe };  // 67, 4011

struct Arrival {
  core::ByteView datagram;
  core::Ipv4Address source;
  std::uint16_t source_port = 0;
  ArrivalPort port = ArrivalPort::server;
  core::BootTime now;
  core::UtcTime utc_now;
};

struct Outgoing {
  core::Ipv4Address destination;
  std::uint16_t port = 0;
  core::Bytes datagram;
};

/// RFC 2131 section 4.1: through the relay, else to an address the client answers ARP for, else to everybody
/// (we never put an entry for a client without address into the kernel's neighbour table). On port 4011 back
/// to where it came from (PXE 2.1 section 2.4.3).
[[nodiscard]] Outgoing address_reply(const Message& reply, const Arrival& arrival);

/// The address by which the client names itself in this message, if it does. Option 50 of a DISCOVER is only
/// a wish; in a REQUEST it is the lease the client has chosen (RFC 2131 section 4.3.2).
[[nodiscard]] std::optional<core::Ipv4Address> own_address(const Message& message);

/// The states in which a client begins: INIT (DISCOVER) and INIT-REBOOT, which asks for its old address
/// without naming a server (RFC 2131 sections 4.3.2 and 4.4). Whoever renews, rebinds or selects has begun
/// before.
[[nodiscard]] bool begins(const Message& message);

}  // namespace colony::pxe::dhcp
