#include "hw-sim/bmc/bmc_sensors.hpp"

#include <array>
#include <string_view>

namespace colony::hw_sim {

namespace {

struct Sensor {
  std::uint8_t number;
  std::uint8_t entity;
  std::uint8_t type;
  std::uint8_t unit;
  std::uint8_t multiplier;  // M of y = Mx * 10^exponent
  std::uint8_t exponent;    // R exponent, four bits, two's complement
  std::string_view name;
  std::uint8_t reading_on;
  std::uint8_t reading_off;
};

constexpr std::array sensors{
    Sensor{1, 3, 0x01, 1, 1, 0, "CPU Temp", 41, 0},
    Sensor{2, 7, 0x01, 1, 1, 0, "System Temp", 27, 22},
    Sensor{3, 7, 0x02, 4, 6, 0xe, "12V", 200, 0},
    Sensor{4, 29, 0x04, 18, 100, 0, "FAN1", 52, 0},
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
  out.u8(0x01);  // entity instance
  out.u8(0x7f);  // initialised, events and scanning on
  out.u8(0x40);  // auto re-arm, no thresholds
  out.u8(sensor.type);
  out.u8(0x01);    // threshold sensor
  out.fill(6, 0);  // no events, no readable thresholds
  out.u8(0x00);    // unsigned reading
  out.u8(sensor.unit);
  out.u8(0x00);
  out.u8(0x00);  // linear
  out.u8(sensor.multiplier);
  out.fill(4, 0);  // tolerance, B, accuracy
  out.u8(static_cast<std::uint8_t>(sensor.exponent << 4));
  out.fill(17, 0);  // no nominal values, thresholds or hysteresis
  out.u8(static_cast<std::uint8_t>(0xc0 | sensor.name.size()));
  out.text(sensor.name);
  return std::move(out).finish();
}

}  // namespace

std::vector<core::Bytes> sensor_records() {
  std::vector<core::Bytes> records;
  records.reserve(std::size(sensors));
  for (const auto& sensor : sensors) records.push_back(record_of(sensor));
  return records;
}

std::optional<std::uint8_t> sensor_reading(std::uint8_t number, core::PowerState power) {
  for (const auto& sensor : sensors) {
    if (sensor.number != number) continue;
    return power == core::PowerState::on ? sensor.reading_on : sensor.reading_off;
  }
  return std::nullopt;
}

}  // namespace colony::hw_sim
