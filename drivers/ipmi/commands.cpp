#include "drivers/ipmi/commands.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t parameter_progress = 0;
constexpr std::uint8_t parameter_acknowledge = 4;
constexpr std::uint8_t parameter_flags = 5;
constexpr std::uint8_t flags_valid = 0x80;
constexpr std::uint8_t flags_persistent = 0x40;
constexpr std::uint8_t flags_efi = 0x20;
constexpr std::uint8_t fru_device = 0;

std::uint8_t device_number(BootDevice device) {
  switch (device) {
    case BootDevice::none: return 0;
    case BootDevice::pxe: return 1;
    case BootDevice::disk: return 2;
    case BootDevice::cdrom: return 5;
    case BootDevice::bios_setup: return 6;
  }
  return 0;
}

std::uint8_t control_number(PowerAction action) {
  switch (action) {
    case PowerAction::off: return 0;
    case PowerAction::on: return 1;
    case PowerAction::cycle: return 2;
    case PowerAction::reset: return 3;
    case PowerAction::soft_off: return 5;
  }
  return 0;
}

}  // namespace

IpmiError completion_meaning(std::uint8_t code) {
  switch (code) {
    case completion::busy:
    case completion::timeout:
    case completion::firmware_update:
    case completion::initialising: return IpmiError::busy;
    case completion::parameter_unsupported:
    case completion::invalid_command: return IpmiError::unsupported;
    case completion::not_privileged: return IpmiError::not_privileged;
    default: return IpmiError::command_refused;
  }
}

IpmiError privilege_meaning(std::uint8_t code) {
  const bool about_the_user = (code >= 0x80 && code <= 0x82) || code == completion::not_privileged;
  return about_the_user ? IpmiError::role_refused : completion_meaning(code);
}

Command get_channel_auth_capabilities(Privilege privilege) {
  // Channel 0Eh is the one this is sent on; bit 7 asks for the RMCP+ data.
  return {NetFn::app, 0x38, {0x8e, static_cast<core::Byte>(privilege)}};
}

Parsed<ChannelCapabilities> parse_channel_auth_capabilities(core::ByteView data) {
  if (data.size() < 8) return std::unexpected(IpmiError::bad_reply);
  ChannelCapabilities out;
  const bool extended = (data[1] & 0x80) != 0;
  out.rmcp_plus = extended && (data[3] & 0x02) != 0;
  out.anonymous = (data[2] & 0x01) != 0;
  out.null_users = (data[2] & 0x02) != 0;
  out.auth_types_15 = data[1] & 0x37;
  return out;
}

std::string DeviceId::firmware_revision() const {
  return fmt::format("{}.{:02x}", firmware_major, firmware_minor);
}

Command get_device_id() {
  return {NetFn::app, 0x01, {}};
}

Parsed<DeviceId> parse_device_id(core::ByteView data) {
  core::ByteReader in(data);
  DeviceId out;
  out.device_id = in.u8().value_or(0);
  (void)in.skip(1);                                 // device revision
  out.firmware_major = in.u8().value_or(0) & 0x7f;  // bit 7: device is updating
  out.firmware_minor = in.u8().value_or(0);
  (void)in.skip(2);  // IPMI version, additional device support
  const std::uint32_t low = in.u16le().value_or(0);
  const std::uint32_t high = in.u8().value_or(0);
  out.manufacturer_id = (high & 0x0f) << 16 | low;
  out.product_id = in.u16le().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::bad_reply);
  return out;
}

Command cold_reset() {
  return {NetFn::app, 0x02, {}, Repeat::never};
}

Command get_session_info() {
  return {NetFn::app, 0x3d, {0x00}};
}

Parsed<SessionInfo> parse_session_info(core::ByteView data) {
  if (data.size() < 3) return std::unexpected(IpmiError::bad_reply);
  return SessionInfo{static_cast<std::uint8_t>(data[1] & 0x3f), static_cast<std::uint8_t>(data[2] & 0x3f)};
}

Command get_system_guid() {
  return {NetFn::app, 0x37, {}};
}

Parsed<core::Uuid> parse_system_guid(core::ByteView data) {
  if (data.size() != 16) return std::unexpected(IpmiError::bad_reply);
  core::Uuid::Octets octets{};
  std::ranges::copy(data, octets.begin());
  return core::Uuid(octets);
}

Command set_session_privilege(Privilege privilege) {
  return {NetFn::app, 0x3b, {static_cast<core::Byte>(privilege)}};
}

Command close_session(std::uint32_t bmc_session) {
  core::ByteWriter out(4);
  out.u32le(bmc_session);
  return {NetFn::app, 0x3c, std::move(out).finish()};
}

Command get_chassis_status() {
  return {NetFn::chassis, 0x01, {}};
}

Parsed<core::PowerState> parse_chassis_status(core::ByteView data) {
  if (data.size() < 3) return std::unexpected(IpmiError::bad_reply);
  return (data[0] & 1) != 0 ? core::PowerState::on : core::PowerState::off;
}

Command chassis_control(PowerAction action) {
  return {NetFn::chassis, 0x02, {control_number(action)}, Repeat::never};
}

std::optional<PowerAction> parse_chassis_control(std::uint8_t control) {
  for (const auto action :
       {PowerAction::off, PowerAction::on, PowerAction::soft_off, PowerAction::cycle, PowerAction::reset}) {
    if (control_number(action) == (control & 0x0f)) return action;
  }
  return std::nullopt;
}

Command set_boot_progress(SetProgress progress) {
  return {NetFn::chassis, 0x08, {parameter_progress, static_cast<core::Byte>(progress)}};
}

Command set_boot_acknowledge() {
  // Write mask: BIOS/POST; data: BIOS/POST has not handled the information.
  return {NetFn::chassis, 0x08, {parameter_acknowledge, 0x01, 0x01}};
}

BootFlags encode_boot_flags(const BootDeviceSetting& setting) {
  BootFlags flags{};
  if (setting.device == BootDevice::none) return flags;
  flags[0] = flags_valid;
  if (setting.persistence == BootPersistence::persistent) flags[0] |= flags_persistent;
  if (setting.firmware == BootFirmware::efi) flags[0] |= flags_efi;
  flags[1] = static_cast<core::Byte>(device_number(setting.device) << 2);
  return flags;
}

std::optional<BootDeviceSetting> decode_boot_flags(const BootFlags& flags) {
  BootDeviceSetting out;
  if ((flags[0] & flags_valid) == 0) return out;
  if ((flags[0] & flags_persistent) != 0) out.persistence = BootPersistence::persistent;
  if ((flags[0] & flags_efi) != 0) out.firmware = BootFirmware::efi;
  const unsigned number = flags[1] >> 2 & 0x0fU;
  for (const auto device :
       {BootDevice::none, BootDevice::pxe, BootDevice::disk, BootDevice::cdrom, BootDevice::bios_setup}) {
    if (device_number(device) != number) continue;
    out.device = device;
    return out;
  }
  return std::nullopt;
}

Command set_boot_flags(const BootDeviceSetting& setting) {
  const BootFlags flags = encode_boot_flags(setting);
  core::Bytes data{parameter_flags};
  data.insert(data.end(), flags.begin(), flags.end());
  return {NetFn::chassis, 0x08, std::move(data)};
}

Command get_boot_flags() {
  return {NetFn::chassis, 0x09, {parameter_flags, 0, 0}};
}

Parsed<BootDeviceSetting> parse_boot_flags_reply(core::ByteView data) {
  BootFlags flags{};
  if (data.size() < 2 + flags.size()) return std::unexpected(IpmiError::bad_reply);
  if ((data[1] & 0x7f) != parameter_flags) return std::unexpected(IpmiError::bad_reply);
  std::ranges::copy(data.subspan(2, flags.size()), flags.begin());
  const auto setting = decode_boot_flags(flags);
  if (!setting) return std::unexpected(IpmiError::bad_reply);
  return *setting;
}

core::Result<> check_boot_flags_reply(core::ByteView data, const BootDeviceSetting& wanted) {
  const auto seen = parse_boot_flags_reply(data);
  if (!seen) return std::unexpected(to_error(seen.error()));
  const unsigned selector = data[3] >> 2 & 0x0fU;
  if (seen->device == wanted.device || selector == device_number(wanted.device)) return {};
  return core::fail(core::ErrorKind::conflict, "ipmi.boot_device_ignored",
                    fmt::format("the BMC accepted boot device {} and then reports {}", name(wanted.device),
                                name(seen->device)));
}

Command get_fru_area_info() {
  return {NetFn::storage, 0x10, {fru_device}};
}

Parsed<FruAreaInfo> parse_fru_area_info(core::ByteView data) {
  core::ByteReader in(data);
  const std::uint16_t size = in.u16le().value_or(0);
  const std::uint8_t access = in.u8().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::bad_reply);
  return FruAreaInfo{size, (access & 1) != 0};
}

Command read_fru(std::uint16_t offset, std::uint8_t count) {
  core::ByteWriter out(4);
  out.u8(fru_device);
  out.u16le(offset);
  out.u8(count);
  return {NetFn::storage, 0x11, std::move(out).finish()};
}

Parsed<core::ByteView> parse_read_fru(core::ByteView data, std::uint8_t count) {
  if (data.size() < 2) return std::unexpected(IpmiError::bad_reply);
  const core::ByteView bytes = data.subspan(1);
  if (bytes.empty() || bytes.size() > count) return std::unexpected(IpmiError::bad_reply);
  return bytes;
}

}  // namespace colony::drivers::ipmi
