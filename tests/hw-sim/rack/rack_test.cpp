#include "hw-sim/rack/rack.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/hw-sim/rack/memory_site.hpp"

using namespace colony::core;
using namespace colony::hw_sim;
using namespace std::chrono_literals;
using colony::drivers::BootDevice;
using colony::drivers::BootFirmware;
using colony::drivers::BootPersistence;
using colony::drivers::PowerAction;

namespace {

constexpr const char* one_uefi =
    "network: {interface: sim0}\n"
    "servers: [{firmware: uefi, bmc: {first_address: 10.77.1.1, username: A, password: b}, disks: [{size_mb: "
    "64}]}]";

std::string one_with_fault(const std::string& at, const std::string& kind) {
  return "network: {interface: sim0}\nservers: [{firmware: uefi, bmc: {first_address: 10.77.1.1, username: "
         "A, "
         "password: b}, disks: [{size_mb: 64}], faults: [{at: " +
         at + ", kind: " + kind + "}]}]";
}

void serve_talos(MemorySite& site) {
  site.http["/boot.ipxe"] = {200,
                             "#!ipxe\nkernel /k talos.platform=metal slab_nomerge pti=on "
                             "talos.config=http://10.77.0.5/config/t\ninitrd /i\nboot\n"};
  site.http["/k"] = {200, "kernel"};
  site.http["/i"] = {200, "initrd"};
  site.http["/config/t"] = {200, "version: v1alpha1\nmachine: {type: worker}\n"};
}

}  // namespace

TEST(Rack, AServerGoesFromPowerOnThroughPxeAndIpxeIntoTalosAndThenBootsItsDisk) {
  MemorySite site(one_uefi);
  serve_talos(site);
  site.power_on(0);
  Server& server = site.server(0);
  ASSERT_TRUE(site.run_until([&] { return server.stage() == ServerStage::os; }));
  EXPECT_EQ(server.counters().network_boots, 1U);
  EXPECT_EQ(server.counters().installs, 1U);
  EXPECT_EQ(server.counters().disk_boots, 1U);
  EXPECT_EQ(read_marker(*server.disks()[0])->detail, sha256(site.http["/config/t"].body).to_string());
  const auto boots = server.boots();
  ASSERT_EQ(boots.size(), 1U);
  EXPECT_EQ(boots[0].xids.size(), 2U);
  EXPECT_EQ(boots[0].images.size(), 2U);
  EXPECT_TRUE(boots[0].problems.empty());
}

TEST(Rack, AForgedArtifactIsNoticed) {
  MemorySite site(one_uefi);
  const std::string digest(64, 'a');
  site.http["/boot.ipxe"] = {200, "#!ipxe\nkernel /artifacts/sha256/" + digest + "\nboot\n"};
  site.http["/artifacts/sha256/" + digest] = {200, "something else"};
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::pausing; }));
  EXPECT_NE(site.server(0).boots()[0].problems.at(0).find("content has digest"), std::string::npos);
}

TEST(Rack, WithoutAnyBootServerTheFirmwareTriesForEver) {
  MemorySite site(one_uefi);
  site.dhcp_answers = false;
  site.power_on(0);
  EXPECT_TRUE(site.run_until([&] { return site.server(0).counters().network_boots >= 5; }, 24h));
  EXPECT_GE(site.frames.size(), 16U);
}

TEST(Rack, PowerOffEndsEverythingAtOnce) {
  MemorySite site(one_uefi);
  serve_talos(site);
  site.power_on(0);
  Server& server = site.server(0);
  ASSERT_TRUE(site.run_until([&] { return !site.wire.held().empty() && site.wire.held().size() == 2; }));
  server.set_now(site.timers.now());
  server.act(PowerAction::off);
  site.rack.on_bmc(server.profile().bmc_address.address, {site_address, 1}, {});
  EXPECT_EQ(site.wire.held().size(), 1U);  // the BMC's
  const std::size_t asked = site.asked.size();
  site.timers.run_for(1h);
  EXPECT_EQ(site.asked.size(), asked);
  EXPECT_EQ(server.stage(), ServerStage::off);
}

TEST(Rack, TheOneTimeBootDeviceIsHonouredOnce) {
  MemorySite site(one_uefi);
  serve_talos(site);
  Server& server = site.server(0);
  ASSERT_TRUE(write_marker(*server.disks()[0], {"linux", ""}));
  server.set_boot_device({BootDevice::pxe, BootPersistence::once, BootFirmware::efi});
  site.http["/boot.ipxe"] = {200, "#!ipxe\nexit 1\n"};
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return server.stage() == ServerStage::os; }));
  EXPECT_EQ(server.counters().network_boots, 1U);
  EXPECT_EQ(server.boot_device().device, BootDevice::none);
  server.set_now(site.timers.now());
  server.act(PowerAction::reset);
  site.rack.on_bmc(server.profile().bmc_address.address, {site_address, 1}, {});
  ASSERT_TRUE(site.run_until([&] { return server.counters().disk_boots == 2; }));
  EXPECT_EQ(server.counters().network_boots, 1U);
}

TEST(Rack, ANetworkFirstServerAsksAtEveryBootAndIsSentToItsDisk) {
  MemorySite site(
      "network: {interface: sim0}\nservers: [{firmware: bios, boot_order: network, bmc: {first_address: "
      "10.77.1.1, "
      "username: A, password: b}, disks: [{size_mb: 64}]}]");
  ASSERT_TRUE(write_marker(*site.server(0).disks()[0], {"linux", ""}));
  site.http["/boot.ipxe"] = {200, "#!ipxe\nexit 0\n"};
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::os; }));
  EXPECT_EQ(site.server(0).counters().network_boots, 1U);
}

TEST(Rack, UefiFirmwareStopsInItsMenuWhenTheScriptEndsWithSuccess) {
  MemorySite site(one_uefi);
  site.http["/boot.ipxe"] = {200, "#!ipxe\nexit 0\n"};
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::stuck; }));
}

TEST(Rack, ASupermicroBoardWantsTheEfiBit) {
  MemorySite site(
      "network: {interface: sim0}\nservers: [{model: supermicro-x11, firmware: uefi, bmc: {first_address: "
      "10.77.1.1, username: A, password: b}, disks: [{size_mb: 64}]}]");
  Server& server = site.server(0);
  ASSERT_TRUE(write_marker(*server.disks()[0], {"linux", ""}));
  server.set_boot_device({BootDevice::pxe, BootPersistence::once, BootFirmware::legacy});
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return server.stage() == ServerStage::os; }));
  EXPECT_EQ(server.counters().network_boots, 0U);
}

TEST(Rack, TalosAsksAgainUntilAWholeConfigComes) {
  MemorySite site(one_uefi);
  serve_talos(site);
  site.http["/config/t"] = {503, ""};
  site.power_on(0);
  Server& server = site.server(0);
  ASSERT_TRUE(site.run_until([&] { return server.configs().size() == 3; }));
  site.http["/config/t"] = {200, "version: v1alpha1\nmachine: {type: wor"};
  ASSERT_TRUE(site.run_until([&] { return server.configs().size() == 4; }));
  EXPECT_EQ(server.counters().installs, 0U);
  site.http["/config/t"] = {200, "version: v1alpha1\nmachine: {type: worker}\n"};
  ASSERT_TRUE(site.run_until([&] { return server.stage() == ServerStage::os; }));
}

TEST(Rack, LossDelayAndDuplicatesOfDhcpAreSurvived) {
  for (const char* at : {"dhcp.request", "dhcp.reply", "tftp.request", "tftp.data"}) {
    for (const char* kind : {"lose", "late", "duplicate"}) {
      MemorySite site(one_with_fault(at, kind));
      serve_talos(site);
      site.power_on(0);
      EXPECT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::os; }))
          << at << " " << kind;
      EXPECT_EQ(site.server(0).faults_struck(), 1U) << at << " " << kind;
      EXPECT_EQ(site.server(0).counters().installs, 1U);
    }
  }
}

TEST(Rack, AnInstallThatLiesLeavesTheDiskAndBootsTheNetworkAgain) {
  MemorySite site(one_with_fault("talos.install", "lie"));
  serve_talos(site);
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::os; }));
  EXPECT_EQ(site.server(0).counters().network_boots, 2U);
}

TEST(Rack, StrikesAtEveryMessageOnceAndAtNoneBeyondTheLast) {
  MemorySite quiet(one_uefi);
  serve_talos(quiet);
  quiet.power_on(0);
  ASSERT_TRUE(quiet.run_until([&] { return quiet.server(0).stage() == ServerStage::os; }));
  quiet.timers.run_for(1s);
  const std::uint64_t total = quiet.count.total();
  EXPECT_GT(total, 8U);
  for (std::uint64_t k = 1; k <= total + 1; ++k) {
    MemorySite site(one_uefi, 20, k);
    serve_talos(site);
    site.power_on(0);
    ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::os; }));
    site.timers.run_for(1s);
    EXPECT_EQ(site.struck_at, k <= total ? std::optional(k) : std::nullopt);
  }
}

TEST(Rack, ThousandsOfServersBootInOneThread) {
  MemorySite site(
      "network: {interface: sim0}\nservers: [{count: 2000, firmware: uefi, bmc: {first_address: 10.77.8.1, "
      "username: A, password: b}, disks: [{size_gb: 960}]}]");
  serve_talos(site);
  for (std::size_t i = 0; i < site.rack.size(); ++i) site.power_on(i);
  const auto all_up = [&] {
    for (std::size_t i = 0; i < site.rack.size(); ++i) {
      if (site.server(i).stage() != ServerStage::os) return false;
    }
    return true;
  };
  EXPECT_TRUE(site.run_until(all_up));
}

TEST(RackReport, TellsDisksBootsAndCountsWithoutTokens) {
  MemorySite site(one_uefi);
  serve_talos(site);
  site.http["/boot.ipxe?token=hidden"] = site.http["/boot.ipxe"];
  site.http["/boot.ipxe"] = {200, "#!ipxe\nchain /boot.ipxe?token=hidden\n"};
  site.power_on(0);
  ASSERT_TRUE(site.run_until([&] { return site.server(0).stage() == ServerStage::os; }));
  const Json report = site.rack.report();
  const std::string text = dump_json(report);
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  const Json& server = report.at("servers").at(0);
  EXPECT_EQ(server.at("stage"), "os");
  EXPECT_EQ(server.at("disks").at(0).at("installed").at("system"), "talos");
  EXPECT_EQ(server.at("disks").at(0).at("zero"), false);
  EXPECT_EQ(server.at("configs").at(0).at("problem"), "");
  EXPECT_EQ(server.at("boots").at(0).at("scripts").size(), 2U);
}
