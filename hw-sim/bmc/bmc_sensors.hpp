#pragma once
// A few sensors, enough that tools that list sensors succeed (IPMI 2.0 section 43.1, full sensor records).

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/evidence/evidence.hpp"

namespace colony::hw_sim {

[[nodiscard]] std::vector<core::Bytes> sensor_records();
/// The raw reading of a sensor by number; nullopt when there is none.
[[nodiscard]] std::optional<std::uint8_t> sensor_reading(std::uint8_t number, core::PowerState power);

}  // namespace colony::hw_sim
