#include "hw-sim/bmc/bmc_firmware.hpp"

#include <algorithm>

#include "hw-sim/bmc/bmc_sensors.hpp"

namespace colony::hw_sim {

namespace ipmi = drivers::ipmi;
namespace completion = ipmi::completion;

namespace {

// Sensors that the machine's own list does not have: they only make events.
constexpr std::uint8_t power_unit = 0x80, boot_initiated = 0x81;
constexpr std::uint8_t caused_by_control = 0x01, caused_by_watchdog = 0x04;
constexpr std::uint8_t watchdog = 0x23;
constexpr std::size_t max_fru_read = 64;  // smaller than ipmitool's first try, as on many BMCs

FirmwareReply fail(std::uint8_t code) {
  return {code, {}};
}

FirmwareReply ok(core::Bytes data = {}) {
  return {completion::ok, std::move(data)};
}

core::Byte low(std::size_t value) {
  return static_cast<core::Byte>(value & 0xff);
}
core::Byte high(std::size_t value) {
  return static_cast<core::Byte>(value >> 8 & 0xff);
}

core::Bytes octets(core::Ipv4Address address) {
  const auto value = address.value();
  return {static_cast<core::Byte>(value >> 24), static_cast<core::Byte>(value >> 16),
          static_cast<core::Byte>(value >> 8), static_cast<core::Byte>(value)};
}

/// Part of a record, as Get SDR and Read FRU hand it out.
core::Bytes cut(const core::Bytes& record, std::size_t offset, std::size_t count) {
  const std::size_t end = std::min(record.size(), offset + count);
  if (offset >= end) return {};
  return {record.begin() + static_cast<std::ptrdiff_t>(offset),
          record.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Get Channel Info: the LAN is channel 1, and the host's own way in is Fh.
FirmwareReply channel_info(const ipmi::RequestMessage& request) {
  if (request.data.size() != 1) return fail(completion::request_length);
  constexpr std::uint8_t lan = 1, present = 0x0e, system_interface = 0x0f;
  const std::uint8_t channel = request.data[0] & 0x0f;
  if (channel == lan || channel == present) return ok({lan, 0x04, 0x01, 0x80, 0xf2, 0x1b, 0x00, 0x00, 0x00});
  if (channel != system_interface) return fail(completion::invalid_field);
  return ok({system_interface, 0x0c, 0x05, 0x00, 0xf2, 0x1b, 0x00, 0x00, 0x00});
}

}  // namespace

bool weaken(BmcProfile& profile, std::string_view weakness) {
  if (weakness == "cipher-zero")
    profile.cipher_zero = true;
  else if (weakness == "anonymous")
    profile.anonymous = true;
  else if (weakness == "null-user")
    profile.null_user = true;
  else if (weakness == "ipmi-1.5")
    profile.auth_types = 0x14;
  else
    return false;
  return true;
}

bool imitate(BmcProfile& profile, std::string_view model) {
  if (model != "openbmc") return false;
  profile.draws_anew = true;
  profile.nameless_refusals = true;
  profile.pads_15 = true;
  return true;
}

BmcFirmware::BmcFirmware(const BmcProfile& profile, Chassis& chassis)
    : profile_(profile),
      chassis_(chassis),
      fru_(ipmi::encode_fru(profile.board, profile.product)),
      sdrs_(sensor_records(profile.more_sensors)),
      sel_(profile.sel_capacity, profile.sel_when_full) {
  sel_.add({.sensor_type = 0x1d, .sensor = boot_initiated});  // initiated by power up
}

void BmcFirmware::write_events_down() {
  for (const auto& event : chassis_.take_events()) {
    if (event.sensor_type == watchdog) restart_cause_ = caused_by_watchdog;
    sel_.add(event);
  }
}

FirmwareReply BmcFirmware::run(const Request& request, ipmi::Privilege privilege, core::BootTime now) {
  const auto net_fn = static_cast<ipmi::NetFn>(request.net_fn);
  const bool changes = net_fn == ipmi::NetFn::chassis && (request.code == 0x02 || request.code == 0x08);
  if (changes && privilege < ipmi::Privilege::operator_) return fail(completion::not_privileged);
  write_events_down();
  switch (net_fn) {
    case ipmi::NetFn::app: return app(request);
    case ipmi::NetFn::chassis: return chassis(request, now);
    case ipmi::NetFn::sensor: return sensor(request, now);
    case ipmi::NetFn::storage: return storage(request, now);
    case ipmi::NetFn::transport: return transport(request);
  }
  return fail(completion::invalid_command);
}

// Set Session Privilege Level, Close Session and Cold Reset belong to the session and are answered there.
FirmwareReply BmcFirmware::app(const Request& request) const {
  const auto& device = profile_.device;
  switch (request.code) {
    case 0x01:  // Get Device ID
      return ok({device.device_id, 0x01, device.firmware_major, device.firmware_minor, 0x02, 0xbf,
                 low(device.manufacturer_id), high(device.manufacturer_id), low(device.manufacturer_id >> 16),
                 low(device.product_id), high(device.product_id), 0, 0, 0, 0});
    case 0x04: return ok({0x55, 0x00});                  // Get Self Test Results: passed
    case 0x06: return fail(completion::not_privileged);  // Set ACPI Power State
    case 0x07: return ok({0x00, 0x00});                  // Get ACPI Power State
    case 0x08:                                           // Get Device GUID
    case 0x37: {                                         // Get System GUID
      const auto& guid = profile_.system_guid.octets();
      return ok({guid.begin(), guid.end()});
    }
    case 0x2f: return ok({0x00});  // Get BMC Global Enables
    case 0x38: return auth_capabilities();
    case 0x42: return channel_info(request);
    case 0x54: return cipher_suites(request);
    default: return fail(completion::invalid_command);
  }
}

FirmwareReply BmcFirmware::auth_capabilities() const {
  // Channel 1; IPMI 2.0 data; named users; IPMI 1.5 and 2.0 connections.
  const auto types = static_cast<core::Byte>(0x80 | profile_.auth_types);
  const auto users =
      static_cast<core::Byte>(0x04 | (profile_.null_user ? 0x02 : 0) | (profile_.anonymous ? 0x01 : 0));
  return ok({0x01, types, users, 0x03, 0, 0, 0, 0});
}

FirmwareReply BmcFirmware::cipher_suites(const Request& request) const {
  if (request.data.size() != 3) return fail(completion::request_length);
  core::Bytes records;
  if (profile_.cipher_zero) records = {0xc0, 0x00, 0x00, 0x40, 0x80};
  for (const auto suite : profile_.suites) {
    const auto algorithms = ipmi::algorithms(suite);
    records.push_back(0xc0);  // start of a standard suite
    records.push_back(static_cast<core::Byte>(suite));
    records.push_back(algorithms.authentication);
    records.push_back(static_cast<core::Byte>(0x40 | algorithms.integrity));
    records.push_back(static_cast<core::Byte>(0x80 | algorithms.confidentiality));
  }
  constexpr std::size_t per_reply = 16;
  const core::Bytes part = cut(records, (request.data[2] & 0x3fU) * per_reply, per_reply);
  core::Bytes data{0x01};
  data.insert(data.end(), part.begin(), part.end());
  return ok(std::move(data));
}

FirmwareReply BmcFirmware::chassis(const Request& request, core::BootTime now) {
  switch (request.code) {
    case 0x00: return ok({0x00, 0x20, 0x20, 0x20, 0x20});  // Get Chassis Capabilities
    case 0x01:                                             // Get Chassis Status
      return ok(
          {static_cast<core::Byte>(chassis_.power() == core::PowerState::on ? 0x01 : 0x00), 0x00, 0x40});
    case 0x02: return chassis_control(request, now);
    case 0x04: return ok();                        // Chassis Identify
    case 0x07: return ok({restart_cause_, 0x01});  // Get System Restart Cause
    case 0x08: return set_boot_option(request);
    case 0x09: return get_boot_option(request);
    default: return fail(completion::invalid_command);
  }
}

FirmwareReply BmcFirmware::chassis_control(const Request& request, core::BootTime now) {
  using drivers::PowerAction;
  if (request.data.size() != 1) return fail(completion::request_length);
  const auto action = ipmi::parse_chassis_control(request.data[0]);
  if (!action) return fail(completion::invalid_field);
  chassis_.act(*action);
  const bool off = *action == PowerAction::off || *action == PowerAction::soft_off;
  if (off) {
    sel_.add({.sensor_type = 0x09, .sensor = power_unit, .at = now});  // power off/down
  } else {
    const std::uint8_t hard_reset = *action == PowerAction::on ? 0x00 : 0x01;
    sel_.add({.sensor_type = 0x1d, .sensor = boot_initiated, .offset = hard_reset, .at = now});
    restart_cause_ = caused_by_control;
  }
  write_events_down();
  return ok();
}

FirmwareReply BmcFirmware::set_boot_option(const Request& request) {
  if (request.data.empty()) return fail(completion::request_length);
  const unsigned parameter = request.data[0] & 0x7fU;
  switch (parameter) {
    case 0: {
      if (request.data.size() != 2) return fail(completion::request_length);
      const std::uint8_t wanted = request.data[1] & 3;
      if (wanted == 1 && set_in_progress_ == 1) return fail(0x81);  // somebody else is at it
      set_in_progress_ = wanted == 2 ? 0 : wanted;
      return ok();
    }
    case 3:
    case 4: return ok();
    case 5: {
      ipmi::BootFlags flags{};
      if (request.data.size() != 1 + flags.size()) return fail(completion::request_length);
      std::copy(request.data.begin() + 1, request.data.end(), flags.begin());
      const auto setting = ipmi::decode_boot_flags(flags);
      if (!setting) return fail(completion::invalid_field);
      chassis_.set_boot_device(*setting);
      return ok();
    }
    default: return fail(completion::parameter_unsupported);
  }
}

FirmwareReply BmcFirmware::get_boot_option(const Request& request) const {
  if (request.data.size() != 3) return fail(completion::request_length);
  const std::uint8_t parameter = request.data[0] & 0x7f;
  core::Bytes data{0x01, parameter};
  switch (parameter) {
    case 0: data.push_back(set_in_progress_); break;
    case 3: data.push_back(0x00); break;
    case 4: data.insert(data.end(), {0x00, 0x00}); break;
    case 5: {
      const auto flags = ipmi::encode_boot_flags(chassis_.boot_device());
      data.insert(data.end(), flags.begin(), flags.end());
      break;
    }
    default: return fail(completion::parameter_unsupported);
  }
  return ok(std::move(data));
}

FirmwareReply BmcFirmware::sensor(const Request& request, core::BootTime now) {
  if (request.data.empty()) return fail(completion::request_length);
  switch (request.code) {
    case 0x02: {  // Platform Event Message: revision, sensor type and number, event type, three bytes of data
      if (request.data.size() != 7) return fail(completion::request_length);
      sel_.add({.sensor_type = request.data[1],
                .sensor = request.data[2],
                .offset = request.data[4],
                .event_type = request.data[3],
                .at = now});
      return ok();
    }
    case 0x2d: {  // Get Sensor Reading
      if (request.data[0] > sdrs_.size()) return fail(completion::not_present);
      const auto given = profile_.readings.find(request.data[0]);
      const auto found =
          sensor_reading(request.data[0], chassis_.power(),
                         given == profile_.readings.end() ? std::nullopt : std::optional(given->second));
      if (!found) return fail(completion::not_present);
      constexpr std::uint8_t scanned = 0xc0, unavailable = 0x20;
      const auto flags = found->available ? scanned : static_cast<std::uint8_t>(scanned | unavailable);
      // Section 35.14: six thresholds with ones above them, or fifteen states.
      if (found->discrete) return ok({found->raw, flags, found->states, 0x80});
      return ok({found->raw, flags, static_cast<core::Byte>(0xc0 | found->states)});
    }
    case 0x27: {  // Get Sensor Thresholds
      if (request.data[0] > sdrs_.size()) return fail(completion::not_present);
      const auto found = sensor_thresholds(request.data[0]);
      if (!found) return fail(completion::not_present);
      return ok({found->begin(), found->end()});
    }
    default: return fail(completion::invalid_command);
  }
}

FirmwareReply BmcFirmware::storage(const Request& request, core::BootTime now) {
  const auto& data = request.data;
  switch (request.code) {
    case 0x10:  // Get FRU Inventory Area Info: by bytes
      if (data.size() != 1) return fail(completion::request_length);
      if (data[0] != 0) return fail(completion::not_present);
      return ok({low(fru_.size()), high(fru_.size()), 0x00});
    case 0x11: {  // Read FRU Data
      if (data.size() != 4) return fail(completion::request_length);
      if (data[0] != 0) return fail(completion::not_present);
      const std::size_t offset = data[1] | static_cast<std::size_t>(data[2]) << 8;
      if (offset >= fru_.size()) return fail(completion::out_of_range);
      if (data[3] > max_fru_read) return fail(completion::length_exceeded);
      const core::Bytes part = cut(fru_, offset, data[3]);
      core::Bytes out{low(part.size())};
      out.insert(out.end(), part.begin(), part.end());
      return ok(std::move(out));
    }
    case 0x20:  // Get SDR Repository Info
      return ok({0x51, low(sdrs_.size()), high(sdrs_.size()), 0xff, 0x0f, 1, 0, 0, 0, 1, 0, 0, 0, 0x02});
    case 0x22: return ok({0x01, 0x00});  // Reserve SDR Repository
    case 0x23: return get_sdr(request);
    default: return sel_.run(request.code, data, now);
  }
}

FirmwareReply BmcFirmware::get_sdr(const Request& request) const {
  if (request.data.size() != 6) return fail(completion::request_length);
  // Records are numbered from 1; 0 asks for the first.
  const std::size_t asked = request.data[2] | static_cast<std::size_t>(request.data[3]) << 8;
  const std::size_t number = asked == 0 ? 1 : asked;
  if (number > sdrs_.size()) return fail(completion::not_present);
  const core::Bytes& record = sdrs_[number - 1];
  const std::size_t next = number == sdrs_.size() ? 0xffff : number + 1;
  if (request.data[5] > profile_.sdr_piece) return fail(completion::too_many_bytes);
  const core::Bytes part = cut(record, request.data[4], request.data[5]);
  core::Bytes data{low(next), high(next)};
  data.insert(data.end(), part.begin(), part.end());
  return ok(std::move(data));
}

FirmwareReply BmcFirmware::transport(const Request& request) const {
  if (request.code != 0x02) return fail(completion::invalid_command);  // Get LAN Configuration Parameters
  if (request.data.size() != 4) return fail(completion::request_length);
  core::Bytes data{0x11};
  const auto append = [&data](const auto& bytes) { data.insert(data.end(), bytes.begin(), bytes.end()); };
  switch (request.data[1]) {
    case 0: data.push_back(0); break;
    case 3: append(octets(profile_.address.address)); break;
    case 4: data.push_back(0x01); break;  // static
    case 5: append(profile_.mac.octets()); break;
    case 6: append(octets(core::Ipv4Address(profile_.address.mask()))); break;
    case 12:
      append(octets(core::Ipv4Address((profile_.address.address.value() & profile_.address.mask()) | 1)));
      break;
    case 20: data.insert(data.end(), {0x00, 0x00}); break;  // no VLAN
    default: return fail(completion::parameter_unsupported);
  }
  return ok(std::move(data));
}

}  // namespace colony::hw_sim
