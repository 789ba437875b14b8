// Sensor records, conversions, events and the BMC's network by golden bytes; every prefix fails cleanly.

#include <gtest/gtest.h>

#include "drivers/ipmi/lan.hpp"
#include "drivers/ipmi/sdr.hpp"
#include "drivers/ipmi/sel.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;

namespace {

core::Bytes bytes(std::string_view hex) {
  return *core::parse_hex(hex);
}

// "12V": full record, y = (62 x + 14 * 10^1) 10^-3, volts.
constexpr std::string_view voltage =
    "0300510131"  // header: record 3, 49 bytes follow
    "200003"      // the BMC's sensor 3
    "0701"        // entity
    "7f4402"      // initialisation, capabilities, voltage
    "01"          // threshold
    "000000001200"
    "000400"  // unsigned, volts
    "00"      // linear
    "3e000e000000"
    "0000000000000000000000000000000000";

core::Bytes voltage_record() {
  auto record = bytes(voltage);
  record[29] = 0xd1;  // K2 = -3, K1 = 1
  const auto name = bytes("c3313256");
  record.resize(47);
  record.insert(record.end(), name.begin(), name.end());
  record[4] = static_cast<core::Byte>(record.size() - 5);
  return record;
}

}  // namespace

TEST(SensorRecords, AFullRecordGivesNameUnitAndConversion) {
  const auto sensor = decode_sensor_record(voltage_record());
  ASSERT_TRUE(sensor && *sensor);
  EXPECT_EQ((*sensor)->name, "12V");
  EXPECT_EQ((*sensor)->unit, "Volts");
  EXPECT_EQ((*sensor)->number, 3);
  EXPECT_TRUE((*sensor)->is_threshold());
  ASSERT_TRUE((*sensor)->conversion);
  EXPECT_NEAR(*(*sensor)->conversion->apply(193), 12.106, 1e-9);
}

TEST(SensorRecords, EveryPrefixFailsAndTrailingBytesToo) {
  auto record = voltage_record();
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(decode_sensor_record(core::ByteView(record).first(size))) << size;
  }
  record.push_back(0);
  EXPECT_EQ(decode_sensor_record(record).error(), IpmiError::trailing_bytes);
}

TEST(SensorRecords, OtherRecordsAreNoSensors) {
  const auto locator = bytes("01005111020000");
  const auto sensor = decode_sensor_record(locator);
  ASSERT_TRUE(sensor);
  EXPECT_FALSE(*sensor);
}

TEST(SensorConversion, SignedFormatsSlopesAndFormulas) {
  using Format = Conversion::Format;
  EXPECT_EQ((Conversion{.format = Format::twos_complement}.apply(0xfb)), -5.0);
  EXPECT_EQ((Conversion{.format = Format::ones_complement}.apply(0xfa)), -5.0);
  EXPECT_EQ((Conversion{.format = Format::none}.apply(1)), std::nullopt);
  EXPECT_EQ((Conversion{.format = Format::unsigned_raw, .m = -2, .b = 5, .b_exponent = 1}.apply(10)), 30.0);
  EXPECT_EQ((Conversion{.format = Format::unsigned_raw, .linearization = 8, .m = 3}.apply(2)), 36.0);
  EXPECT_EQ((Conversion{.format = Format::unsigned_raw, .linearization = 7, .m = 2}.apply(2)), 0.25);
  EXPECT_EQ((Conversion{.format = Format::unsigned_raw, .linearization = 7, .m = 2}.apply(0)), 0.0);
  EXPECT_EQ((Conversion{.format = Format::unsigned_raw, .linearization = 0x70}.apply(2)), std::nullopt);
}

TEST(SensorReadings, SayWhenTheyAreNone) {
  EXPECT_TRUE(parse_sensor_reading(bytes("29c0c0"))->available);
  EXPECT_FALSE(parse_sensor_reading(bytes("00e0c0"))->available);  // bit 5: unavailable
  EXPECT_FALSE(parse_sensor_reading(bytes("0080c0"))->available);  // bit 6 clear: not scanned
  EXPECT_TRUE(parse_sensor_reading(bytes("29c0")));                // no states: nothing crossed
  EXPECT_FALSE(parse_sensor_reading(bytes("29")));
  EXPECT_EQ(threshold_state(0x00), "ok");
  EXPECT_EQ(threshold_state(0xc8), "nc");
  EXPECT_EQ(threshold_state(0xd8), "cr");
  EXPECT_EQ(threshold_state(0xf8), "nr");
}

TEST(SensorReadings, ThresholdsOnlyWhereTheyAreReadable) {
  const Conversion degrees{.format = Conversion::Format::unsigned_raw};
  const auto thresholds = parse_sensor_thresholds(bytes("1a010203555f61"), degrees);
  ASSERT_TRUE(thresholds);
  EXPECT_EQ(thresholds->lower_non_critical, std::nullopt);
  EXPECT_EQ(thresholds->lower_critical, 2.0);
  EXPECT_EQ(thresholds->upper_non_critical, 85.0);
  EXPECT_EQ(thresholds->upper_critical, 95.0);
  EXPECT_EQ(thresholds->upper_non_recoverable, std::nullopt);
  EXPECT_FALSE(parse_sensor_thresholds(bytes("1a0102030455"), degrees));
}

TEST(SdrWire, PartsAreNeitherEmptyNorLongerThanAsked) {
  EXPECT_EQ(get_sdr(0x1234, 3, 5, 16).data, bytes("341203000510"));
  EXPECT_EQ(parse_get_sdr(bytes("0400aabb"), 2)->next, 4);
  EXPECT_FALSE(parse_get_sdr(bytes("0400"), 2));
  EXPECT_FALSE(parse_get_sdr(bytes("0400aabbcc"), 2));
  EXPECT_EQ(sdr_size(bytes("0300510131")), 54U);
  EXPECT_FALSE(sdr_size(bytes("03005101")));
}

TEST(SelWire, AnEventWithItsTimeSensorAndWords) {
  const auto reply = parse_sel_entry(bytes("020001000200b0c7652000040c016fa10203"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->next, 2);
  EXPECT_EQ(reply->entry.id, 1);
  EXPECT_EQ(core::format_utc(*reply->entry.at), "2024-02-10T17:18:56.000Z");
  EXPECT_EQ(reply->entry.sensor, "Memory #0x01");
  EXPECT_EQ(reply->entry.event, "Uncorrectable ECC");
  EXPECT_TRUE(reply->entry.asserted);
}

TEST(SelWire, EveryPrefixOfAnEntryFails) {
  const auto whole = bytes(
      "020001000200b0c765200004"
      "0c016fa10203");
  ASSERT_EQ(whole.size(), 18U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_sel_entry(core::ByteView(whole).first(size))) << size;
  }
}

TEST(SelWire, TimesBeforeTheClockWasSetAreNone) {
  EXPECT_FALSE(parse_sel_entry(bytes("ffff010002100000002000040c016fa10203"))->entry.at);
  EXPECT_FALSE(parse_sel_entry(bytes("ffff010002ffffffff2000040c016fa10203"))->entry.at);
}

TEST(SelWire, OemRecordsAndDeassertions) {
  EXPECT_EQ(parse_sel_entry(bytes("ffff0100e0000102030405060708090a0b0c"))->entry.sensor, "OEM record e0");
  EXPECT_FALSE(parse_sel_entry(bytes("ffff01000200b0c765200004010281590203"))->entry.asserted);
}

TEST(SelWire, InfoAndErasure) {
  const auto info =
      parse_sel_info(bytes("51030000100000000000000000"
                           "82"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->entries, 3);
  EXPECT_EQ(info->free_bytes, 0x1000);
  EXPECT_TRUE(info->overflow);
  EXPECT_FALSE(parse_sel_info(bytes("51030000100000000000000000")));
  EXPECT_EQ(clear_sel(0x0102, SelErase::begin).data, bytes("0201434c52aa"));
  EXPECT_EQ(parse_clear_sel(bytes("01")), true);
  EXPECT_EQ(parse_clear_sel(bytes("00")), false);
  EXPECT_FALSE(parse_clear_sel({}));
}

TEST(LanWire, AddressesSourceAndVlan) {
  EXPECT_EQ(get_lan_parameter(LanParameter::gateway).data, bytes("0e0c0000"));
  EXPECT_EQ(parse_lan_address(bytes("110a010114"))->to_string(), "10.1.1.20");
  EXPECT_EQ(*parse_lan_source(bytes("1102")), "dhcp");
  EXPECT_EQ(parse_lan_mac(bytes("11525400770a01"))->to_string(), "52:54:00:77:0a:01");
  EXPECT_EQ(*parse_lan_vlan(bytes("11e983")), 1001);
  EXPECT_EQ(*parse_lan_vlan(bytes("11e903")), std::nullopt);
  EXPECT_FALSE(parse_lan_address(bytes("110a0101")));
  EXPECT_FALSE(parse_lan_mac(bytes("11525400770a")));
  EXPECT_FALSE(parse_lan_vlan(bytes("11e9")));
}

TEST(RestartCause, HasWords) {
  EXPECT_EQ(*parse_restart_cause(bytes("0101")), "chassis power control command");
  EXPECT_EQ(*parse_restart_cause(bytes("0f01")), "unknown");
  EXPECT_FALSE(parse_restart_cause({}));
}
