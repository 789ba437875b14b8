#include "hw-sim/bmc/bmc_sensors.hpp"

#include <algorithm>
#include <string_view>

namespace colony::hw_sim {

namespace {

constexpr std::uint8_t lnc = 1, lcr = 2, unc = 8, ucr = 16;

struct Sensor {
  std::uint8_t number;
  std::uint8_t entity;
  std::uint8_t type;
  std::uint8_t event_type;  // 01h thresholds, 6Fh sensor-specific
  std::uint8_t format;      // 0 unsigned, 2 two's complement
  std::uint8_t unit;
  std::uint8_t m;          // y = (M x + B 10^K1) 10^K2
  std::int8_t b;           //
  std::uint8_t exponents;  // K2 in the upper, K1 in the lower half
  std::string_view name;
  std::uint8_t reading_on;
  std::optional<std::uint8_t> reading_off;
  std::array<std::uint8_t, 7> thresholds;
};

constexpr std::array sensors{
    Sensor{1, 3, 0x01, 0x01, 0, 1, 1, 0, 0x00, "CPU Temp", 41, std::nullopt, {unc | ucr, 0, 0, 0, 85, 95, 0}},
    Sensor{2,
           7,
           0x01,
           0x01,
           2,
           1,
           1,
           0,
           0x00,
           "System Temp",
           27,
           22,
           {lnc | lcr | unc | ucr, 0xfb, 0xf6, 0, 80, 85, 0}},
    Sensor{3, 7, 0x02, 0x01, 0, 4, 62, 14, 0xd1, "12V", 193, 0, {lcr | ucr, 0, 170, 0, 0, 214, 0}},
    Sensor{4, 29, 0x04, 0x01, 0, 18, 100, 0, 0x00, "FAN1", 52, std::nullopt, {lnc | lcr, 6, 3, 0, 0, 0, 0}},
    Sensor{5, 10, 0x08, 0x6f, 0, 0, 0, 0, 0x00, "PS1 Status", 0, 0, {}},
};

core::Bytes record_of(const Sensor& sensor) {
  core::ByteWriter out(64);
  out.u16le(sensor.number);  // record id
  out.u8(0x51);              // SDR version 1.5
  out.u8(0x01);              // full sensor record
  out.u8(static_cast<std::uint8_t>(43 + sensor.name.size()));
  out.u8(0x20);  // owner: the BMC
  out.u8(0x00);
  out.u8(sensor.number);
  out.u8(sensor.entity);
  out.u8(0x01);                                     // entity instance
  out.u8(0x7f);                                     // initialised, events and scanning on
  out.u8(sensor.event_type == 0x01 ? 0x44 : 0x40);  // auto re-arm; thresholds readable
  out.u8(sensor.type);
  out.u8(sensor.event_type);
  out.fill(4, 0);  // events
  out.u8(sensor.thresholds[0]);
  out.u8(0);  // none settable
  out.u8(static_cast<std::uint8_t>(sensor.format << 6));
  out.u8(sensor.unit);
  out.u8(0x00);
  out.u8(0x00);  // linear
  out.u8(sensor.m);
  out.u8(0x00);  // M's upper bits, tolerance
  out.u8(static_cast<std::uint8_t>(sensor.b));
  out.u8(sensor.b < 0 ? 0xc0 : 0x00);
  out.u8(0x00);  // accuracy
  out.u8(sensor.exponents);
  out.fill(17, 0);  // no nominal values, limits or hysteresis
  out.u8(static_cast<std::uint8_t>(0xc0 | sensor.name.size()));
  out.text(sensor.name);
  return std::move(out).finish();
}

/// Those that a machine has many of are all like the CPU's.
const Sensor* find(std::uint8_t number) {
  if (number > sensors.size()) return &sensors.front();
  const auto* const found = std::ranges::find(sensors, number, &Sensor::number);
  return found == sensors.end() ? nullptr : found;
}

}  // namespace

std::vector<core::Bytes> sensor_records(std::uint8_t more) {
  std::vector<core::Bytes> records;
  records.reserve(std::size(sensors) + more);
  for (const auto& sensor : sensors) records.push_back(record_of(sensor));
  for (unsigned i = 0; i < more; ++i) {
    Sensor sensor = sensors.front();
    sensor.number = static_cast<std::uint8_t>(sensors.size() + 1 + i);
    sensor.name = "DIMM Temp";
    records.push_back(record_of(sensor));
  }
  return records;
}

std::optional<SimReading> sensor_reading(std::uint8_t number, core::PowerState power,
                                         std::optional<std::uint8_t> raw_when_on) {
  const Sensor* const sensor = find(number);
  if (sensor == nullptr) return std::nullopt;
  const bool on = power == core::PowerState::on;
  if (!on && !sensor->reading_off) return SimReading{.available = false};
  SimReading out;
  out.raw = on ? raw_when_on.value_or(sensor->reading_on) : sensor->reading_off.value_or(0);
  if (sensor->event_type != 0x01) {
    out.states = 0x01;  // present
    out.discrete = true;
    return out;
  }
  const auto& limits = sensor->thresholds;
  const auto crosses = [&](std::uint8_t which, std::size_t at, bool below) {
    if ((limits[0] & which) == 0 || sensor->format != 0) return;
    if (below ? out.raw <= limits.at(at) : out.raw >= limits.at(at)) out.states |= which;
  };
  crosses(lnc, 1, true);
  crosses(lcr, 2, true);
  crosses(unc, 4, false);
  crosses(ucr, 5, false);
  return out;
}

std::optional<std::array<std::uint8_t, 7>> sensor_thresholds(std::uint8_t number) {
  const Sensor* const sensor = find(number);
  if (sensor == nullptr) return std::nullopt;
  return sensor->thresholds;
}

}  // namespace colony::hw_sim
