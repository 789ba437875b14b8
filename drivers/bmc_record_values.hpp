#pragma once
// What a BMC writes down and measures, as values: codecs and simulators use them without coroutines.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"

namespace colony::drivers {

/// One line of the System Event Log.
struct SelEntry {
  std::uint16_t id = 0;
  std::optional<core::UtcTime> at;  // by the BMC's clock; nullopt: counted from its start, or not at all
  std::string sensor;               // "Power Unit #0x01"
  std::string event;                // "Power off/down"
  bool asserted = true;
};

struct SelLog {
  std::size_t free_bytes = 0;
  bool overflow = false;  // events were lost because it was full
  std::vector<SelEntry> entries;
};

/// Where a log stood when it was last looked at: its newest record, byte for byte. The BMC's clock plays no
/// part.
struct SelMark {
  std::uint16_t id = 0;
  core::Bytes record;  // empty: the log was
};

/// What was written since.
struct SelNews {
  static constexpr std::size_t max_entries = 64;
  std::vector<SelEntry> entries;  // the newest of them, oldest first
  bool cut = false;               // there were, or are, more
  bool behind = false;            // time was over first: `mark` is where to go on from, not the newest
  bool restarted = false;         // the marked record is gone: cleared, or pushed out
  bool overflow = false;          // events were lost because it was full
  SelMark mark;                   // for the next look
};

/// Absent where the sensor has none, or does not tell.
struct SensorThresholds {
  std::optional<double> lower_non_recoverable, lower_critical, lower_non_critical;
  std::optional<double> upper_non_critical, upper_critical, upper_non_recoverable;
};

struct SensorReading {
  std::uint8_t number = 0;
  std::string name;
  std::string type;             // "Temperature"
  std::string unit;             // "degrees C"; empty for discrete sensors
  std::optional<double> value;  // nullopt: not read now, or a discrete sensor
  std::string state;            // "ok", "nc", "cr", "nr" as ipmitool says; "ns": no reading
  SensorThresholds thresholds;
};

/// Thresholds cost a command for each sensor; whether one is crossed is part of the reading.
enum class SensorDetail : std::uint8_t { states, thresholds };

struct SensorReadings {
  std::vector<SensorReading> sensors;
  bool cut = false;  // time was over first
};

struct LanConfig {
  core::Ipv4Address address;
  std::string source;  // "static", "dhcp", "bios", "other"
  core::Ipv4Address mask;
  core::MacAddress mac;
  std::optional<core::Ipv4Address> gateway;
  std::optional<std::uint16_t> vlan;
};

/// The FRU's fields in their order: "Board Mfg", "Product Serial", ... as ipmitool names them; empty ones
/// left out.
using FruFields = std::vector<std::pair<std::string, std::string>>;

}  // namespace colony::drivers
