#pragma once
// RMCP and the session headers around every payload (IPMI 2.0 sections 13.1.3, 13.6): what is outside the
// payload and outside its protection. Both sides of the wire use it.

#include <cstdint>
#include <expected>

#include "core/bytes.hpp"
#include "drivers/ipmi/error.hpp"

namespace colony::drivers::ipmi {

/// No datagram of ours or theirs is larger; IPMI messages are under 300 bytes.
inline constexpr std::size_t max_datagram = 1024;

/// Table 13-16.
enum class PayloadType : std::uint8_t {
  ipmi = 0x00,
  sol = 0x01,
  open_session_request = 0x10,
  open_session_response = 0x11,
  rakp1 = 0x12,
  rakp2 = 0x13,
  rakp3 = 0x14,
  rakp4 = 0x15,
};

enum class HeaderKind : std::uint8_t {
  v15,  // authentication type NONE: only before a session (Get Channel Authentication Capabilities)
  v20,  // RMCP+
};

struct Packet {
  HeaderKind header = HeaderKind::v20;
  PayloadType type = PayloadType::ipmi;
  bool encrypted = false;
  bool authenticated = false;
  std::uint32_t session_id = 0;  // of the receiver; 0 outside a session
  std::uint32_t sequence = 0;
  core::ByteView payload;
  core::ByteView covered;  // what the authentication code covers, if `authenticated`: up to the next-header
                           // byte and not yet checked; starts at the authentication type
  core::ByteView tail;     // from the end of the payload to the end of the datagram
};

/// Views into `datagram`. An unauthenticated packet must end with its payload.
[[nodiscard]] std::expected<Packet, IpmiError> decode_packet(core::ByteView datagram);

/// A payload outside any session.
[[nodiscard]] core::Bytes encode_plain(PayloadType type, core::ByteView payload);
/// An IPMI message in a session without any protection (suite 0): only the audit sends it, and the simulator.
[[nodiscard]] core::Bytes encode_bare(std::uint32_t session_id, std::uint32_t sequence,
                                      core::ByteView message);
/// Table 13-8: a byte 00h that the payload's length does not count, for network controllers that could not
/// send datagrams of some sizes. OpenBMC appends it always; what comes in may have it at any size.
enum class LegacyPad : std::uint8_t { none, one };
/// Outside any session, with an IPMI 1.5 header.
[[nodiscard]] core::Bytes encode_plain_v15(core::ByteView message, LegacyPad pad = LegacyPad::none);

/// ASF presence ping and pong (section 13.2.3): recognised and answered by the simulator only.
[[nodiscard]] bool is_presence_ping(core::ByteView datagram);
[[nodiscard]] core::Bytes encode_presence_pong(core::ByteView ping);

}  // namespace colony::drivers::ipmi
