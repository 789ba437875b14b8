#pragma once
// Serial over LAN on the wire (IPMI 2.0 sections 15.9, 24.1-24.5): packets of payload type 01h and the
// commands around them. Both sides of the wire.

#include <cstdint>
#include <expected>

#include "core/bytes.hpp"
#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/error.hpp"
#include "drivers/ipmi/message.hpp"

namespace colony::drivers::ipmi {

/// Section 15.9. Numbers count 1..15; 0 says that there is none.
struct SolPacket {
  static constexpr std::size_t header = 4;
  static constexpr std::size_t max_data = 255;  // the accepted count is one byte

  std::uint8_t sequence = 0;  // of `data`; 0: this packet carries none and wants no answer
  std::uint8_t ack = 0;       // the packet that is answered; 0: none is
  std::uint8_t accepted = 0;  // characters of it
  bool nack = false;          // `ack` was not taken, or not whole
  std::uint8_t flags = 0;     // sol_operation from the console, sol_status from the BMC
  core::ByteView data;
};

namespace sol_operation {  // console to BMC
inline constexpr std::uint8_t send_break = 0x10;
}
namespace sol_status {                             // BMC to console
inline constexpr std::uint8_t unavailable = 0x20;  // the machine's port takes no characters now
inline constexpr std::uint8_t deactivated = 0x10;  // the payload is over
inline constexpr std::uint8_t overrun = 0x08;      // characters were lost inside the BMC
inline constexpr std::uint8_t break_seen = 0x04;
}  // namespace sol_status

/// A view into `payload`. Errors: truncated, bad_payload (data without a number), trailing_bytes (over
/// max_data).
[[nodiscard]] std::expected<SolPacket, IpmiError> decode_sol(core::ByteView payload);
[[nodiscard]] core::Bytes encode(const SolPacket& packet);

/// The number after this one: 15 is followed by 1.
[[nodiscard]] inline std::uint8_t next_sol_number(std::uint8_t number) {
  return static_cast<std::uint8_t>(number >= 15 ? 1 : number + 1);
}

namespace completion {  // of Activate Payload
inline constexpr std::uint8_t payload_active = 0x80;
inline constexpr std::uint8_t payload_disabled = 0x81;
inline constexpr std::uint8_t payload_limit = 0x82;
inline constexpr std::uint8_t payload_no_encryption = 0x83;
}  // namespace completion

/// Section 24.1: SOL, instance 1, encrypted and authenticated, no serial alerts meanwhile.
[[nodiscard]] Command activate_sol();
struct SolActivation {
  std::uint16_t to_bmc = 0;    // largest payload that it takes, header included
  std::uint16_t from_bmc = 0;  // largest that it sends
  std::uint16_t port = 0;      // not looked at: some firmware swaps its bytes, none uses another
};
[[nodiscard]] Parsed<SolActivation> parse_activate_sol(core::ByteView data);
/// Section 24.2.
[[nodiscard]] Command deactivate_sol();
/// Section 24.4: which session has instance 1; 0 when none has.
[[nodiscard]] Command get_sol_instance();
[[nodiscard]] Parsed<std::uint32_t> parse_sol_instance(core::ByteView data);

}  // namespace colony::drivers::ipmi
