// The recipe `wipe` against a simulated site: what an operator sees, and what the machines felt.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

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
  ASSERT_EQ(world.disk.wipe_records.size(), 1U);
  const std::string& record = world.disk.wipe_records.front().record_json;
  EXPECT_NE(record.find(R"("code":"left-alone")"), std::string::npos) << record;
  EXPECT_NE(record.find("was no part of this erasure"), std::string::npos) << record;
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

TEST(Wipe, JudgedForAnIdleMachineIsNotPlacedBehindOtherWork) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto wipe_while_idle = [&] {
    return world.ask<core::Result<Submitted>>([asset](Workshop& workshop) {
      return workshop.orders().wipe({asset.to_string(), {}, {}, "op-w", true});
    });
  };
  const auto installing = provision(world, asset, "");
  const auto refused = wipe_while_idle();
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "wipe.not_idle");
  ASSERT_TRUE(finishes(world, installing->workflow));
  const auto in_use = wipe_while_idle();
  ASSERT_TRUE(in_use && !*in_use);
  EXPECT_EQ(in_use->error().code, "wipe.not_idle");
  for (const auto& drive : server.disks) EXPECT_NE(drive.content, "");

  ASSERT_TRUE(finishes(world, wipe(world, asset, "")->workflow));
  const auto idle = wipe_while_idle();
  ASSERT_TRUE(idle && *idle);
  EXPECT_TRUE(finishes(world, (*idle)->workflow));
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

TEST(Wipe, OfEverythingStopsWhereThereAreMoreDisksThanAreListed) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.more_disks = true;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.wrong_disks");
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 0U);
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
  const auto refused = cancel(world, submitted->workflow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "workflow.not_cancellable");
}

TEST(Wipe, CancelledWhileTheApplianceHasNoAddressIsNotGoneOnWith) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 2; }, 1h));
  // Another machine has the address at this start: the journal is open, no workflow is entered.
  world.address_held = false;
  world.restart();
  const auto pending = cancel(world, submitted->workflow);
  ASSERT_FALSE(pending);
  EXPECT_EQ(pending.error().code, "workflow.cancel_pending");
  world.run_for(2h);
  world.address_held = true;
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "workflow.cancelled");
  EXPECT_EQ(server.redemptions_granted, 0U);
  for (const auto& drive : server.disks) EXPECT_EQ(drive.content, "data");
  EXPECT_EQ(server.power, core::PowerState::off);
}

TEST(Wipe, ACancelOfWhatARestoreGaveUpDoesNotMeetTheNextOrder) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 2; }, 1h));
  world.stop_appliance();
  ++world.disk.epoch.value;
  world.address_held = false;
  world.restart();
  EXPECT_FALSE(cancel(world, submitted->workflow));
  world.address_held = true;
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "store.restored");
  const auto next = wipe(world, asset, "");
  ASSERT_TRUE(next && finishes(world, next->workflow));
  EXPECT_EQ(error_of(world, next->workflow), "");
}

TEST(Wipe, InHandGoesOnWhileTheApplianceIsWithoutItsAddress) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.redemptions_granted == 1; }, 1h));
  const unsigned switched_off = server.power_off_commands;
  world.appliance().workshop.set_ready(false);
  world.run_for(3h);
  EXPECT_EQ(server.power_off_commands, switched_off);
  world.appliance().workshop.set_ready(true);
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.redemptions_granted, 1U);
  for (const auto& drive : server.disks) EXPECT_EQ(drive.writes, 1U);
}

TEST(Wipe, ASilenceThatBeginsWhileNobodyListensIsNoticedAfterwards) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.die_mid_wipe = 1;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(world.run_until([&] { return server.redemptions_granted == 1; }, 1h));
  world.appliance().workshop.set_ready(false);
  ASSERT_TRUE(world.run_until([&] { return server.runs == "dead"; }, 1h));
  world.run_for(1h);
  world.appliance().workshop.set_ready(true);
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
  EXPECT_EQ(server.redemptions_granted, 2U);
}

TEST(Wipe, ThatScoutDoesNotBeginSaysWhy) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.refuse_erase = 100;
  const auto submitted = wipe(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "wipe.not_begun");
  EXPECT_TRUE(world.disk.workflows.at(submitted->workflow).error_message.contains("scout.disk_busy"))
      << world.disk.workflows.at(submitted->workflow).error_message;
}

TEST(Wipe, OfItsTokenOnlyTheHashIsJournaled) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  ASSERT_TRUE(finishes(world, wipe(world, asset, "")->workflow));
  ASSERT_EQ(world.disk.redeemed.size(), 1U);
  const std::string& detail = world.disk.redeemed.begin()->second.detail_json;
  EXPECT_TRUE(detail.contains("DA1")) << detail;
  EXPECT_FALSE(detail.contains("token")) << detail;
}
