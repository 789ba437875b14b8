#pragma once
// The System Event Log (IPMI 2.0 chapters 31, 32, 42): commands, records, and what events are called.

#include "drivers/bmc_record_values.hpp"
#include "drivers/ipmi/commands.hpp"

namespace colony::drivers::ipmi {

inline constexpr std::uint16_t first_sel_entry = 0x0000;
inline constexpr std::uint16_t last_sel_entry = 0xffff;  // asked for
inline constexpr std::uint16_t no_sel_entry = 0xffff;    // answered

// Section 31.2.
struct SelInfo {
  std::uint16_t entries = 0;
  std::uint16_t free_bytes = 0;
  bool overflow = false;
};
[[nodiscard]] Command get_sel_info();
[[nodiscard]] Parsed<SelInfo> parse_sel_info(core::ByteView data);

// Sections 31.4, 33.11: SEL and SDR reservations have one form.
[[nodiscard]] Command reserve_sel();
[[nodiscard]] Parsed<std::uint16_t> parse_reservation(core::ByteView data);

// Section 31.5: a whole record.
[[nodiscard]] Command get_sel_entry(std::uint16_t id);
struct SelReply {
  std::uint16_t next = no_sel_entry;
  SelEntry entry;
  core::Bytes record;  // its 16 bytes
};
[[nodiscard]] Parsed<SelReply> parse_sel_entry(core::ByteView data);

// Section 31.9.
enum class SelErase : std::uint8_t { ask = 0x00, begin = 0xaa };
[[nodiscard]] Command clear_sel(std::uint16_t reservation, SelErase what);
/// True when the erasure is complete.
[[nodiscard]] Parsed<bool> parse_clear_sel(core::ByteView data);

/// Table 42-3; "Unknown" for a reserved number, "OEM" from C0h on.
[[nodiscard]] std::string_view sensor_type_name(std::uint8_t type);
/// Tables 42-2 and 42-3; empty where we have no words for it.
[[nodiscard]] std::string_view event_name(std::uint8_t event_type, std::uint8_t sensor_type,
                                          std::uint8_t offset);

// Section 28.11.
[[nodiscard]] Command get_restart_cause();
[[nodiscard]] Parsed<std::string> parse_restart_cause(core::ByteView data);

}  // namespace colony::drivers::ipmi
