// The recipe `discover` against a simulated site: what an operator sees, and what the machines felt.

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

TEST(Discover, AnEnrolledBmcBecomesAnAvailableAsset) {
  World world;
  Server& server = world.add_server();
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(enrolled) << enrolled.error().message;
  ASSERT_TRUE(enrolled->discovery);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  const AssetView asset = only_asset(world);
  EXPECT_EQ(asset.id, enrolled->asset);
  EXPECT_EQ(asset.status, AssetStatus::available);
  EXPECT_EQ(asset.serial, server.serial);
  ASSERT_TRUE(asset.inventory);
  EXPECT_EQ(asset.inventory->disks.size(), 2U);
  EXPECT_EQ(asset.inventory->disks.front().content, "data");  // shown before anybody erases it
  EXPECT_EQ(server.power, core::PowerState::off);
  EXPECT_EQ(server.power_on_commands, 1U);
  for (const char* const name : {"serial", "mac", "bmc", "name", "id"}) {
    const std::string ref = std::string(name) == "serial" ? server.serial
                            : std::string(name) == "mac"  ? server.mac.to_string()
                            : std::string(name) == "bmc"  ? server.bmc_address.to_string()
                            : std::string(name) == "name" ? asset.name
                                                          : asset.id.to_string();
    const auto found = world.orders().asset(ref);
    ASSERT_TRUE(found) << ref;
    EXPECT_EQ(found->id, asset.id);
  }
}

TEST(Discover, RecognisesTheMachineBySystemGuidInEitherByteOrderOrByFruSerial) {
  for (const int way : {0, 1, 2}) {
    World world;
    Server& server = world.add_server();
    server.tells_bmc_address = false;
    server.bmc_guid = way == 0   ? std::optional(server.uuid)
                      : way == 1 ? std::optional(server.uuid.swapped())
                                 : std::nullopt;
    if (way != 2) server.bmc_fru_serial.clear();
    const auto enrolled = enrol(world, server);
    ASSERT_TRUE(enrolled);
    ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
    EXPECT_EQ(only_asset(world).status, AssetStatus::available) << way;
  }
}

TEST(Discover, TwoMachinesAtOnceAreNotMixedUp) {
  World world;
  Server& one = world.add_server();
  Server& two = world.add_server();
  const auto first = enrol(world, one);
  const auto second = enrol(world, two);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(finishes(world, first->discovery->workflow));
  ASSERT_TRUE(finishes(world, second->discovery->workflow));
  EXPECT_EQ(world.orders().asset(first->asset.to_string())->serial, one.serial);
  EXPECT_EQ(world.orders().asset(second->asset.to_string())->serial, two.serial);
  EXPECT_EQ(world.orders().assets().size(), 2U);
}

TEST(Discover, AMachineThatBootsByItselfIsLookedAtOnceAndHandedOnToItsDisk) {
  World world;
  Server& server = world.add_server();
  server.network_first = true;
  ASSERT_TRUE(open_window(world, 30min));
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "disk"; }, 1h));
  EXPECT_EQ(server.scout_boots, 1U);
  AssetView asset = only_asset(world);
  EXPECT_EQ(asset.status, AssetStatus::discovering);  // nobody said that it is ours
  EXPECT_FALSE(asset.accepted);
  const auto accepted = world.ask<core::Result<AssetView>>(
      [id = asset.id](Workshop& w) { return w.orders().accept(id.to_string()); });
  ASSERT_TRUE(accepted && *accepted);
  EXPECT_EQ((*accepted)->status, AssetStatus::available);
}

TEST(Discover, TheFirstBootOfAMachineStandsOnItsTimelineStageByStage) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto why = world.orders().why(asset.to_string());
  ASSERT_TRUE(why);
  std::vector<std::string> stages;
  for (const auto& stage : why->boot) stages.push_back(stage.stage);
  EXPECT_EQ(stages, (std::vector<std::string>{"seen on", "DHCP (firmware, PXE)", "boot script: scout",
                                              "kernel", "scout's hello", "inventory"}));
  // And its self-test is known from it.
  EXPECT_EQ(world.disk.settings["boot.self_test." + asset.to_string()], "20");
}

TEST(Discover, OutsideOfTheWindowAStrangerGetsSilence) {
  World world;
  Server& server = world.add_server();
  server.network_first = true;
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "disk"; }, 1h));
  EXPECT_EQ(server.scout_boots, 0U);
  EXPECT_TRUE(world.orders().assets().empty());
  ASSERT_EQ(world.appliance().workshop.timelines().strangers().size(), 1U);
  EXPECT_EQ(world.appliance().workshop.timelines().strangers().front().mac, server.mac);
}

TEST(Discover, TheWindowClosesByTheClockThatNeverJumps) {
  World world;
  ASSERT_TRUE(open_window(world, 30min));
  world.run_for(29min);
  EXPECT_TRUE(world.orders().status().discovery_window_until);
  world.run_for(2min);
  EXPECT_FALSE(world.orders().status().discovery_window_until);
}

TEST(Discover, ARestoredDatabaseHasTheWindowClosed) {
  World world;
  ASSERT_TRUE(open_window(world, 12h));
  world.restart();
  EXPECT_TRUE(world.orders().status().discovery_window_until);
  world.stop_appliance();
  ++world.disk.epoch.value;  // what a restore does
  world.restart();
  EXPECT_FALSE(world.orders().status().discovery_window_until);
}

TEST(Discover, AMachineSeenBeforeItsBmcWasKnownBecomesOneAssetWithIt) {
  World world;
  Server& server = world.add_server();
  server.network_first = true;
  ASSERT_TRUE(open_window(world, 30min));
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "disk"; }, 1h));
  const AssetView before = only_asset(world);
  EXPECT_TRUE(world.appliance().workshop.timelines().strangers().empty()) << "it is known now";
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(enrolled);
  EXPECT_EQ(enrolled->asset, before.id);
  EXPECT_EQ(only_asset(world).status, AssetStatus::available);
}

TEST(Discover, KeysOfTwoAssetsAreAConflictAndTheNewcomerIsRefused) {
  World world;
  Server& one = world.add_server();
  Server& two = world.add_server();
  const auto first = enrol(world, one);
  ASSERT_TRUE(finishes(world, first->discovery->workflow));
  two.uuid = one.uuid;  // a cloned board: same UUID and serial, own MAC, and its own BMC says so
  two.serial = one.serial;
  two.bmc_guid.reset();
  two.bmc_fru_serial.clear();
  const auto second = enrol(world, two);
  ASSERT_TRUE(finishes(world, second->discovery->workflow));
  EXPECT_NE(error_of(world, second->discovery->workflow), "");
  EXPECT_EQ(world.orders().asset(second->asset.to_string())->status, AssetStatus::discovering);
  EXPECT_EQ(world.orders().asset(first->asset.to_string())->macs, std::vector{one.mac});
}

TEST(Discover, ABmcThatIgnoresPowerIsTriedThreeTimesAndNamed) {
  World world;
  Server& server = world.add_server();
  server.faults.ignore_power_on = 100;
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "bmc.power_ignored");
  EXPECT_EQ(server.power_on_commands, 3U);
}

TEST(Discover, AMachineThatTellsNothingIsFoundByAPowerTest) {
  World world;
  Server& one = add_taciturn(world);
  Server& two = add_taciturn(world);
  const auto first = enrol(world, one);
  const auto second = enrol(world, two);
  ASSERT_TRUE(finishes(world, first->discovery->workflow));
  ASSERT_TRUE(finishes(world, second->discovery->workflow));
  EXPECT_EQ(error_of(world, first->discovery->workflow), "");
  EXPECT_EQ(error_of(world, second->discovery->workflow), "");
  ASSERT_EQ(world.orders().assets().size(), 2U);
  EXPECT_EQ(world.orders().asset(first->asset.to_string())->serial, one.serial);
  EXPECT_EQ(world.orders().asset(second->asset.to_string())->serial, two.serial);
  EXPECT_EQ(world.orders().asset(first->asset.to_string())->status, AssetStatus::available);
  EXPECT_TRUE(std::ranges::any_of(world.disk.timeline, [](const TimelineRow& row) {
    const auto* note = std::get_if<core::Note>(&row.evidence.fact);
    return note != nullptr && note->text.contains("power test");
  }));
}

TEST(Discover, APowerTestThatIsCancelledBeforeItsTurnSwitchesNothingOff) {
  World world;
  Server& one = add_taciturn(world);
  Server& two = add_taciturn(world);
  const auto first = enrol(world, one);
  const auto second = enrol(world, two);
  const auto in_test = [&](const Enrolled& which) {
    return world.disk.workflows.at(which.discovery->workflow).step == "power_test";
  };
  ASSERT_TRUE(world.run_until([&] { return in_test(*first) && in_test(*second); }, 1h));
  world.run_for(10s);  // by now every scout was heard of lately
  const unsigned switched_off = two.power_off_commands;
  EXPECT_TRUE(cancel(world, second->discovery->workflow));
  EXPECT_EQ(error_of(world, second->discovery->workflow), "workflow.cancelled");
  ASSERT_TRUE(finishes(world, first->discovery->workflow));
  EXPECT_EQ(error_of(world, first->discovery->workflow), "");
  EXPECT_EQ(world.orders().asset(first->asset.to_string())->serial, one.serial);
  EXPECT_EQ(two.power_off_commands, switched_off);
}

TEST(Discover, APowerTestThatIsCancelledHalfwayMatchesNobody) {
  World world;
  Server& server = add_taciturn(world);
  const auto enrolled = enrol(world, server);
  // It went silent, and whether it comes back is not seen any more.
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 2; }, 1h));
  world.run_for(1s);
  EXPECT_TRUE(cancel(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "workflow.cancelled");
  EXPECT_EQ(world.orders().asset(enrolled->asset.to_string())->serial, "");
}

TEST(Discover, OnePowerTestAtATimeOrNone) {
  World world;
  std::vector<core::Result<Enrolled>> enrolled;
  for (int i = 0; i < 3; ++i) {
    Server& server = add_taciturn(world);
    enrolled.push_back(enrol(world, server));
    ASSERT_TRUE(enrolled.back());
  }
  ASSERT_TRUE(world.run_until(
      [&] { return std::ranges::all_of(world.servers, [](const Server& s) { return s.runs == "scout"; }); },
      1h));
  // From now on none comes back from its test, and each test waits for that as long as a boot may take.
  for (Server& server : world.servers) server.faults.ignore_power_on = 100;
  const auto ended = [&](const core::Result<Enrolled>& which, std::string_view code) {
    return error_of(world, which->discovery->workflow) == code;
  };
  ASSERT_TRUE(world.run_until(
      [&] {
        return std::ranges::any_of(
            enrolled, [&](const auto& which) { return ended(which, "discover.power_test_busy"); });
      },
      24h));
}

TEST(Discover, CancelledWhileTheSelfTestIsLeftInPeaceTheMachineStaysOn) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  ASSERT_TRUE(finishes(world, discover(world, asset)->workflow));  // now its self-test is known
  const auto on = world.ask<core::Result<Submitted>>(
      [asset](Workshop& w) { return w.orders().power({asset.to_string(), PowerOrderAction::on, ""}); });
  ASSERT_TRUE(on && *on && finishes(world, (*on)->workflow));
  const unsigned switched_off = server.power_off_commands;
  const auto again = discover(world, asset);
  world.run_for(5s);
  ASSERT_EQ(world.disk.workflows.at(again->workflow).step, "power_off");
  EXPECT_TRUE(cancel(world, again->workflow));
  EXPECT_EQ(error_of(world, again->workflow), "workflow.cancelled");
  EXPECT_EQ(server.power_off_commands, switched_off);
  EXPECT_EQ(server.power, core::PowerState::on);
}

TEST(Discover, ALostPowerAnswerIsLookedAtNotRepeated) {
  World world;
  Server& server = world.add_server();
  server.faults.lose_power_answer = 1;
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  EXPECT_EQ(server.power_on_commands, 1U);
}

TEST(Discover, AnIgnoredBootDeviceIsTriedAgainFromPowerOff) {
  World world;
  Server& server = world.add_server();
  server.faults.ignore_boot_device = 1;
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  EXPECT_EQ(server.power_on_commands, 2U);

  World stubborn;
  Server& other = stubborn.add_server();
  other.faults.ignore_boot_device = 100;
  const auto failed = enrol(stubborn, other);
  ASSERT_TRUE(finishes(stubborn, failed->discovery->workflow));
  EXPECT_EQ(error_of(stubborn, failed->discovery->workflow), "boot.no_request");
  EXPECT_EQ(other.power_on_commands, 4U);
  EXPECT_NE(stubborn.disk.workflows.at(failed->discovery->workflow)
                .error_message.find("one-time EFI, one-time legacy, persistent EFI, persistent legacy"),
            std::string::npos);
  EXPECT_EQ(other.next_boot.device, drivers::BootDevice::none) << "a persistent network boot was left behind";
}

TEST(Discover, AnIgnoredEfiBitIsLeftOutAndRememberedForTheModel) {
  World world;
  Server& server = world.add_server();
  server.faults.only_without_efi = true;
  ASSERT_TRUE(finishes(world, enrol(world, server)->discovery->workflow));
  EXPECT_EQ(server.power_on_commands, 2U);
  Server& sister = world.add_server();
  sister.faults.only_without_efi = true;
  const auto second = enrol(world, sister);
  ASSERT_TRUE(finishes(world, second->discovery->workflow));
  EXPECT_EQ(error_of(world, second->discovery->workflow), "");
  EXPECT_EQ(sister.power_on_commands, 1U);
}

TEST(Discover, APersistentNetworkBootIsUsedWhereNothingElseWorksAndTakenBack) {
  World world;
  Server& server = world.add_server();
  server.faults.only_persistent = true;
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  EXPECT_EQ(server.power_on_commands, 3U);
  EXPECT_EQ(server.next_boot.device, drivers::BootDevice::none);
}

TEST(Discover, ARefusedSettingIsPassedOverWithoutAnotherBoot) {
  World world;
  Server& server = world.add_server();
  server.faults.refuse_efi = true;
  const auto enrolled = enrol(world, server);
  ASSERT_TRUE(finishes(world, enrolled->discovery->workflow));
  EXPECT_EQ(error_of(world, enrolled->discovery->workflow), "");
  EXPECT_EQ(server.power_on_commands, 1U);
  EXPECT_EQ(server.boot_device_commands, 2U);
}

TEST(Discover, AMachineThatIsKnownIsNotWaitedForLongerThanItsSelfTestAsksFor) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto discover_again = [&] {
    const auto again = discover(world, asset);
    return again && finishes(world, again->workflow) && error_of(world, again->workflow).empty();
  };
  ASSERT_TRUE(discover_again());  // at the first time nobody knew whose requests those were
  server.faults.ignore_boot_device = 1;
  const auto began = world.timers.now();
  ASSERT_TRUE(discover_again());
  EXPECT_LT(world.timers.now() - began, 6min);  // 15 without that knowledge
}

TEST(Discover, MoreThanThreeNetworkBootsWithoutProgressAreANamedFailure) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.reset_instead_of_scout = true;
  const auto again = discover(world, asset);
  ASSERT_TRUE(again);
  ASSERT_TRUE(finishes(world, again->workflow));
  EXPECT_EQ(error_of(world, again->workflow), "boot.loop");
}

TEST(Discover, AWrongPasswordIsNotTriedAgain) {
  World world;
  Server& server = world.add_server();
  const auto enrolled = enrol(world, server, false);
  ASSERT_TRUE(enrolled);
  server.faults.bmc_wrong_password = true;
  const auto submitted = world.ask<core::Result<Submitted>>(
      [id = enrolled->asset](Workshop& w) { return w.orders().discover({id.to_string(), ""}); });
  ASSERT_TRUE(submitted && *submitted);
  ASSERT_TRUE(finishes(world, (*submitted)->workflow));
  EXPECT_EQ(error_of(world, (*submitted)->workflow), "bmc.credentials");
  EXPECT_EQ(only_asset(world).condition, AssetCondition::unreachable);
}

TEST(Discover, ASilentBmcIsNamedUnreachableAndOthersGoOn) {
  World world;
  Server& server = world.add_server();
  Server& other = world.add_server();
  const auto enrolled = enrol(world, server, false);
  server.faults.bmc_silent = true;
  const auto submitted = world.ask<core::Result<Submitted>>(
      [id = enrolled->asset](Workshop& w) { return w.orders().discover({id.to_string(), ""}); });
  const auto healthy = enrol(world, other);
  ASSERT_TRUE(finishes(world, healthy->discovery->workflow));
  EXPECT_EQ(error_of(world, healthy->discovery->workflow), "");
  ASSERT_TRUE(finishes(world, (*submitted)->workflow));
  EXPECT_EQ(error_of(world, (*submitted)->workflow), "bmc.unreachable");
  EXPECT_EQ(world.orders().asset(enrolled->asset.to_string())->condition, AssetCondition::unreachable);
}
