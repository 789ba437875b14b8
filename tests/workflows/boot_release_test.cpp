// A persistent network boot that an order gave to a BMC is taken back, whatever ends the order.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

/// Another machine of the model from before has taught that only a persistent network boot is honoured.
void teach_persistent(World& world) {
  world.disk.settings["boot.rung.10876:2404"] = "persistent/efi";
  world.restart();
}

bool keeps_network_boot(const Server& server) {
  return server.next_boot.device == drivers::BootDevice::pxe;
}

/// One machine of that model, discovered before.
struct Bench {
  World world;
  Server& server = world.add_server();
  core::AssetId asset = discovered(world, server);

  Bench() { teach_persistent(world); }
  core::WorkflowId order() {
    const auto again = discover(world, asset);
    EXPECT_TRUE(again);
    return again->workflow;
  }
  bool is_armed() {
    return world.run_until([this] { return keeps_network_boot(server); }, 10min);
  }
  bool ends_cancelled(core::WorkflowId id) {
    return cancel(world, id) && finishes(world, id) && error_of(world, id) == "workflow.cancelled";
  }
};

}  // namespace

TEST(BootRelease, WhenTheMachineGoesInCircles) {
  Bench bench;
  bench.server.faults.reset_instead_of_scout = true;
  const auto order = bench.order();
  ASSERT_TRUE(bench.is_armed()) << "nothing to take back";
  ASSERT_TRUE(finishes(bench.world, order));
  EXPECT_EQ(error_of(bench.world, order), "boot.loop");
  EXPECT_FALSE(keeps_network_boot(bench.server));
}

TEST(BootRelease, WhenTheMachineIsRefused) {
  World world;
  Server& one = world.add_server();
  Server& two = world.add_server();
  discovered(world, one);
  const auto asset = discovered(world, two);
  teach_persistent(world);
  two.serial = one.serial;
  const auto again = discover(world, asset);
  ASSERT_TRUE(again && finishes(world, again->workflow));
  EXPECT_EQ(error_of(world, again->workflow), "asset.conflict");
  EXPECT_GT(two.boot_device_commands, 1U);
  EXPECT_FALSE(keeps_network_boot(two));
}

TEST(BootRelease, WhenTheOrderIsCancelled) {
  Bench bench;
  bench.server.faults.scout_never_starts = 100;
  const auto order = bench.order();
  ASSERT_TRUE(bench.world.run_until(
      [&] { return keeps_network_boot(bench.server) && bench.server.runs == "scout"; }, 10min));
  ASSERT_TRUE(bench.ends_cancelled(order));
  EXPECT_FALSE(keeps_network_boot(bench.server));
}

TEST(BootRelease, AlsoWhenTheProgramDiedOverIt) {
  Bench bench;
  bench.server.faults.scout_never_starts = 100;
  const auto order = bench.order();
  ASSERT_TRUE(bench.is_armed());
  bench.world.restart();
  // Before its step looks at anything again.
  ASSERT_TRUE(bench.ends_cancelled(order));
  EXPECT_FALSE(keeps_network_boot(bench.server));
}

TEST(BootRelease, WhenTheLaterRungsAreRefused) {
  Bench bench;
  bench.server.faults.ignore_boot_device = 100;
  const auto order = bench.order();
  ASSERT_TRUE(bench.is_armed());
  bench.server.faults.refuse_network_boot = true;
  ASSERT_TRUE(finishes(bench.world, order));
  EXPECT_NE(error_of(bench.world, order), "");
  EXPECT_FALSE(keeps_network_boot(bench.server));
}

TEST(BootRelease, ABusyBmcIsAskedAgain) {
  Bench bench;
  bench.server.faults.refuse_release = 2;
  const auto order = bench.order();
  ASSERT_TRUE(finishes(bench.world, order));
  EXPECT_EQ(error_of(bench.world, order), "");
  EXPECT_FALSE(keeps_network_boot(bench.server));
}

TEST(BootRelease, WhenAPowerTestFindsTheMachine) {
  World world;
  Server& server = add_taciturn(world);
  teach_persistent(world);
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  EXPECT_EQ(only_asset(world).status, AssetStatus::available);
  EXPECT_TRUE(noted(world, "asset.matched"));
  EXPECT_FALSE(keeps_network_boot(server));
}
