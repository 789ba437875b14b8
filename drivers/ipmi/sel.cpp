#include "drivers/ipmi/sel.hpp"

#include <array>

#include <fmt/format.h>

namespace colony::drivers::ipmi {

namespace {

constexpr std::size_t record_size = 16;
constexpr std::uint8_t system_event = 0x02;
constexpr std::uint8_t oem_timestamped = 0xc0, oem_plain = 0xe0;
/// Section 37.1: below this a time counts from the BMC's start; above, from 1970.
constexpr std::uint32_t first_real_time = 0x20000000;
constexpr std::uint8_t threshold = 0x01, sensor_specific = 0x6f;

constexpr std::array<std::string_view, 0x2d> sensor_types{"reserved",
                                                          "Temperature",
                                                          "Voltage",
                                                          "Current",
                                                          "Fan",
                                                          "Physical Security",
                                                          "Platform Security",
                                                          "Processor",
                                                          "Power Supply",
                                                          "Power Unit",
                                                          "Cooling Device",
                                                          "Other",
                                                          "Memory",
                                                          "Drive Slot / Bay",
                                                          "POST Memory Resize",
                                                          "System Firmwares",
                                                          "Event Logging Disabled",
                                                          "Watchdog1",
                                                          "System Event",
                                                          "Critical Interrupt",
                                                          "Button",
                                                          "Module / Board",
                                                          "Microcontroller",
                                                          "Add-in Card",
                                                          "Chassis",
                                                          "Chip Set",
                                                          "Other FRU",
                                                          "Cable / Interconnect",
                                                          "Terminator",
                                                          "System Boot Initiated",
                                                          "Boot Error",
                                                          "OS Boot",
                                                          "OS Critical Stop",
                                                          "Slot / Connector",
                                                          "System ACPI Power State",
                                                          "Watchdog2",
                                                          "Platform Alert",
                                                          "Entity Presence",
                                                          "Monitor ASIC",
                                                          "LAN",
                                                          "Management Subsys Health",
                                                          "Battery",
                                                          "Session Audit",
                                                          "Version Change",
                                                          "FRU State"};

struct EventRow {
  std::uint8_t sensor_type;
  std::uint8_t offset;
  std::string_view name;
};

// Sensor-specific offsets (table 42-3), of the sensors that tell why a machine does not do what it should.
constexpr EventRow specific[] = {
    {0x05, 0x00, "General Chassis intrusion"},
    {0x07, 0x00, "IERR"},
    {0x07, 0x01, "Thermal Trip"},
    {0x07, 0x02, "FRB1/BIST failure"},
    {0x07, 0x03, "FRB2/Hang in POST failure"},
    {0x07, 0x05, "Configuration Error"},
    {0x07, 0x07, "Presence detected"},
    {0x07, 0x08, "Disabled"},
    {0x07, 0x0a, "Throttled"},
    {0x08, 0x00, "Presence detected"},
    {0x08, 0x01, "Failure detected"},
    {0x08, 0x02, "Predictive failure"},
    {0x08, 0x03, "Power Supply AC lost"},
    {0x09, 0x00, "Power off/down"},
    {0x09, 0x01, "Power cycle"},
    {0x09, 0x02, "240VA power down"},
    {0x09, 0x03, "Interlock power down"},
    {0x09, 0x04, "AC lost"},
    {0x09, 0x05, "Soft-power control failure"},
    {0x09, 0x06, "Failure detected"},
    {0x09, 0x07, "Predictive failure"},
    {0x0c, 0x00, "Correctable ECC"},
    {0x0c, 0x01, "Uncorrectable ECC"},
    {0x0c, 0x02, "Parity"},
    {0x0c, 0x03, "Memory Scrub Failed"},
    {0x0c, 0x04, "Memory Device Disabled"},
    {0x0c, 0x05, "Correctable ECC logging limit reached"},
    {0x0c, 0x06, "Presence Detected"},
    {0x0c, 0x07, "Configuration Error"},
    {0x0c, 0x08, "Spare"},
    {0x0c, 0x09, "Throttled"},
    {0x0c, 0x0a, "Critical Overtemperature"},
    {0x0d, 0x00, "Drive Present"},
    {0x0d, 0x01, "Drive Fault"},
    {0x0d, 0x02, "Predictive Failure"},
    {0x0f, 0x00, "Unspecified"},
    {0x10, 0x00, "Correctable memory error logging disabled"},
    {0x10, 0x02, "Log area reset/cleared"},
    {0x10, 0x04, "Log full"},
    {0x10, 0x05, "Log almost full"},
    {0x12, 0x00, "System Reconfigured"},
    {0x12, 0x01, "OEM System boot event"},
    {0x12, 0x05, "Timestamp Clock Sync"},
    {0x13, 0x00, "NMI/Diag Interrupt"},
    {0x13, 0x04, "PCI PERR"},
    {0x13, 0x05, "PCI SERR"},
    {0x13, 0x07, "Bus Correctable error"},
    {0x13, 0x08, "Bus Uncorrectable error"},
    {0x13, 0x0a, "Bus Fatal Error"},
    {0x14, 0x00, "Power Button pressed"},
    {0x14, 0x01, "Sleep Button pressed"},
    {0x14, 0x02, "Reset Button pressed"},
    {0x1d, 0x00, "Initiated by power up"},
    {0x1d, 0x01, "Initiated by hard reset"},
    {0x1d, 0x02, "Initiated by warm reset"},
    {0x1d, 0x03, "User requested PXE boot"},
    {0x1d, 0x04, "Automatic boot to diagnostic"},
    {0x1d, 0x07, "System Restart"},
    {0x1e, 0x00, "No bootable media"},
    {0x1e, 0x01, "Non-bootable disk in drive"},
    {0x1e, 0x02, "PXE server not found"},
    {0x1e, 0x03, "Invalid boot sector"},
    {0x1e, 0x04, "Timeout waiting for selection"},
    {0x1f, 0x00, "A: boot completed"},
    {0x1f, 0x01, "C: boot completed"},
    {0x1f, 0x02, "PXE boot completed"},
    {0x20, 0x00, "Error during system startup"},
    {0x20, 0x01, "Run-time critical stop"},
    {0x22, 0x00, "S0/G0: working"},
    {0x22, 0x05, "S5/G2: soft-off"},
    {0x22, 0x06, "S4/S5: soft-off"},
    {0x23, 0x00, "Timer expired"},
    {0x23, 0x01, "Hard reset"},
    {0x23, 0x02, "Power down"},
    {0x23, 0x03, "Power cycle"},
    {0x23, 0x08, "Timer interrupt"},
    {0x28, 0x04, "Management controller unavailable"},
    {0x29, 0x00, "Low"},
    {0x29, 0x01, "Failed"},
    {0x29, 0x02, "Presence Detected"},
    {0x2b, 0x00, "Hardware change detected"},
    {0x2b, 0x01, "Firmware or software change detected"},
};

constexpr std::array<std::string_view, 12> thresholds{
    "Lower Non-critical going low ", "Lower Non-critical going high",    "Lower Critical going low ",
    "Lower Critical going high",     "Lower Non-recoverable going low ", "Lower Non-recoverable going high",
    "Upper Non-critical going low ", "Upper Non-critical going high",    "Upper Critical going low ",
    "Upper Critical going high",     "Upper Non-recoverable going low ", "Upper Non-recoverable going high"};

struct GenericRow {
  std::uint8_t event_type;
  std::uint8_t offset;
  std::string_view name;
};
constexpr GenericRow generic[] = {{0x03, 0, "State Deasserted"},
                                  {0x03, 1, "State Asserted"},
                                  {0x04, 0, "Predictive Failure Deasserted"},
                                  {0x04, 1, "Predictive Failure Asserted"},
                                  {0x05, 0, "Limit Not Exceeded"},
                                  {0x05, 1, "Limit Exceeded"},
                                  {0x07, 0, "Transition to OK"},
                                  {0x07, 1, "Transition to Non-critical from OK"},
                                  {0x07, 2, "Transition to Critical from less severe"},
                                  {0x07, 3, "Transition to Non-recoverable from less severe"},
                                  {0x08, 0, "Device Absent"},
                                  {0x08, 1, "Device Present"},
                                  {0x09, 0, "Device Disabled"},
                                  {0x09, 1, "Device Enabled"},
                                  {0x0b, 0, "Fully Redundant"},
                                  {0x0b, 1, "Redundancy Lost"},
                                  {0x0b, 2, "Redundancy Degraded"}};

constexpr std::array<std::string_view, 12> causes{"unknown",
                                                  "chassis power control command",
                                                  "reset via pushbutton",
                                                  "power-up via pushbutton",
                                                  "watchdog expired",
                                                  "OEM",
                                                  "power-up due to always-restore power policy",
                                                  "power-up due to restore-previous power policy",
                                                  "reset via PEF",
                                                  "power-cycle via PEF",
                                                  "soft reset",
                                                  "power-up via RTC wakeup"};

std::optional<core::UtcTime> time_of(std::uint32_t seconds) {
  if (seconds < first_real_time || seconds == 0xffffffff) return std::nullopt;
  return core::UtcTime(std::chrono::seconds(seconds));
}

}  // namespace

Command get_sel_info() {
  return {NetFn::storage, 0x40, {}};
}

Parsed<SelInfo> parse_sel_info(core::ByteView data) {
  core::ByteReader in(data);
  (void)in.skip(1);  // version
  const auto entries = in.u16le();
  const auto free_bytes = in.u16le();
  (void)in.skip(8);  // times of the last addition and erasure
  const auto support = in.u8();
  if (!entries || !free_bytes || !support) return std::unexpected(IpmiError::bad_reply);
  return SelInfo{*entries, *free_bytes, (*support & 0x80) != 0};
}

Command reserve_sel() {
  return {NetFn::storage, 0x42, {}};
}

Parsed<std::uint16_t> parse_reservation(core::ByteView data) {
  core::ByteReader in(data);
  const auto reservation = in.u16le();
  if (!reservation) return std::unexpected(IpmiError::bad_reply);
  return *reservation;
}

Command get_sel_entry(std::uint16_t id) {
  core::ByteWriter out(6);
  out.u16le(0);  // a whole record needs no reservation
  out.u16le(id);
  out.u8(0);
  out.u8(0xff);
  return {NetFn::storage, 0x43, std::move(out).finish()};
}

Parsed<SelReply> parse_sel_entry(core::ByteView data) {
  core::ByteReader in(data);
  const auto next = in.u16le();
  const auto record = in.take(record_size);
  if (!next || !record) return std::unexpected(IpmiError::bad_reply);
  core::ByteReader fields(*record);
  SelReply out{*next, {}, core::Bytes(record->begin(), record->end())};
  out.entry.id = fields.u16le().value_or(0);
  const std::uint8_t type = fields.u8().value_or(0);
  if (type >= oem_plain) {
    out.entry.sensor = fmt::format("OEM record {:02x}", type);
    out.entry.event = core::hex(record->subspan(3));
    return out;
  }
  out.entry.at = time_of(fields.u32le().value_or(0));
  if (type >= oem_timestamped) {
    out.entry.sensor = fmt::format("OEM record {:02x}", type);
    out.entry.event = core::hex(record->subspan(7));
    return out;
  }
  (void)fields.skip(3);  // generator, event message format
  const std::uint8_t sensor_type = fields.u8().value_or(0);
  const std::uint8_t number = fields.u8().value_or(0);
  const std::uint8_t event = fields.u8().value_or(0);
  const std::uint8_t offset = fields.u8().value_or(0) & 0x0f;
  out.entry.asserted = (event & 0x80) == 0;
  out.entry.sensor = fmt::format("{} #{:#04x}", sensor_type_name(sensor_type), number);
  const auto name = event_name(event & 0x7f, sensor_type, offset);
  out.entry.event = !name.empty()          ? std::string(name)
                    : type != system_event ? fmt::format("record {:02x}", type)
                                           : fmt::format("event {:02x} offset {:x}", event & 0x7f, offset);
  return out;
}

Command clear_sel(std::uint16_t reservation, SelErase what) {
  core::ByteWriter out(6);
  out.u16le(reservation);
  out.text("CLR");
  out.u8(static_cast<std::uint8_t>(what));
  return {NetFn::storage, 0x47, std::move(out).finish()};
}

Parsed<bool> parse_clear_sel(core::ByteView data) {
  core::ByteReader in(data);
  const auto progress = in.u8();
  if (!progress) return std::unexpected(IpmiError::bad_reply);
  return (*progress & 0x0f) == 1;
}

std::string_view sensor_type_name(std::uint8_t type) {
  if (type >= 0xc0) return "OEM";
  if (type >= sensor_types.size()) return "Unknown";
  return sensor_types.at(type);
}

std::string_view event_name(std::uint8_t event_type, std::uint8_t sensor_type, std::uint8_t offset) {
  if (event_type == threshold) return offset < thresholds.size() ? thresholds.at(offset) : std::string_view{};
  if (event_type == sensor_specific) {
    for (const auto& row : specific) {
      if (row.sensor_type == sensor_type && row.offset == offset) return row.name;
    }
    return {};
  }
  for (const auto& row : generic) {
    if (row.event_type == event_type && row.offset == offset) return row.name;
  }
  return {};
}

Command get_restart_cause() {
  return {NetFn::chassis, 0x07, {}};
}

Parsed<std::string> parse_restart_cause(core::ByteView data) {
  core::ByteReader in(data);
  const auto cause = in.u8();
  if (!cause) return std::unexpected(IpmiError::bad_reply);
  const unsigned number = *cause & 0x0fU;
  return std::string(number < causes.size() ? causes.at(number) : causes.front());
}

}  // namespace colony::drivers::ipmi
