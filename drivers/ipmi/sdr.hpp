#pragma once
// Sensors (IPMI 2.0 chapters 33, 35, 36, 43): the repository's records, readings and thresholds, and how raw
// bytes become degrees and volts.

#include <array>

#include "drivers/bmc_record_values.hpp"
#include "drivers/ipmi/commands.hpp"

namespace colony::drivers::ipmi {

inline constexpr std::uint16_t first_sdr = 0x0000;
inline constexpr std::uint16_t no_sdr = 0xffff;
inline constexpr std::size_t sdr_header = 5;  // id, version, type, length of the rest

// Sections 33.11, 33.12.
[[nodiscard]] Command reserve_sdr();
[[nodiscard]] Command get_sdr(std::uint16_t reservation, std::uint16_t id, std::uint8_t offset,
                              std::uint8_t count);
struct SdrPart {
  std::uint16_t next = no_sdr;
  core::ByteView bytes;
};
/// At most `count` bytes, and not none.
[[nodiscard]] Parsed<SdrPart> parse_get_sdr(core::ByteView data, std::uint8_t count);
/// Size of a whole record whose header this is.
[[nodiscard]] Parsed<std::size_t> sdr_size(core::ByteView header);

/// Section 36.3: y = L[(M x + B 10^K1) 10^K2].
struct Conversion {
  enum class Format : std::uint8_t { unsigned_raw = 0, ones_complement = 1, twos_complement = 2, none = 3 };
  Format format = Format::none;
  std::uint8_t linearization = 0;
  std::int16_t m = 1, b = 0;        // ten bits, signed
  std::int8_t b_exponent = 0;       // K1
  std::int8_t result_exponent = 0;  // K2
  /// nullopt: the sensor gives no number, or by a formula that only its maker knows.
  [[nodiscard]] std::optional<double> apply(std::uint8_t raw) const;
};

/// A full or compact sensor record (sections 43.1, 43.2).
struct SensorRecord {
  std::uint16_t id = 0;
  std::uint8_t owner = 0, lun = 0, number = 0;
  std::uint8_t type = 0, event_type = 0;
  std::string unit;
  std::string name;
  std::optional<Conversion> conversion;  // of a full record
  [[nodiscard]] bool is_threshold() const { return event_type == 0x01; }
};
/// nullopt: a well-formed record of something that is no sensor.
[[nodiscard]] Parsed<std::optional<SensorRecord>> decode_sensor_record(core::ByteView record);

// Sections 35.14, 35.9.
[[nodiscard]] Command get_sensor_reading(const SensorRecord& sensor);
struct RawReading {
  std::uint8_t raw = 0;
  bool available = false;  // scanned, and not "unavailable"
  std::uint8_t states = 0;
};
[[nodiscard]] Parsed<RawReading> parse_sensor_reading(core::ByteView data);
[[nodiscard]] Command get_sensor_thresholds(const SensorRecord& sensor);
[[nodiscard]] Parsed<SensorThresholds> parse_sensor_thresholds(core::ByteView data,
                                                               const Conversion& conversion);

/// "ok", "nc", "cr", "nr".
[[nodiscard]] std::string_view threshold_state(std::uint8_t states);
/// Table 43-15, in ipmitool's words.
[[nodiscard]] std::string_view unit_name(std::uint8_t unit);

}  // namespace colony::drivers::ipmi
