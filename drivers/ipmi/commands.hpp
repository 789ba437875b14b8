#pragma once
// The commands we use: each request as a Command, each reply's data as a value (IPMI 2.0 chapters 20, 22, 28,
// 34). Data of replies is what follows completion code 00h. Longer replies than known are accepted: newer
// revisions append.

#include <array>
#include <cstdint>
#include <expected>
#include <optional>

#include "core/evidence/evidence.hpp"
#include "drivers/bmc_values.hpp"
#include "drivers/ipmi/handshake.hpp"
#include "drivers/ipmi/message.hpp"

namespace colony::drivers::ipmi {

namespace completion {
inline constexpr std::uint8_t ok = 0x00;
inline constexpr std::uint8_t parameter_unsupported = 0x80;  // boot options, LAN configuration
inline constexpr std::uint8_t busy = 0xc0;
inline constexpr std::uint8_t invalid_command = 0xc1;
inline constexpr std::uint8_t timeout = 0xc3;
inline constexpr std::uint8_t no_space = 0xc4;
inline constexpr std::uint8_t reservation_lost = 0xc5;
inline constexpr std::uint8_t request_length = 0xc7;
inline constexpr std::uint8_t length_exceeded = 0xc8;
inline constexpr std::uint8_t out_of_range = 0xc9;
inline constexpr std::uint8_t too_many_bytes = 0xca;
inline constexpr std::uint8_t not_present = 0xcb;
inline constexpr std::uint8_t invalid_field = 0xcc;
inline constexpr std::uint8_t firmware_update = 0xd0;
inline constexpr std::uint8_t initialising = 0xd2;
inline constexpr std::uint8_t not_privileged = 0xd4;
}  // namespace completion

/// What a completion code other than 00h means.
[[nodiscard]] IpmiError completion_meaning(std::uint8_t code);
/// The same of Set Session Privilege Level (section 22.18), where a few codes are about the user. A BMC that
/// is starting, or busy, says nothing about anybody.
[[nodiscard]] IpmiError privilege_meaning(std::uint8_t code);

template <class T>
using Parsed = std::expected<T, IpmiError>;

// Section 22.13. The one command that is sent outside a session.
struct ChannelCapabilities {
  bool rmcp_plus = false;
  bool anonymous = false;          // neither a name nor a password is wanted
  bool null_users = false;         // the user without a name may log in
  std::uint8_t auth_types_15 = 0;  // of IPMI 1.5: 01 none, 02 MD2, 04 MD5, 10 straight password, 20 OEM
};
[[nodiscard]] Command get_channel_auth_capabilities(Privilege privilege);
[[nodiscard]] Parsed<ChannelCapabilities> parse_channel_auth_capabilities(core::ByteView data);

// Section 20.1.
struct DeviceId {
  std::uint8_t device_id = 0;
  std::uint8_t firmware_major = 0;
  std::uint8_t firmware_minor = 0;  // BCD
  std::uint32_t manufacturer_id = 0;
  std::uint16_t product_id = 0;
  [[nodiscard]] std::string firmware_revision() const;
};
[[nodiscard]] Command get_device_id();
[[nodiscard]] Parsed<DeviceId> parse_device_id(core::ByteView data);

// Section 20.2: the controller restarts, not the machine.
[[nodiscard]] Command cold_reset();

// Section 22.20: of the session that it is asked in.
struct SessionInfo {
  std::uint8_t possible = 0;  // sessions at once
  std::uint8_t active = 0;
};
[[nodiscard]] Command get_session_info();
[[nodiscard]] Parsed<SessionInfo> parse_session_info(core::ByteView data);

// Section 22.14.
[[nodiscard]] Command get_system_guid();
[[nodiscard]] Parsed<core::Uuid> parse_system_guid(core::ByteView data);

// Sections 22.18, 22.19.
[[nodiscard]] Command set_session_privilege(Privilege privilege);
[[nodiscard]] Command close_session(std::uint32_t bmc_session);

// Sections 28.2, 28.3.
[[nodiscard]] Command get_chassis_status();
[[nodiscard]] Parsed<core::PowerState> parse_chassis_status(core::ByteView data);
[[nodiscard]] Command chassis_control(PowerAction action);
[[nodiscard]] std::optional<PowerAction> parse_chassis_control(std::uint8_t control);

// Sections 28.12-28.14: boot options. Parameter 0 set in progress, 4 acknowledge, 5 boot flags.
enum class SetProgress : std::uint8_t { complete = 0, in_progress = 1, commit = 2 };
using BootFlags = std::array<core::Byte, 5>;
[[nodiscard]] Command set_boot_progress(SetProgress progress);
/// "The BIOS has not yet read the flags": what ipmitool writes before them, too.
[[nodiscard]] Command set_boot_acknowledge();
[[nodiscard]] Command set_boot_flags(const BootDeviceSetting& setting);
[[nodiscard]] Command get_boot_flags();
[[nodiscard]] Parsed<BootDeviceSetting> parse_boot_flags_reply(core::ByteView data);
/// Did the BMC keep `wanted`? Looks at the device alone: some report it without the valid bit, or lose the
/// persistent and EFI bits (ipmi_sim). Error: ipmi.boot_device_ignored.
[[nodiscard]] core::Result<> check_boot_flags_reply(core::ByteView data, const BootDeviceSetting& wanted);
[[nodiscard]] BootFlags encode_boot_flags(const BootDeviceSetting& setting);
/// nullopt: a device that we have no name for.
[[nodiscard]] std::optional<BootDeviceSetting> decode_boot_flags(const BootFlags& flags);

// Sections 34.1, 34.2: FRU device 0, the machine itself.
struct FruAreaInfo {
  std::uint16_t size = 0;  // bytes
  bool by_words = false;   // offsets and counts are in words
};
[[nodiscard]] Command get_fru_area_info();
[[nodiscard]] Parsed<FruAreaInfo> parse_fru_area_info(core::ByteView data);
[[nodiscard]] Command read_fru(std::uint16_t offset, std::uint8_t count);
/// The bytes read: not empty, at most `count`.
[[nodiscard]] Parsed<core::ByteView> parse_read_fru(core::ByteView data, std::uint8_t count);

}  // namespace colony::drivers::ipmi
