#pragma once
// A TCP SYN (RFC 9293) in an Ethernet frame: somebody begins a connection. Nothing else of TCP.

#include <cstdint>
#include <optional>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::daemon::guard {

struct ConnectionAttempt {
  core::Ipv4Address source;
  std::uint16_t source_port = 0;
  core::Ipv4Address destination;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;  // the same when it is repeated
  friend bool operator==(const ConnectionAttempt&, const ConnectionAttempt&) = default;
};

/// Nothing: another protocol, a fragment, or a segment of a connection that goes on.
[[nodiscard]] std::optional<ConnectionAttempt> read_connection_attempt(core::ByteView frame);

}  // namespace colony::daemon::guard
