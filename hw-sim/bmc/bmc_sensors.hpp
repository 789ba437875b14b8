#pragma once
// The sensors of a simulated machine (IPMI 2.0 section 43): conversions with offset, exponents and two's
// complement, thresholds, a discrete one, one that is not read while the machine is off.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/evidence/evidence.hpp"

namespace colony::hw_sim {

/// The usual ones, and `more` that are like the CPU's temperature.
[[nodiscard]] std::vector<core::Bytes> sensor_records(std::uint8_t more = 0);

struct SimReading {
  std::uint8_t raw = 0;
  bool available = true;
  std::uint8_t states = 0;  // thresholds that are crossed, or what a discrete one asserts
  bool discrete = false;
};
/// nullopt when there is no such sensor.
[[nodiscard]] std::optional<SimReading> sensor_reading(std::uint8_t number, core::PowerState power,
                                                       std::optional<std::uint8_t> raw_when_on = {});

/// What Get Sensor Thresholds says: which are readable, then LNC, LCR, LNR, UNC, UCR, UNR.
[[nodiscard]] std::optional<std::array<std::uint8_t, 7>> sensor_thresholds(std::uint8_t number);

}  // namespace colony::hw_sim
