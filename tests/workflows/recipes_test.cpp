// The three recipes against a simulated site: what an operator sees, and what the machines felt.

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

AssetView only_asset(World& world) {
  const auto assets = world.orders().assets();
  EXPECT_EQ(assets.size(), 1U);
  return assets.empty() ? AssetView{} : assets.front();
}

bool noted(World& world, std::string_view code) {
  return std::ranges::any_of(world.disk.timeline, [code](const TimelineRow& row) {
    const auto* note = std::get_if<core::Note>(&row.evidence.fact);
    return note != nullptr && note->code == code;
  });
}

bool boot_was_assumed(World& world) {
  return noted(world, "provision.boot_assumed");
}

std::vector<std::string> facts(World& world, const core::AssetId& asset) {
  std::vector<std::string> names;
  for (const auto& row : world.disk.timeline) {
    if (row.asset == asset) names.emplace_back(core::fact_name(row.evidence.fact));
  }
  return names;
}

}  // namespace

TEST(Enrol, TakesANameAsItIsGivenOrNotAtAll) {
  World world;
  Server& one = world.add_server();
  Server& two = world.add_server();
  ASSERT_TRUE(world.run_until([&] { return world.is_up(); }));
  const auto first = enrol(world, one, false, "server");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->name, "server");
  const auto second = enrol(world, two, false, "server");
  ASSERT_FALSE(second) << second->name;
  EXPECT_EQ(second.error().code, "asset.name_taken");
  EXPECT_NE(second.error().message.find(first->asset.to_string()), std::string::npos);
  EXPECT_EQ(world.orders().assets().size(), 1U) << "nothing is stored of a refused one";
  const auto renamed = enrol(world, two, false, "web-2");
  ASSERT_TRUE(renamed);
  EXPECT_EQ(enrol(world, one, false, "web-2").error().code, "asset.name_taken");
  const auto again = enrol(world, one, false, "server");
  ASSERT_TRUE(again) << "its own name is no conflict";
  EXPECT_TRUE(again->updated);
  EXPECT_EQ(enrol(world, one, false, "web-1")->name, "web-1");
}

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
  Server& one = world.add_server();
  Server& two = world.add_server();
  for (Server* const server : {&one, &two}) {
    server->tells_bmc_address = false;
    server->bmc_guid.reset();
    server->bmc_fru_serial.clear();
  }
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
    const auto again = world.ask<core::Result<Submitted>>(
        [asset](Workshop& w) { return w.orders().discover({asset.to_string(), ""}); });
    return again && *again && finishes(world, (*again)->workflow) &&
           error_of(world, (*again)->workflow).empty();
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
  const auto again = world.ask<core::Result<Submitted>>(
      [asset](Workshop& w) { return w.orders().discover({asset.to_string(), ""}); });
  ASSERT_TRUE(again && *again);
  ASSERT_TRUE(finishes(world, (*again)->workflow));
  EXPECT_EQ(error_of(world, (*again)->workflow), "boot.loop");
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

TEST(Provision, ANodeInstallsAndBootsFromItsDisk) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = provision(world, asset, "op-1");
  ASSERT_TRUE(submitted) << submitted.error().message;
  const auto repeated = provision(world, asset, "op-1");
  ASSERT_TRUE(repeated);
  EXPECT_TRUE(repeated->repeated);
  EXPECT_EQ(repeated->workflow, submitted->workflow);
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned);
  EXPECT_EQ(server.configs_completed, 1U);
  EXPECT_EQ(server.last_config, machine_config);
  EXPECT_TRUE(server.booted_from_disk);
  EXPECT_EQ(server.power_on_commands, 2U);
  EXPECT_FALSE(world.disk.secrets.contains("workflow:" + submitted->workflow.to_string()));
  for (const auto& [id, row] : world.disk.workflows)
    EXPECT_FALSE(row.order_json.contains("secret")) << row.order_json;
}

TEST(Provision, ANodeThatAlwaysAsksTheNetworkFirstIsSentToItsDisk) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.network_first = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_TRUE(server.booted_from_disk);
  // And at every later boot.
  world.power_changed(server, core::PowerState::off);
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "disk"; }, 1h));
}

TEST(Provision, EveryNetworkEntryBeforeItsDiskMayAskOnceAndIsSentOn) {
  World world;
  Server& server = world.add_server();
  server.second_nic = core::MacAddress({0x52, 0x54, 0x00, 0x00, 0x01, 1});
  const auto asset = discovered(world, server);
  server.network_first = true;
  server.doors = 4;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_TRUE(server.booted_from_disk);
  EXPECT_EQ(server.handovers, std::vector(4, pxe::LocalHandover::exit));
  EXPECT_EQ(server.configs_completed, 1U) << "installed once";
}

TEST(Provision, ANodeThatIsBackAfterEveryWayToItsDiskHasNoneThatBoots) {
  World world;
  Server& server = world.add_server();
  server.faults.only_handover = pxe::LocalHandover::sanboot;
  const auto asset = discovered(world, server);
  server.network_first = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "provision.disk_does_not_boot");
  EXPECT_TRUE(noted(world, "boot.handover_none"));
}

TEST(Provision, SanbootIsNeitherGivenToAMachineWithSeveralDisksNorSpreadToItsModel) {
  constexpr auto leave = pxe::LocalHandover::exit, sanboot = pxe::LocalHandover::sanboot;
  using Ways = std::vector<pxe::LocalHandover>;
  World world;
  Server& server = world.add_server();
  Server& alike = world.add_server();
  Server& larger = world.add_server();
  for (Server* each : {&server, &alike, &larger}) {
    each->efi = false;
    each->faults.only_handover = sanboot;
    if (each != &larger) each->disks.pop_back();
  }
  const auto asset = discovered(world, server);
  const auto other = discovered(world, alike);
  const auto third = discovered(world, larger);
  for (Server* each : {&server, &alike, &larger}) each->network_first = true;
  for (const auto& [id, which] : {std::pair(asset, &server), std::pair(other, &alike)}) {
    const auto submitted = provision(world, id, "");
    ASSERT_TRUE(finishes(world, submitted->workflow));
    EXPECT_EQ(error_of(world, submitted->workflow), "");
    EXPECT_EQ(which->handovers, (Ways{leave, sanboot}));
  }
  const auto submitted = provision(world, third, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "provision.disk_does_not_boot");
  EXPECT_EQ(std::ranges::count(larger.handovers, sanboot), 0);
}

TEST(Provision, AMachineThatFollowsOnlyOneWayToItsDiskIsLearntAndSoIsItsModel) {
  constexpr auto leave = pxe::LocalHandover::exit, sanboot = pxe::LocalHandover::sanboot,
                 not_found = pxe::LocalHandover::not_found;
  using Ways = std::vector<pxe::LocalHandover>;
  World world;
  Server& server = world.add_server();
  Server& alike = world.add_server();
  for (Server* each : {&server, &alike}) {
    each->efi = false;
    each->faults.only_handover = not_found;
    each->disks.pop_back();  // with one disk sanboot is among the ways
  }
  const auto asset = discovered(world, server);
  const auto other = discovered(world, alike);
  server.network_first = alike.network_first = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_TRUE(server.booted_from_disk);
  EXPECT_EQ(server.handovers, (Ways{leave, sanboot, not_found}));
  EXPECT_TRUE(noted(world, "boot.handover_learnt"));
  // Remembered for this machine, across a restart of colonyd.
  world.restart();
  ASSERT_TRUE(world.run_until([&] { return world.is_up(); }, 1h));
  server.handovers.clear();
  world.power_changed(server, core::PowerState::off);
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "disk"; }, 1h));
  EXPECT_EQ(server.handovers, Ways{not_found});
  ASSERT_TRUE(
      world.run_until([&] { return !world.orders().asset(asset.to_string())->local_disk_by.empty(); }, 1h));
  EXPECT_EQ(world.orders().asset(asset.to_string())->local_disk_by.front(),
            (std::pair<std::string, std::string>{"bios", "not-found"}));
  // And the first guess for the next of its kind.
  const auto next = provision(world, other, "");
  ASSERT_TRUE(finishes(world, next->workflow));
  EXPECT_EQ(error_of(world, next->workflow), "");
  EXPECT_EQ(alike.handovers, Ways{not_found});
}

TEST(Provision, ASystemThatComesUpAfterItWasSentToItsDiskIsSeenAtOnce) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.network_first = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.booted_from_disk; }, 1h));
  const core::BootTime booted = world.timers.now();
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_LT(world.timers.now() - booted, world.site().pacing.disk_boot_settle);
  EXPECT_FALSE(boot_was_assumed(world));
}

TEST(Provision, ASystemThatComesUpWithoutAskingToBootIsAssumedToBeTheNewOne) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.booted_from_disk; }, 1h));
  const core::BootTime booted = world.timers.now();
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_LT(world.timers.now() - booted, world.site().pacing.quiet_after_install / 2);
  EXPECT_TRUE(boot_was_assumed(world));
}

TEST(Provision, AnInstallerThatAsksForItsAddressAgainIsNoBootFromDisk) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.static_address = true;
  server.faults.installer_asks_again = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.configs_completed == 1; }, 1h));
  const core::BootTime fetched = world.timers.now();
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_GE(world.timers.now() - fetched, world.site().pacing.quiet_after_install);
  EXPECT_TRUE(boot_was_assumed(world));
}

TEST(Provision, ANodeThatGotItsConfigWhenTheProgramDiedOverItIsNotInstalledAgain) {
  for (const bool network_first : {false, true}) {
    World world;
    Server& server = world.add_server();
    const auto asset = discovered(world, server);
    server.network_first = network_first;
    server.faults.untold_config = 1;
    const auto submitted = provision(world, asset, "");
    ASSERT_TRUE(world.run_until([&] { return server.configs_completed == 1; }, 1h));
    world.restart();
    ASSERT_TRUE(finishes(world, submitted->workflow));
    EXPECT_EQ(error_of(world, submitted->workflow), "");
    EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned);
    EXPECT_TRUE(server.booted_from_disk);
    EXPECT_EQ(server.configs_completed, 1U);
    EXPECT_EQ(server.power_on_commands, 2U) << "discovery's, and one for the only attempt";
  }
}

TEST(Provision, ATruncatedDeliveryBeforeARestartIsWaitedForAgain) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 1;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.faults.truncate_config == 0; }, 1h));
  world.run_for(1s);
  world.restart();
  EXPECT_EQ(world.disk.workflows.at(submitted->workflow).step, "await_config");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.configs_completed, 1U);
}

TEST(Provision, ANodeThatKeepsAskingForANetworkBootIsNotAssumedToRunFromItsDisk) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.never_install = 1;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.configs_completed == 1; }, 1h));
  // Its requests arrive, its boot program does not: it never comes as far as a script.
  for (int minute = 0; minute < 15; ++minute) {
    world.run_for(1min);
    world.appliance().workshop.evidence().emit(
        {{},
         server.mac,
         {},
         server.uuid,
         world.timers.utc_now(),
         "pxe.dhcp",
         core::DhcpSeen{core::ClientArch::efi_x64, core::BootStage::firmware_pxe, true}});
  }
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioning);
  world.run_for(world.site().pacing.quiet_after_install + 1min);
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned);
}

TEST(Provision, ATruncatedConfigDoesNotCountAndMayBeFetchedAgain) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 3;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.configs_completed, 1U);
}

TEST(Provision, ANodeThatNeverFetchesItsConfigGetsANewTokenAndInTheEndAReason) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 100'000;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "provision.config_not_fetched");
  EXPECT_EQ(server.power, core::PowerState::off);
  EXPECT_EQ(only_asset(world).status, AssetStatus::available);
  EXPECT_EQ(only_asset(world).condition, AssetCondition::normal);
  EXPECT_FALSE(only_asset(world).wiped_by_us) << "an installer may have written";
  std::set<core::Sha256Digest> tokens;
  for (const auto& [id, intent] : world.disk.intents) {
    if (intent.act == "boot_talos") tokens.insert(intent.token_hash);
  }
  EXPECT_EQ(tokens.size(), 3U);
  EXPECT_EQ(only_asset(world).status, AssetStatus::available);
}

TEST(Provision, IsTurnedAwayWhenItsTurnComesAndTheAssetIsTaken) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto first = provision(world, asset, "op-1");
  // Another one stands behind it in the journal, ordered when the asset was still available.
  world.stop_appliance();
  WorkflowRow late = world.disk.workflows.at(first->workflow);
  late.id = core::WorkflowId(*core::Uuid::parse("00112233-4455-4677-8899-aabbccddeeff"));
  late.operation_id = "op-2";
  late.status = WorkflowStatus::pending;
  late.step.clear();
  late.created_at += 1s;
  world.disk.workflows.emplace(late.id, late);
  world.restart();
  ASSERT_TRUE(finishes(world, first->workflow));
  ASSERT_TRUE(finishes(world, late.id));
  EXPECT_EQ(error_of(world, first->workflow), "");
  EXPECT_EQ(error_of(world, late.id), "asset.not_available");
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned);
  EXPECT_EQ(server.configs_completed, 1U);
  EXPECT_EQ(server.power, core::PowerState::on);
}

TEST(Provision, RefusesWhatCannotWorkWithAReason) {
  World world;
  Server& server = world.add_server();
  const auto enrolled = enrol(world, server, false);
  auto refused = provision(world, enrolled->asset, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "asset.not_available");
  const auto asset = discovered(world, server);
  refused = provision(world, asset, "", "D9");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "provision.unknown_disk");
  refused = provision(world, asset, "", "DA1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "provision.disk_not_used");
}

TEST(Wipe, NamedDisksAreErasedOnceAndRecorded) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "op-w");
  ASSERT_TRUE(submitted) << submitted.error().message;
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  for (const auto& drive : server.disks) {
    EXPECT_EQ(drive.writes, 1U);
    EXPECT_EQ(drive.content, "");
  }
  const AssetView view = only_asset(world);
  EXPECT_EQ(view.status, AssetStatus::available);
  EXPECT_TRUE(view.wiped_by_us);
  EXPECT_EQ(server.power, core::PowerState::off);
  ASSERT_EQ(world.disk.wipe_records.size(), 1U);
  EXPECT_EQ(world.disk.redeemed.size(), 1U);
  // Nothing to boot from: it waits and does not go to its disk.
  server.network_first = true;
  world.power_changed(server, core::PowerState::on);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "hold"; }, 1h));
}

TEST(Wipe, OneOfTwoDisksLeavesTheOtherAloneAndBootable) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "", {"DB1"});
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(server.disks[0].writes, 0U);
  EXPECT_EQ(server.disks[0].content, "data");
  EXPECT_EQ(server.disks[1].writes, 1U);
  EXPECT_FALSE(only_asset(world).wiped_by_us);
}

TEST(Wipe, AFailureBeforeAnyAttemptLeavesTheAssetAsItWas) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto provisioned = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, provisioned->workflow));
  ASSERT_EQ(only_asset(world).status, AssetStatus::provisioned);
  server.faults.ignore_power_off = 100;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_TRUE(error_of(world, submitted->workflow).starts_with("bmc.power_ignored"));
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned) << "nothing was intended, nothing written";
  EXPECT_EQ(only_asset(world).condition, AssetCondition::normal);
  for (const auto& [id, intent] : world.disk.intents) EXPECT_NE(intent.act, "wipe");
}

TEST(Enrol, UsesTheSitesDriverWhereNoneIsGiven) {
  World world;
  Server& server = world.add_server();
  world.site().bmc_driver = "ipmitool";
  world.restart();
  ASSERT_TRUE(world.run_until([&] { return world.is_up(); }));
  ASSERT_TRUE(enrol(world, server, false));
  EXPECT_EQ(only_asset(world).bmc->driver, "ipmitool");
}

TEST(Wipe, OneDiskOfAProvisionedMachineLeavesItProvisioned) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  ASSERT_TRUE(finishes(world, provision(world, asset, "")->workflow));
  ASSERT_TRUE(finishes(world, wipe(world, asset, "", {"DB1"})->workflow));
  EXPECT_EQ(server.disks[1].writes, 1U);
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioned);
}

TEST(Wipe, OneDiskDoesNotEndTheQuarantineOfAnother) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.fail_erase = 1;
  ASSERT_TRUE(finishes(world, wipe(world, asset, "")->workflow));
  ASSERT_EQ(only_asset(world).condition, AssetCondition::quarantined);
  ASSERT_TRUE(finishes(world, wipe(world, asset, "", {"DB1"})->workflow));
  EXPECT_EQ(only_asset(world).condition, AssetCondition::quarantined);
}

TEST(Wipe, OfEverythingStopsAtADiskThatCameSinceItWasOrdered) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  FakeDisk added = server.disks.back();
  added.facts.id = {"DC1", "naa.50000001c"};
  added.facts.device = "sdc";
  server.disks.push_back(added);
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.wrong_disks");
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 0U);
  EXPECT_TRUE(world.disk.wipe_records.empty());
  // Ordered again, by somebody who has seen it, it goes with the others.
  ASSERT_TRUE(finishes(world, wipe(world, asset, "")->workflow));
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 1U);
}

TEST(Wipe, InHandWhenTheBackupWasMadeIsNeverEnteredAgain) {
  World world;
  Server& server = world.add_server();
  Server& waiting = world.add_server();
  const auto asset = discovered(world, server);
  const auto other = discovered(world, waiting);
  const auto running = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 2; }));
  world.stop_appliance();
  ++world.disk.epoch.value;  // what a restore does; by then the machine may belong to somebody else
  world.restart();
  EXPECT_EQ(error_of(world, running->workflow), "store.restored");
  world.run_for(24h);
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 0U);
  EXPECT_EQ(server.scout_boots, 1U);
  EXPECT_EQ(world.orders().asset(asset.to_string())->condition, AssetCondition::indeterminate);
  EXPECT_EQ(world.orders().asset(other.to_string())->condition, AssetCondition::normal);
  // A restart afterwards is an ordinary one, and a new order is a new order.
  world.restart();
  const auto again = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, again->workflow));
  EXPECT_EQ(error_of(world, again->workflow), "");
}

TEST(Wipe, AResultWithoutARedemptionIsNoEvidence) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.skip_redeem = 100;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.indeterminate");
  EXPECT_TRUE(world.disk.wipe_records.empty());
  EXPECT_EQ(only_asset(world).condition, AssetCondition::indeterminate);
}

TEST(Wipe, LessReadBackThanOrderedIsNoSuccess) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.read_little = 1;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.failed");
  EXPECT_TRUE(world.disk.wipe_records.empty());
  EXPECT_EQ(only_asset(world).condition, AssetCondition::quarantined);
}

TEST(Wipe, WrongDisksAtTheRedemptionWriteNothing) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.swap_disk_before_redeem = true;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.wrong_disks");
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 0U);
  EXPECT_TRUE(world.disk.redeemed.empty());
  EXPECT_EQ(only_asset(world).condition, AssetCondition::quarantined);
  EXPECT_EQ(server.power, core::PowerState::off);
}

TEST(Wipe, ScoutDyingInTheMiddleIsIndeterminateAndAnotherAttemptIsMadeAfterLooking) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.die_mid_wipe = 1;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.redemptions_granted, 2U);
  EXPECT_EQ(world.disk.redeemed.size(), 2U);
  unsigned indeterminate = 0;
  for (const auto& [id, intent] : world.disk.intents) {
    if (intent.act == "wipe" && intent.state == IntentState::indeterminate) ++indeterminate;
  }
  EXPECT_EQ(indeterminate, 1U);
  EXPECT_EQ(server.disks[0].content, "");
  EXPECT_EQ(only_asset(world).condition, AssetCondition::normal);
}

TEST(Wipe, ThreeAttemptsWithoutAnEndAreIndeterminateAndPoweredOff) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.never_tell_result = 100;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.indeterminate");
  EXPECT_EQ(server.redemptions_granted, 3U);
  EXPECT_EQ(only_asset(world).condition, AssetCondition::indeterminate);
  EXPECT_NE(only_asset(world).status, AssetStatus::available);
  EXPECT_EQ(server.power, core::PowerState::off);
  EXPECT_TRUE(world.disk.wipe_records.empty());
}

TEST(Wipe, ALostRedemptionAnswerMeansThatNothingIsWrittenAndTheTokenIsUsedUp) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.lose_redeem_answer = 1;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(world.disk.redeemed.size(), 2U);
  EXPECT_EQ(server.redemptions_granted, 1U);
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 1U);
}

TEST(Wipe, AFailedReadBackIsQuarantinedAndNeverRecorded) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.fail_erase = 1;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.failed");
  EXPECT_EQ(only_asset(world).condition, AssetCondition::quarantined);
  EXPECT_TRUE(world.disk.wipe_records.empty());
  EXPECT_EQ(server.power, core::PowerState::off);
  // A person looks and orders it again; that ends the quarantine.
  const auto again = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, again->workflow));
  EXPECT_EQ(only_asset(world).condition, AssetCondition::normal);
}

TEST(Wipe, WhatCannotReachTheMinimumIsRefusedBeforeAnyWrite) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto refused = world.ask<core::Result<Submitted>>([asset](Workshop& w) {
    return w.orders().wipe({asset.to_string(), {}, drivers::scout::WipeLevel::purge, ""});
  });
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "wipe.minimum_unreachable");
  EXPECT_EQ(server.power_on_commands, 1U);
}

TEST(Wipe, TheBudgetHoldsWhoeverAsks) {
  World world;
  world.site().wipe_budget_per_hour = 2;
  world.restart();
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  ASSERT_TRUE(wipe(world, asset, "a"));
  ASSERT_TRUE(wipe(world, asset, "b"));
  const auto refused = wipe(world, asset, "c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "wipe.budget");
  world.restart();
  EXPECT_EQ(world.orders().status().wipes_left_this_hour, 0U);
  world.run_for(61min);
  EXPECT_EQ(world.orders().status().wipes_left_this_hour, 2U);
}

TEST(Wipe, IsNotCutOffByACancel) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.redemptions_granted == 1; }, 1h));
  const auto refused =
      world.ask<core::Result<>>([id = submitted->workflow](Workshop& w) { return w.orders().cancel(id); });
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "workflow.not_cancellable");
}

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

TEST(Enrol, OpensTheBmcAfreshEachTimeBecauseItMayHaveBeenMended) {
  World world;
  Server& server = world.add_server();
  server.faults.bmc_wrong_password = true;
  EXPECT_FALSE(enrol(world, server));
  server.faults.bmc_wrong_password = false;
  EXPECT_TRUE(enrol(world, server));
  EXPECT_EQ(world.appliance().opened_afresh, 2U);
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
