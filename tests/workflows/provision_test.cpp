// The recipe `provision` against a simulated site: what an operator sees, and what the machines felt.

#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

bool boot_was_assumed(World& world) {
  return noted(world, "provision.boot_assumed");
}

}  // namespace

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

TEST(Provision, ABootThatNobodyAnsweredSaysNothingAboutTheMachine) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 2; }, 1h));
  world.appliance().workshop.set_ready(false);
  world.run_for(5h);
  EXPECT_EQ(server.power_on_commands, 2U) << "it is waited for, not switched off and on";
  EXPECT_EQ(server.runs, "disk") << "nobody answered its network boot";
  world.appliance().workshop.set_ready(true);
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.power_on_commands, 3U);
  EXPECT_EQ(server.next_boot.persistence, drivers::BootPersistence::once);
  EXPECT_TRUE(noted(world, "boot.again", "without its address"));
  EXPECT_FALSE(noted(world, "boot.learnt")) << "what the BMC was told was right";
}

TEST(Provision, ThatNobodyCouldAskTheApplianceIsNoSignOfABootFromDisk) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.static_address = true;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.configs_completed == 1; }, 1h));
  world.appliance().workshop.set_ready(false);
  world.run_for(5h);
  EXPECT_EQ(only_asset(world).status, AssetStatus::provisioning);
  world.appliance().workshop.set_ready(true);
  const auto since = world.timers.now();
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_GE(world.timers.now() - since, world.site().pacing.quiet_after_install);
  EXPECT_EQ(server.configs_completed, 1U);
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

TEST(Provision, TheConfigNamesTheNicsThatTheRulesMean) {
  World world;
  Server& server = world.add_server();
  server.second_nic = core::MacAddress({0x52, 0x54, 0, 0x77, 9, 9});
  const auto asset = discovered(world, server);
  const auto order = [asset] {
    return ProvisionOrder{
        .asset = asset.to_string(),
        .machine_config = core::Secret("version: v1alpha1\nmachine: {bond: ['${install_nic_mac}', "
                                       "'${install_nic_2_mac}']}\n"),
        .disk = "",
        .kernel_arguments = {},
        .operation_id = "op-1",
        .nics = {"boot=no", "boot=yes"}};
  };
  const auto plan = world.ask<core::Result<ProvisionPlan>>(
      [&order](Workshop& workshop) -> core::Task<core::Result<ProvisionPlan>> {
        co_return workshop.orders().plan_provision(order());
      });
  ASSERT_TRUE(plan && *plan);
  ASSERT_EQ((*plan)->nics.size(), 2U);
  EXPECT_EQ((*plan)->nics[0].mac, *server.second_nic);
  const auto submitted = world.ask<core::Result<Submitted>>(
      [&order](Workshop& workshop) { return workshop.orders().provision(order()); });
  ASSERT_TRUE(submitted && *submitted);
  const auto id = (*submitted)->workflow;
  ASSERT_TRUE(finishes(world, id));
  EXPECT_EQ(server.last_config, fmt::format("version: v1alpha1\nmachine: {{bond: ['{}', '{}']}}\n",
                                            server.second_nic->to_string(), server.mac.to_string()));
  const auto view = world.ask<core::Result<WorkflowView>>(
      [id](Workshop& workshop) { return workshop.orders().workflow(id); });
  ASSERT_TRUE(view && *view);
  ASSERT_EQ((*view)->install_nics.size(), 2U);
  EXPECT_EQ((*view)->install_nics[1].mac, server.mac);
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
