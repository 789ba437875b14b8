#include "ramdisk/machine/smbios.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::ramdisk;
using core::Byte;
using core::Bytes;

namespace {

/// One structure: type, formatted part behind the header, strings.
Bytes structure(Byte type, Bytes body, const std::vector<std::string>& strings) {
  Bytes out{type, static_cast<Byte>(4 + body.size()), 0x00, 0x01};
  out.insert(out.end(), body.begin(), body.end());
  for (const auto& text : strings) {
    out.insert(out.end(), text.begin(), text.end());
    out.push_back(0);
  }
  if (strings.empty()) out.push_back(0);
  out.push_back(0);
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Bytes uuid_bytes{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

Bytes system_structure(const Bytes& uuid = uuid_bytes) {
  return structure(1, Bytes{1, 2, 0, 3} + uuid + Bytes{6, 0, 0}, {"Supermicro", "X11DPi", "S372342X"});
}
Bytes memory(std::uint16_t size, std::uint32_t extended = 0) {
  Bytes body(0x20, 0);
  body[0x08] = static_cast<Byte>(size & 0xff);
  body[0x09] = static_cast<Byte>(size >> 8);
  for (unsigned i = 0; i < 4; ++i) body[0x18 + i] = static_cast<Byte>(extended >> (8 * i) & 0xff);
  return structure(17, body, {"DIMM A1"});
}
Bytes server() {
  return structure(0, {1, 2, 0, 0, 3}, {"AMI", "3.4", "11/02/2020"}) + system_structure() +
         structure(2, {1, 2, 3, 4}, {"Supermicro", "X11DPi-N", "1.02", "BOARD7"}) +
         structure(3, {1, 0x17, 2, 3}, {"Supermicro", "v", "CHASSIS9"}) + memory(0x4000) + memory(0) +
         memory(0x7fff, 65536) + memory(0x8200) + structure(127, {}, {});
}

}  // namespace

TEST(Smbios, ReadsAServer) {
  const auto table = decode_smbios(server(), {3, 2});
  EXPECT_EQ(table.structures, 9U);
  EXPECT_EQ(table.names.bios_version, "3.4");
  EXPECT_EQ(table.names.manufacturer, "Supermicro");
  EXPECT_EQ(table.names.product, "X11DPi");
  EXPECT_EQ(table.names.serial, "S372342X");
  EXPECT_EQ(table.names.board_serial, "BOARD7");
  EXPECT_EQ(table.names.chassis_serial, "CHASSIS9");
  ASSERT_TRUE(table.names.uuid);
  EXPECT_EQ(table.names.uuid->to_string(), "00112233-4455-6677-8899-aabbccddeeff");
  // 16 GiB, an empty slot, 64 GiB by the extended size, 512 KiB.
  EXPECT_EQ(table.memory_bytes, (16ULL << 30) + (64ULL << 30) + (512ULL << 10));
}

TEST(Smbios, TellsTheModulesInTheirSlots) {
  Bytes body(0x5c - 4, 0);
  body[0x09] = 0x40;  // 16 GiB
  body[0x0c] = 1;     // DIMMA1
  body[0x0e] = 0x1a;  // DDR4
  body[0x11] = 0x80;  // 3200 MT/s possible
  body[0x12] = 0x0c;
  body[0x13] = 2;
  body[0x14] = 3;
  body[0x16] = 4;
  body[0x1c] = 0x75;  // 2933 MT/s configured
  body[0x1d] = 0x0b;
  const auto table = decode_smbios(
      structure(17, body, {"P1-DIMMA1", "Samsung", "03A5B2C1", "M393A2K40DB3-CWE"}) + memory(0), {3, 2});
  ASSERT_EQ(table.dimms.size(), 1U);
  const auto& dimm = table.dimms[0];
  EXPECT_EQ(dimm.locator, "P1-DIMMA1");
  EXPECT_EQ(dimm.size_bytes, 16ULL << 30);
  EXPECT_EQ(dimm.type, "DDR4");
  EXPECT_EQ(dimm.speed_mts, 2933U);
  EXPECT_EQ(dimm.manufacturer, "Samsung");
  EXPECT_EQ(dimm.serial, "03A5B2C1");
  EXPECT_EQ(dimm.part, "M393A2K40DB3-CWE");
}

TEST(Smbios, TellsTheTpm) {
  Bytes body(0x1f - 4, 0);
  body[0] = 'I';
  body[1] = 'F';
  body[2] = 'X';
  body[4] = 2;
  const auto table = decode_smbios(structure(43, body, {}), {3, 2});
  ASSERT_TRUE(table.tpm);
  EXPECT_EQ(table.tpm->manufacturer, "IFX");
  EXPECT_EQ(table.tpm->version, "2.0");
}

TEST(Smbios, TakesTheUuidAsItStandsBeforeVersion26) {
  const auto table = decode_smbios(system_structure(), {2, 5});
  ASSERT_TRUE(table.names.uuid);
  EXPECT_EQ(table.names.uuid->to_string(), "33221100-5544-7766-8899-aabbccddeeff");
}

TEST(Smbios, TakesAnUnsetUuidForNone) {
  EXPECT_FALSE(decode_smbios(system_structure(Bytes(16, 0x00)), {3, 0}).names.uuid);
  EXPECT_FALSE(decode_smbios(system_structure(Bytes(16, 0xff)), {3, 0}).names.uuid);
}

TEST(Smbios, TakesVendorFillersForNothing) {
  const auto table =
      decode_smbios(structure(3, {1, 0x17, 2, 3}, {"x", "y", "To be filled by O.E.M."}), {3, 0});
  EXPECT_EQ(table.names.chassis_serial, "");
}

TEST(Smbios, CleansWhatFirmwareWrote) {
  const auto table = decode_smbios(structure(0, {1, 1, 0, 0, 1}, {"a\x01\xff  b \t"}), {3, 0});
  EXPECT_EQ(table.names.bios_version, "a b");
}

TEST(Smbios, KeepsTheFirstBoardOfSeveral) {
  const auto table =
      decode_smbios(structure(2, {0, 0, 0, 1}, {"MAIN"}) + structure(2, {0, 0, 0, 1}, {"RISER"}), {3, 0});
  EXPECT_EQ(table.names.board_serial, "MAIN");
}

TEST(Smbios, EveryPrefixEndsCleanly) {
  const auto whole = server();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto table = decode_smbios(core::ByteView(whole).first(size), {3, 2});
    EXPECT_LE(table.structures, 9U);
  }
}

TEST(Smbios, IgnoresWhatFollowsTheEnd) {
  const auto table = decode_smbios(structure(127, {}, {}) + system_structure(), {3, 2});
  EXPECT_EQ(table.structures, 1U);
  EXPECT_EQ(table.names.serial, "");
}

TEST(Smbios, StopsAtAStructureShorterThanItsHeader) {
  EXPECT_EQ(decode_smbios(Bytes{1, 3, 0, 0, 0, 0}, {3, 2}).structures, 0U);
}

TEST(Smbios, StringNumbersOutOfRangeAreNothing) {
  EXPECT_EQ(decode_smbios(structure(0, {1, 200, 0, 0, 1}, {"AMI"}), {3, 2}).names.bios_version, "");
}

TEST(SmbiosEntryPoint, GivesTheVersionOfEitherForm) {
  const Bytes sm3{'_', 'S', 'M', '3', '_', 0, 0x18, 3, 2, 0};
  EXPECT_EQ(decode_smbios_entry_point(sm3).major, 3);
  EXPECT_EQ(decode_smbios_entry_point(sm3).minor, 2);
  const Bytes sm{'_', 'S', 'M', '_', 0, 0x1f, 2, 4, 0};
  EXPECT_EQ(decode_smbios_entry_point(sm).minor, 4);
  EXPECT_EQ(decode_smbios_entry_point({}).major, 2);
}
