// Orders, and what is told of them, against a simulated site: what an operator sees, and what the machines
// felt.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> facts(World& world, const core::AssetId& asset) {
  std::vector<std::string> names;
  for (const auto& row : world.disk.timeline) {
    if (row.asset == asset) names.emplace_back(core::fact_name(row.evidence.fact));
  }
  return names;
}

}  // namespace

TEST(Orders, PowerAndRebootUseTheSameCarefulSteps) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto on = world.ask<core::Result<Submitted>>(
      [asset](Workshop& w) { return w.orders().power({asset.to_string(), PowerOrderAction::on, ""}); });
  ASSERT_TRUE(finishes(world, (*on)->workflow));
  EXPECT_EQ(server.power, core::PowerState::on);
  const auto cycle = world.ask<core::Result<Submitted>>([asset](Workshop& w) {
    return w.orders().reboot({asset.to_string(), drivers::BootDevice::bios_setup, {}, ""});
  });
  ASSERT_TRUE(finishes(world, (*cycle)->workflow));
  EXPECT_EQ(server.power_on_commands, 3U);
  EXPECT_EQ(server.power_off_commands, 2U);
  EXPECT_EQ(server.next_boot.device, drivers::BootDevice::bios_setup);
  const auto off = world.ask<core::Result<Submitted>>(
      [asset](Workshop& w) { return w.orders().power({asset.to_string(), PowerOrderAction::off, ""}); });
  ASSERT_TRUE(finishes(world, (*off)->workflow));
  EXPECT_EQ(server.power, core::PowerState::off);
}

TEST(Orders, WhySaysWhatItWaitsForSinceWhenAndWhatToDo) {
  World world;
  Server& server = world.add_server();
  server.faults.ignore_boot_device = 1;
  const auto enrolled = enrol(world, server);
  world.run_for(5min);
  const auto why = world.orders().why(enrolled->asset.to_string());
  ASSERT_TRUE(why);
  ASSERT_TRUE(why->workflow);
  EXPECT_EQ(why->workflow->step, "await_inventory");
  EXPECT_EQ(why->waits_for, "the machine to boot into scout and send its inventory");
  EXPECT_TRUE(why->usual && why->gives_up_at);
  ASSERT_FALSE(why->advice.empty());
  EXPECT_GT(why->workflow->percent, 50U);
}

TEST(Orders, AFullStoreIsWhatStatusAndWhySayFirst) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  EXPECT_FALSE(world.orders().status().store_full);
  world.appliance().journal.fail_from_now({core::ErrorKind::exhausted, "store.no_room", "disk full"});
  (void)world.ask<core::Result<Submitted>>(
      [asset](Workshop& w) { return w.orders().power({asset.to_string(), PowerOrderAction::off, ""}); });
  const auto status = world.orders().status();
  ASSERT_TRUE(status.store_full);
  EXPECT_EQ(status.store_full->code, "store.full");
  EXPECT_FALSE(status.store_failure);
  const auto why = world.orders().why(asset.to_string());
  ASSERT_TRUE(why);
  EXPECT_EQ(why->waits_for, "room in the store");
  ASSERT_FALSE(why->advice.empty());
  EXPECT_EQ(why->advice.front(), status.store_full->message);
  world.appliance().journal.work_again();
  world.run_for(10s);
  EXPECT_FALSE(world.orders().status().store_full);
  EXPECT_NE(world.orders().why(asset.to_string())->waits_for, "room in the store");
}

TEST(Timeline, TellsTheWholeStoryOfADiscovery) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto names = facts(world, asset);
  for (const char* const wanted : {"power_observed", "boot_device_set", "scout_inventory", "note"}) {
    EXPECT_TRUE(std::ranges::find(names, wanted) != names.end()) << wanted;
  }
}
