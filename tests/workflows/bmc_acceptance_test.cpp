// Issue 3, acceptance 4: "A BMC that ignores the boot device once, always, or only without the EFI bit; lies
// about power; freezes after n commands; has one session: each ends well or in a named failure within its
// deadline." The real recipes, the native driver, hw-sim's BMC, every datagram; under virtual time.
//   ctest --test-dir build/dev -R BmcAcceptance4

#include <chrono>

#include <gtest/gtest.h>

#include "tests/workflows/wire_bmcs.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;
using hw_sim::BmcFault;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

namespace {

constexpr unsigned always = 1'000'000;
/// Four rungs of a boot each, with the longest wait that a machine is given, and what lies between.
constexpr core::Duration longest_order = 3h;

struct Bench {
  Bench() {
    server = &world.add_server();
    EXPECT_TRUE(world.run_until([this] { return world.is_up(); }));
  }

  void fault(BmcFault fault) { bmcs.model(*server).faults().add(fault); }

  /// Enrols without an order, so that faults strike in the order that comes.
  core::AssetId enrolled() {
    const auto done = enrol(world, *server, false);
    EXPECT_TRUE(done) << done.error().message;
    return done ? done->asset : core::AssetId{};
  }

  /// Looks at the machine; the code of the failure, or "".
  std::string discover(core::AssetId asset) {
    EXPECT_TRUE(open_window(world, 12h));
    const auto begun = world.timers.now();
    const auto submitted = world.ask<core::Result<Submitted>>(
        [asset](Workshop& shop) { return shop.orders().discover({asset.to_string(), {}}); });
    if (!submitted || !*submitted) {
      ADD_FAILURE() << "not taken: " << (submitted ? submitted->error().message : "no answer");
      return "not taken";
    }
    EXPECT_TRUE(world.run_until([&] { return is_over((*submitted)->workflow); }, longest_order))
        << "deadline";
    took = world.timers.now() - begun;
    return error_of(world, (*submitted)->workflow);
  }

  bool is_over(core::WorkflowId id) {
    for (const auto& view : world.orders().recent_workflows()) {
      if (view.id == id)
        return view.status == WorkflowStatus::completed || view.status == WorkflowStatus::failed;
    }
    return false;
  }

  AssetView view(core::AssetId asset) { return world.orders().asset(asset.to_string()).value(); }

  World world;
  WireBmcs bmcs{world};
  Server* server = nullptr;
  core::Duration took{};
};

}  // namespace

TEST(BmcAcceptance4, IgnoresTheBootDeviceOnce) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore});
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.server->power_on_commands, 1U)
      << "read back, set again, before the machine was switched on";
  EXPECT_EQ(bench.view(asset).status, AssetStatus::available);
}

TEST(BmcAcceptance4, KeepsTheBootDeviceAndTheMachineDoesNotHonourItOnce) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.server->faults.ignore_boot_device = 1;
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.server->power_on_commands, 2U);
}

TEST(BmcAcceptance4, IgnoresTheBootDeviceAlways) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore, .times = always});
  EXPECT_EQ(bench.discover(asset), "ipmi.boot_device_ignored");
  EXPECT_EQ(bench.server->power_on_commands, 0U) << "nothing is booted on the word of such a BMC";
  EXPECT_EQ(bench.server->boot_device_commands, 0U);
}

TEST(BmcAcceptance4, KeepsTheBootDeviceAndTheMachineNeverHonoursIt) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.server->faults.ignore_boot_device = always;
  EXPECT_EQ(bench.discover(asset), "boot.no_request");
  EXPECT_EQ(bench.server->power_on_commands, 4U) << "each rung once";
}

TEST(BmcAcceptance4, IgnoresTheBootDeviceOnlyWithoutTheEfiBit) {
  Bench bench;
  bench.server->efi = false;
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore_legacy, .times = always});
  EXPECT_EQ(bench.discover(asset), "");
  // Now the machine is known as one that boots by BIOS: legacy comes first, is not kept, and EFI works.
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.server->power_on_commands, 2U) << "found out before the machine was switched on";
  EXPECT_EQ(bench.view(asset).bmc->boot_rung, "once/efi");
  EXPECT_LT(bench.took, 10min);
}

TEST(BmcAcceptance4, HonoursTheBootDeviceOnlyWithoutTheEfiBit) {
  Bench bench;
  bench.server->faults.only_without_efi = true;
  const auto asset = bench.enrolled();
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.server->power_on_commands, 2U);
  EXPECT_EQ(bench.view(asset).bmc->boot_rung, "once/legacy");
}

TEST(BmcAcceptance4, LiesAboutPowerNowAndThen) {
  Bench bench;
  const auto asset = bench.enrolled();
  for (unsigned lies = 1; lies <= 3; ++lies) {
    bench.fault({.at = BmcMoment::status, .kind = BmcFaultKind::lie, .times = lies});
    EXPECT_EQ(bench.discover(asset), "") << lies;
    EXPECT_EQ(bench.server->power, core::PowerState::off);
  }
}

TEST(BmcAcceptance4, LiesAboutPowerAlways) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::status, .kind = BmcFaultKind::lie, .times = always});
  EXPECT_EQ(bench.discover(asset), "bmc.power_ignored");
  EXPECT_LT(bench.took, 30min);
}

TEST(BmcAcceptance4, FreezesAfterSomeCommandsAndThaws) {
  for (unsigned commands = 0; commands < 40; commands += 3) {
    Bench bench;
    const auto asset = bench.enrolled();
    bench.fault(
        {.at = BmcMoment::command, .kind = BmcFaultKind::freeze_after, .times = commands, .delay = 40s});
    EXPECT_EQ(bench.discover(asset), "") << commands;
    EXPECT_LE(bench.server->power_on_commands, 1U) << "no act twice";
    EXPECT_FALSE(bench.view(asset).bmc->quiet);
  }
}

TEST(BmcAcceptance4, FreezesAfterSomeCommandsForGood) {
  // The whole order takes some more commands than 20.
  for (unsigned commands = 0; commands <= 20; commands += 5) {
    Bench bench;
    const auto asset = bench.enrolled();
    bench.fault(
        {.at = BmcMoment::command, .kind = BmcFaultKind::freeze_after, .times = commands, .delay = 240h});
    const auto code = bench.discover(asset);
    EXPECT_EQ(code, "bmc.unreachable") << commands;
    const auto seen = bench.view(asset);
    EXPECT_EQ(seen.condition, AssetCondition::unreachable);
    ASSERT_TRUE(seen.bmc->quiet);
    EXPECT_GE(seen.bmc->quiet->failures, 3U);
    // It is seen: in the findings, and as the first thing that `why` says.
    const auto findings = bench.world.orders().status().findings;
    EXPECT_TRUE(std::ranges::any_of(findings, [&](const std::string& text) {
      return text.starts_with("the BMC of " + seen.name + " does not answer");
    }));
    const auto why = bench.world.orders().why(asset.to_string());
    ASSERT_TRUE(why);
    EXPECT_NE(why->advice.front().find("left alone until"), std::string::npos) << why->advice.front();
  }
}

TEST(BmcAcceptance4, HasOneSessionAndItIsOurs) {
  Bench bench;
  bench.bmcs.set_sessions(1);
  const auto asset = bench.enrolled();
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.view(asset).bmc->passport.sessions, 1);
  bench.world.run_for(10s);
  EXPECT_EQ(bench.bmcs.model(*bench.server).open_sessions(), 0U) << "given back";
}

TEST(BmcAcceptance4, HasOneSessionAndSomebodyElseHasIt) {
  Bench bench;
  bench.bmcs.set_sessions(1);
  const auto asset = bench.enrolled();
  bench.world.run_for(1min);
  bench.bmcs.somebody_else_takes_a_session(*bench.server);
  EXPECT_EQ(bench.discover(asset), "ipmi.no_free_session");
  EXPECT_FALSE(bench.view(asset).bmc->quiet) << "it answers";
  EXPECT_TRUE(bench.view(asset).bmc->passport.was_full);
  bench.bmcs.somebody_else_leaves();
  bench.world.run_for(2min);
  EXPECT_EQ(bench.discover(asset), "");
}

// ---- The last rung: a reset of the BMC, where the site allows it ----

TEST(BmcReset, BringsBackABmcThatKeepsNoBootDeviceAnyMore) {
  Bench bench;
  bench.world.site().bmc_reset = BmcReset::last_resort;
  bench.world.restart();
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::stuck, .times = always});
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.bmcs.model(*bench.server).counters().resets, 1U);
  EXPECT_EQ(bench.server->power_on_commands, 1U);
  EXPECT_EQ(bench.view(asset).bmc->boot_rung, "") << "a BMC that hung says nothing about its model";
}

TEST(BmcReset, IsOverWhenTheBmcIsDoneWithStarting) {
  Bench bench;
  bench.world.site().bmc_reset = BmcReset::last_resort;
  bench.world.restart();
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::stuck, .times = always});
  bench.bmcs.model(*bench.server).set_reset_time(30s, 1min);
  EXPECT_EQ(bench.discover(asset), "");
  EXPECT_EQ(bench.bmcs.model(*bench.server).counters().resets, 1U);
}

TEST(BmcReset, IsNeverSentWithoutThePolicy) {
  Bench bench;
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::stuck, .times = always});
  EXPECT_EQ(bench.discover(asset), "ipmi.boot_device_ignored");
  EXPECT_EQ(bench.bmcs.model(*bench.server).counters().resets, 0U);
}

TEST(BmcReset, IsSentOnceInAnOrderAndOnceAnHour) {
  Bench bench;
  bench.world.site().bmc_reset = BmcReset::last_resort;
  bench.world.restart();
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore, .times = always});
  const auto& counters = bench.bmcs.model(*bench.server).counters();
  EXPECT_EQ(bench.discover(asset), "ipmi.boot_device_ignored");
  EXPECT_EQ(counters.resets, 1U);
  EXPECT_EQ(bench.discover(asset), "ipmi.boot_device_ignored");
  EXPECT_EQ(counters.resets, 1U) << "not yet again";
  bench.world.run_for(61min);
  EXPECT_EQ(bench.discover(asset), "ipmi.boot_device_ignored");
  EXPECT_EQ(counters.resets, 2U);
}

TEST(BmcReset, ThatTheBmcDoesNotComeBackFromIsNamed) {
  Bench bench;
  bench.world.site().bmc_reset = BmcReset::last_resort;
  bench.world.restart();
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::stuck, .times = always});
  bench.bmcs.model(*bench.server).set_reset_time(24h);
  EXPECT_EQ(bench.discover(asset), "bmc.reset_lost");
  EXPECT_LT(bench.took, 30min);
}

TEST(BmcReset, InHandWhenTheProgramDiedIsNotSentAgain) {
  Bench bench;
  bench.world.site().bmc_reset = BmcReset::last_resort;
  bench.world.restart();
  const auto asset = bench.enrolled();
  bench.fault({.at = BmcMoment::bootdev, .kind = BmcFaultKind::stuck, .times = always});
  EXPECT_TRUE(open_window(bench.world, 12h));
  const auto submitted = bench.world.ask<core::Result<Submitted>>(
      [asset](Workshop& shop) { return shop.orders().discover({asset.to_string(), {}}); });
  ASSERT_TRUE(submitted && *submitted);
  auto& model = bench.bmcs.model(*bench.server);
  ASSERT_TRUE(bench.world.run_until([&] { return model.counters().resets == 1; }, 1h));
  bench.world.restart();
  EXPECT_TRUE(finishes(bench.world, (*submitted)->workflow));
  EXPECT_EQ(error_of(bench.world, (*submitted)->workflow), "");
  EXPECT_EQ(model.counters().resets, 1U);
}
