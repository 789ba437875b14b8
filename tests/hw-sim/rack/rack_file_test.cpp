#include "hw-sim/rack/rack_file.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

constexpr std::string_view documented = R"(
network: { interface: sim0 }
servers:
  - count: 8
    model: supermicro-x11          # quirk profile; `generic` has none
    firmware: bios
    bmc: { first_address: 10.77.1.10, username: ADMIN, password: secret }
    disks: [{ model: "SAMSUNG MZQL2960", size_gb: 960, transport: nvme }]
    faults: [{ at: bmc.power, kind: ignore, times: 1 }]
)";

std::string server(std::string_view more) {
  return "network: { interface: sim0 }\nservers:\n  - bmc: { first_address: 10.77.1.1, username: A, "
         "password: b }\n" +
         std::string(more);
}

auto rack_with_bmc(std::string_view key, std::string_view value) {
  return parse_rack_file(
      "network: { interface: sim0 }\nservers:\n  - bmc: { first_address: 10.77.1.1, username: A, "
      "password: b, " +
      std::string(key) + ": " + std::string(value) + " }\n");
}

std::string fault_of(std::string_view text) {
  const auto rack = parse_rack_file(text);
  return rack ? "accepted" : rack.error().message;
}

}  // namespace

TEST(RackFile, ReadsTheDocumentedForm) {
  const auto rack = parse_rack_file(documented);
  ASSERT_TRUE(rack) << rack.error().message;
  EXPECT_EQ(rack->interface, "sim0");
  ASSERT_EQ(rack->servers.size(), 8U);
  const RackServer& last = rack->servers[7];
  EXPECT_EQ(last.profile.name, "server-8");
  EXPECT_EQ(last.bmc.address.address.to_string(), "10.77.1.17");
  EXPECT_EQ(last.bmc.username, "ADMIN");
  EXPECT_TRUE(last.bmc.password.equals("secret"));
  ASSERT_EQ(last.profile.disks.size(), 1U);
  EXPECT_EQ(last.profile.disks[0].model, "SAMSUNG MZQL2960");
  EXPECT_EQ(last.profile.disks[0].size_bytes, 960'000'000'000U);
  EXPECT_TRUE(last.profile.wants_efi_bit);
  ASSERT_EQ(last.bmc_faults.size(), 1U);
  EXPECT_EQ(last.bmc_faults[0].kind, BmcFaultKind::ignore);
}

TEST(RackFile, TakesWaysInThatAnAuditShouldFind) {
  const auto rack = rack_with_bmc("weak", "[cipher-zero, ipmi-1.5]");
  ASSERT_TRUE(rack) << rack.error().message;
  EXPECT_TRUE(rack->servers[0].bmc.cipher_zero);
  EXPECT_NE(rack->servers[0].bmc.auth_types, 0);
  EXPECT_FALSE(rack->servers[0].bmc.anonymous || rack->servers[0].bmc.null_user);
  const auto wrong = rack_with_bmc("weak", "[cypher-zero]");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("cipher-zero"), std::string::npos) << wrong.error().message;
}

TEST(RackFile, TakesTheBmcWhoseMannersItHas) {
  const auto rack = rack_with_bmc("like", "openbmc");
  ASSERT_TRUE(rack) << rack.error().message;
  const auto& bmc = rack->servers[0].bmc;
  EXPECT_TRUE(bmc.draws_anew && bmc.nameless_refusals && bmc.pads_15);
  const auto wrong = rack_with_bmc("like", "openbcm");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("openbmc"), std::string::npos) << wrong.error().message;
}

TEST(RackFile, EveryServerIsSomebodyElseAndTheSameAtEveryRun) {
  const auto once = parse_rack_file(documented);
  const auto again = parse_rack_file(documented);
  ASSERT_TRUE(once && again);
  for (std::size_t i = 0; i < 8; ++i) {
    const ServerProfile& a = once->servers[i].profile;
    EXPECT_EQ(a.mac, again->servers[i].profile.mac);
    EXPECT_EQ(a.smbios_uuid, again->servers[i].profile.smbios_uuid);
    EXPECT_FALSE(a.mac.is_group());
    for (std::size_t j = 0; j < i; ++j) {
      const ServerProfile& b = once->servers[j].profile;
      EXPECT_NE(a.mac, b.mac);
      EXPECT_NE(a.bmc_mac, b.mac);
      EXPECT_NE(a.smbios_uuid, b.smbios_uuid);
      EXPECT_NE(a.serial, b.serial);
      EXPECT_NE(a.disks[0].serial, b.disks[0].serial);
      EXPECT_NE(a.disks[0].wwn, b.disks[0].wwn);
    }
  }
}

TEST(RackFile, GroupsShareOneNumbering) {
  const auto rack = parse_rack_file(
      "network: {interface: sim0}\n"
      "servers:\n"
      "  - {count: 2, bmc: {first_address: 10.77.1.1, username: A, password: b}}\n"
      "  - {firmware: uefi-http, bmc: {first_address: 10.77.1.9, username: A, password: b}}\n");
  ASSERT_TRUE(rack) << rack.error().message;
  EXPECT_EQ(rack->servers[2].profile.name, "server-3");
  EXPECT_EQ(rack->servers[2].profile.firmware, FirmwareKind::uefi_http);
}

TEST(RackFile, NamesEachFaultWithItsPlace) {
  EXPECT_EQ(fault_of("[]"), "rack: a map with network, servers, speed is wanted here");
  EXPECT_EQ(fault_of(server("    modle: generic\n")), "servers[0].modle: unknown key; nearest is model");
  EXPECT_EQ(fault_of(server("    model: vax\n")),
            "servers[0].model: \"vax\" is not one of generic, supermicro-x11, dell-idrac9, openipmi");
  EXPECT_EQ(fault_of(server("    firmware: coreboot\n")),
            "servers[0].firmware: \"coreboot\" is not one of bios, uefi, uefi-http");
  EXPECT_EQ(fault_of(server("    count: 0\n")), "servers[0].count: a whole number from 1 to 10000 is wanted");
  EXPECT_EQ(fault_of(server("    disks: [{ size_gb: many }]\n")),
            "servers[0].disks[0].size_gb: a whole number from 1 to 100000 is wanted");
  EXPECT_EQ(fault_of(server("    faults: [{ at: dhcp.reply, kind: lie }]\n")),
            "servers[0].faults[0]: lie means nothing at dhcp.reply");
  EXPECT_EQ(
      fault_of("network: {interface: a}\nservers: [{bmc: {first_address: x, username: '', password: b}}]\n"),
      "servers[0].bmc.first_address: an address such as 10.77.1.10 is wanted\n"
      "servers[0].bmc.username: missing");
  EXPECT_NE(fault_of("network: {interface: sim0"), "accepted");
}

TEST(RackFile, RefusesTwoBmcsWithOneAddress) {
  EXPECT_EQ(fault_of("network: {interface: sim0}\n"
                     "servers:\n"
                     "  - {count: 5, bmc: {first_address: 10.77.1.1, username: A, password: b}}\n"
                     "  - {bmc: {first_address: 10.77.1.3, username: A, password: b}}\n"),
            "servers: two BMCs have 10.77.1.3");
}

TEST(RackFile, ReadsFaultsOfTheWorldAndOfTheBmc) {
  const auto rack =
      parse_rack_file(server("    faults:\n"
                             "      - { at: dhcp.reply, kind: late, times: 3, delay: 250ms }\n"
                             "      - { at: bmc.session, kind: refuse }\n"
                             "      - { at: disk.discard, kind: lie }\n"));
  ASSERT_TRUE(rack) << rack.error().message;
  const RackServer& one = rack->servers[0];
  ASSERT_EQ(one.faults.size(), 2U);
  EXPECT_EQ(one.faults[0].times, 3U);
  EXPECT_EQ(one.faults[0].delay, std::chrono::milliseconds(250));
  EXPECT_EQ(one.faults[1].kind, FaultKind::lie);
  ASSERT_EQ(one.bmc_faults.size(), 1U);
}
