#include "drivers/ipmi/sdr.hpp"

#include <cmath>

#include <fmt/format.h>

#include "drivers/ipmi/fru.hpp"
#include "drivers/ipmi/sel.hpp"

namespace colony::drivers::ipmi {

namespace {

constexpr std::uint8_t full_record = 0x01, compact_record = 0x02;
constexpr std::size_t max_record = 255 + sdr_header;

constexpr std::array<std::string_view, 33> units{
    "unspecified", "degrees C", "degrees F", "degrees K", "Volts", "Amps", "Watts",
    "Joules",      "Coulombs",  "VA",        "Nits",      "lumen", "lux",  "Candela",
    "kPa",         "PSI",       "Newton",    "CFM",       "RPM",   "Hz",   "microsecond",
    "millisecond", "second",    "minute",    "hour",      "day",   "week", "mil",
    "inches",      "feet",      "cu in",     "cu feet",   "mm"};

/// A signed number in the lowest `bits` of `value`.
int signed_bits(unsigned value, unsigned bits) {
  const unsigned sign = 1U << (bits - 1);
  return static_cast<int>(value ^ sign) - static_cast<int>(sign);
}

std::string unit_of(std::uint8_t flags, std::uint8_t base, std::uint8_t modifier) {
  std::string unit = (flags & 0x01) != 0 ? "% " : "";
  unit += unit_name(base);
  const unsigned how = flags >> 1U & 3U;
  if (how == 1) unit += fmt::format("/{}", unit_name(modifier));
  if (how == 2) unit += fmt::format("*{}", unit_name(modifier));
  // A percentage of nothing in particular.
  if ((flags & 0x01) != 0 && base == 0) unit = "percent";
  return unit;
}

Conversion take_conversion(core::ByteReader& in, std::uint8_t unit_flags, std::uint8_t linearization) {
  Conversion out;
  const unsigned m = in.u8().value_or(0);
  const unsigned m_high = in.u8().value_or(0);
  const unsigned b = in.u8().value_or(0);
  const unsigned b_high = in.u8().value_or(0);
  (void)in.skip(1);  // accuracy, direction
  const unsigned exponents = in.u8().value_or(0);
  out.format = static_cast<Conversion::Format>(unit_flags >> 6);
  out.linearization = linearization & 0x7f;
  out.m = static_cast<std::int16_t>(signed_bits(m | (m_high & 0xc0U) << 2, 10));
  out.b = static_cast<std::int16_t>(signed_bits(b | (b_high & 0xc0U) << 2, 10));
  out.result_exponent = static_cast<std::int8_t>(signed_bits(exponents >> 4, 4));
  out.b_exponent = static_cast<std::int8_t>(signed_bits(exponents & 0x0fU, 4));
  return out;
}

}  // namespace

Command reserve_sdr() {
  return {NetFn::storage, 0x22, {}};
}

Command get_sdr(std::uint16_t reservation, std::uint16_t id, std::uint8_t offset, std::uint8_t count) {
  core::ByteWriter out(6);
  out.u16le(reservation);
  out.u16le(id);
  out.u8(offset);
  out.u8(count);
  return {NetFn::storage, 0x23, std::move(out).finish()};
}

Parsed<SdrPart> parse_get_sdr(core::ByteView data, std::uint8_t count) {
  core::ByteReader in(data);
  const auto next = in.u16le();
  if (!next || in.remaining() == 0 || in.remaining() > count) return std::unexpected(IpmiError::bad_reply);
  return SdrPart{*next, in.rest()};
}

Parsed<std::size_t> sdr_size(core::ByteView header) {
  if (header.size() < sdr_header) return std::unexpected(IpmiError::bad_reply);
  return sdr_header + header[4];
}

std::optional<double> Conversion::apply(std::uint8_t raw) const {
  double x = raw;
  switch (format) {
    case Format::unsigned_raw: break;
    case Format::ones_complement: x = (raw & 0x80) != 0 ? -static_cast<double>(raw ^ 0xffU) : raw; break;
    case Format::twos_complement: x = static_cast<std::int8_t>(raw); break;
    case Format::none: return std::nullopt;
  }
  const double y = (m * x + b * std::pow(10.0, b_exponent)) * std::pow(10.0, result_exponent);
  switch (linearization) {
    case 0: return y;
    case 1: return std::log(y);
    case 2: return std::log10(y);
    case 3: return std::log2(y);
    case 4: return std::exp(y);
    case 5: return std::pow(10.0, y);
    case 6: return std::exp2(y);
    case 7: return y == 0 ? 0 : 1 / y;
    case 8: return y * y;
    case 9: return y * y * y;
    case 10: return std::sqrt(y);
    case 11: return std::cbrt(y);
    default: return std::nullopt;
  }
}

Parsed<std::optional<SensorRecord>> decode_sensor_record(core::ByteView record) {
  if (record.size() > max_record) return std::unexpected(IpmiError::trailing_bytes);
  core::ByteReader in(record);
  SensorRecord out;
  out.id = in.u16le().value_or(0);
  (void)in.skip(1);  // SDR version
  const std::uint8_t type = in.u8().value_or(0);
  const std::size_t length = in.u8().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  if (in.remaining() < length) return std::unexpected(IpmiError::truncated);
  if (in.remaining() > length) return std::unexpected(IpmiError::trailing_bytes);
  if (type != full_record && type != compact_record) return std::optional<SensorRecord>{};
  out.owner = in.u8().value_or(0);
  out.lun = in.u8().value_or(0) & 0x03;
  out.number = in.u8().value_or(0);
  (void)in.skip(4);  // entity, instance, initialisation, capabilities
  out.type = in.u8().value_or(0);
  out.event_type = in.u8().value_or(0) & 0x7f;
  (void)in.skip(6);  // masks
  const std::uint8_t unit_flags = in.u8().value_or(0);
  const std::uint8_t base = in.u8().value_or(0);
  const std::uint8_t modifier = in.u8().value_or(0);
  if (type == full_record) {
    const std::uint8_t linearization = in.u8().value_or(0);
    out.conversion = take_conversion(in, unit_flags, linearization);
    // Only threshold sensors measure something: others have states.
    if (out.is_threshold()) out.unit = unit_of(unit_flags, base, modifier);
    (void)in.skip(17);  // nominal values, limits, thresholds, hysteresis, OEM
  } else {
    (void)in.skip(8);  // sharing, hysteresis, OEM
  }
  const std::uint8_t type_length = in.u8().value_or(0);
  if (!in.ok()) return std::unexpected(IpmiError::truncated);
  const std::size_t name_length = type_length & 0x1fU;
  const auto name = in.take(name_length);
  if (!name) return std::unexpected(IpmiError::truncated);
  out.name = fru_text(type_length >> 6, *name);
  return std::optional(std::move(out));
}

Command get_sensor_reading(const SensorRecord& sensor) {
  return {NetFn::sensor, 0x2d, {sensor.number}};
}

Parsed<RawReading> parse_sensor_reading(core::ByteView data) {
  core::ByteReader in(data);
  const auto raw = in.u8();
  const auto flags = in.u8();
  if (!raw || !flags) return std::unexpected(IpmiError::bad_reply);
  RawReading out{*raw, (*flags & 0x40) != 0 && (*flags & 0x20) == 0, 0};
  if (in.remaining() > 0) out.states = in.u8().value_or(0);  // some leave it out when nothing is asserted
  return out;
}

Command get_sensor_thresholds(const SensorRecord& sensor) {
  return {NetFn::sensor, 0x27, {sensor.number}};
}

Parsed<SensorThresholds> parse_sensor_thresholds(core::ByteView data, const Conversion& conversion) {
  core::ByteReader in(data);
  const auto readable = in.u8();
  const auto raw = in.take(6);
  if (!readable || !raw) return std::unexpected(IpmiError::bad_reply);
  const auto value = [&](unsigned bit) -> std::optional<double> {
    if ((*readable >> bit & 1U) == 0) return std::nullopt;
    return conversion.apply((*raw)[bit]);
  };
  SensorThresholds out;
  out.lower_non_critical = value(0);
  out.lower_critical = value(1);
  out.lower_non_recoverable = value(2);
  out.upper_non_critical = value(3);
  out.upper_critical = value(4);
  out.upper_non_recoverable = value(5);
  return out;
}

std::string_view threshold_state(std::uint8_t states) {
  if ((states & 0x24) != 0) return "nr";
  if ((states & 0x12) != 0) return "cr";
  if ((states & 0x09) != 0) return "nc";
  return "ok";
}

std::string_view unit_name(std::uint8_t unit) {
  return unit < units.size() ? units.at(unit) : std::string_view("unspecified");
}

}  // namespace colony::drivers::ipmi
