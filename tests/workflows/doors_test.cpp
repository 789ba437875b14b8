// What the world outside may ask, and what it gets: boot decisions, scout's wire, machine configs.

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

pxe::BootRequest request_of(const Server& server) {
  return {server.mac, server.uuid, core::ClientArch::efi_x64, core::BootStage::ipxe, server.address};
}

std::string verdict(World& world, const Server& server) {
  pxe::BootPolicy& policy = world.appliance().workshop.boot_policy();
  const auto decision = policy.decide(request_of(server));
  EXPECT_EQ(policy.serves(request_of(server)), !std::holds_alternative<pxe::Silence>(decision));
  if (const auto* kernel = std::get_if<pxe::KernelBoot>(&decision)) return kernel->script;
  if (std::holds_alternative<pxe::LocalDisk>(decision)) return "local";
  return std::holds_alternative<pxe::Hold>(decision) ? "hold" : "silence";
}

/// One asset as the journal holds it, and a program that starts on it.
std::string verdict_of(AssetStatus status, AssetCondition condition, bool wiped, bool inventory) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  world.stop_appliance();
  AssetRow& row = world.disk.assets.at(asset);
  row.status = status;
  row.condition = condition;
  row.wiped_by_us = wiped;
  if (!inventory) row.inventory_json.clear();
  world.restart();
  return verdict(world, server);
}

std::string kernel_argument(World& world, const Server& server, std::string_view name) {
  const auto decision = world.appliance().workshop.boot_policy().decide(request_of(server));
  const auto* kernel = std::get_if<pxe::KernelBoot>(&decision);
  if (kernel == nullptr) return {};
  for (const auto& argument : kernel->arguments) {
    if (argument.starts_with(name)) return argument.substr(name.size());
  }
  return {};
}

unsigned say(World& world, const std::string& token, core::Ipv4Address peer, const std::string& name,
             const std::string& body) {
  const auto reply = world.ask<ScoutReply>(
      [&](Workshop& workshop) { return workshop.scout().handle("/scout/v1/" + name, token, peer, body); });
  return reply ? reply->status : 0;
}

std::string fetch(World& world, const std::string& token, core::Ipv4Address peer) {
  const auto grant = world.ask<core::Result<ConfigDelivery::Grant>>(
      [&](Workshop& workshop) { return workshop.configs().fetch(token, peer); });
  if (!grant) return "no answer";
  return *grant ? "granted" : grant->error().code;
}

const core::Ipv4Address elsewhere = *core::Ipv4Address::parse("10.0.0.250");

}  // namespace

TEST(BootPolicy, HasAnAnswerForEveryStateAndNeverADiskForADoubtfulOne) {
  for (const auto status : {AssetStatus::discovering, AssetStatus::available, AssetStatus::provisioning,
                            AssetStatus::provisioned, AssetStatus::deprovisioning}) {
    for (const auto condition : {AssetCondition::normal, AssetCondition::quarantined,
                                 AssetCondition::indeterminate, AssetCondition::unreachable}) {
      for (const bool wiped : {false, true}) {
        const std::string got = verdict_of(status, condition, wiped, true);
        const bool doubtful =
            condition == AssetCondition::quarantined || condition == AssetCondition::indeterminate;
        std::string wanted = "hold";
        if (!doubtful && status == AssetStatus::provisioned) wanted = "local";
        if (!doubtful && status == AssetStatus::discovering) wanted = "local";
        if (!doubtful && status == AssetStatus::available) wanted = wiped ? "hold" : "local";
        EXPECT_EQ(got, wanted) << name(status) << " " << name(condition) << (wiped ? " wiped" : "");
      }
    }
  }
}

TEST(BootPolicy, AKnownMachineWithoutInventoryIsTreatedAsAStranger) {
  EXPECT_EQ(verdict_of(AssetStatus::discovering, AssetCondition::normal, false, false),
            "scout");  // window open
}

TEST(BootPolicy, IsSilentUntilEveryWorkflowIsEnteredAgain) {
  World world;
  Server& server = world.add_server();
  discovered(world, server);
  EXPECT_EQ(verdict(world, server), "local");
  MemoryJournal journal(world.disk, world.timers);
  core::SeededRandom random(9);
  Workshop starting({journal, world.timers, random, world.log, world.appliance(), {}}, world.site());
  EXPECT_FALSE(starting.boot_policy().serves(request_of(server)));
  EXPECT_TRUE(std::holds_alternative<pxe::Silence>(starting.boot_policy().decide(request_of(server))));
}

TEST(BootPolicy, TalosGetsItsMandatoryArgumentsAndAConfigUrlThatSurvivesARestart) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 100'000;
  ASSERT_TRUE(provision(world, asset, ""));
  ASSERT_TRUE(world.run_until([&] { return server.runs == "talos"; }, 1h));
  const std::string url = kernel_argument(world, server, "talos.config=");
  EXPECT_TRUE(url.starts_with("http://10.0.0.1:8080/config/")) << url;
  for (const char* const needed : {"talos.platform=metal", "slab_nomerge=", "pti=on"}) {
    const auto decision = world.appliance().workshop.boot_policy().decide(request_of(server));
    const auto& arguments = std::get<pxe::KernelBoot>(decision).arguments;
    EXPECT_TRUE(std::ranges::find(arguments, needed) != arguments.end()) << needed;
  }
  world.restart();
  EXPECT_EQ(kernel_argument(world, server, "talos.config="), url);
}

TEST(BootPolicy, AMachineKnownByItsUuidAloneIsNeverInstalledOver) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 100'000;
  ASSERT_TRUE(provision(world, asset, ""));
  ASSERT_TRUE(world.run_until([&] { return server.runs == "talos"; }, 1h));
  Server twin = server;
  twin.mac = core::MacAddress({0x52, 0x54, 0x00, 0xff, 0xff, 0x01});
  EXPECT_EQ(verdict(world, server), "talos");
  EXPECT_EQ(verdict(world, twin), "hold");
}

TEST(BootPolicy, ACardThatLeftAMachineDoesNotNameItAnyMore) {
  World world;
  Server& server = world.add_server();
  const core::MacAddress card({0x52, 0x54, 0x00, 0xff, 0xff, 0x01});
  server.second_nic = card;
  const auto asset = discovered(world, server);
  server.second_nic.reset();
  ASSERT_TRUE(finishes(world, discover(world, asset)->workflow));
  world.run_for(1h);  // the window of its own discovery closes
  // It sits in a machine that nobody knows, which boots while the other one is installed.
  Server& other = world.add_server();
  other.mac = card;
  ASSERT_TRUE(provision(world, asset, ""));
  ASSERT_TRUE(world.run_until([&] { return server.power_on_commands == 3; }, 1h));
  EXPECT_EQ(verdict(world, server), "talos");
  EXPECT_EQ(verdict(world, other), "silence");
  ASSERT_TRUE(open_window(world, 1h));
  EXPECT_EQ(verdict(world, other), "scout");
  EXPECT_FALSE(world.appliance().workshop.boot_policy().knows(card));
  // Nor is what it loads progress of that asset, also not from an address that the asset had.
  for (const auto address : {other.address, server.address}) {
    world.appliance().workshop.evidence().emit(
        {{},
         card,
         address,
         {},
         world.timers.utc_now(),
         "pxe",
         core::ArtifactServed{"of another machine", 14'000'000, true}});
  }
  world.run_for(1s);
  for (const auto& row : world.disk.timeline) {
    const auto* const served = std::get_if<core::ArtifactServed>(&row.evidence.fact);
    EXPECT_FALSE(served != nullptr && served->digest == "of another machine");
  }
}

TEST(ConfigDelivery, IsForTheBootedMachineOnlyAndForNobodyAfterIt) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  server.faults.truncate_config = 4;
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(submitted);
  EXPECT_EQ(fetch(world, "", server.address), "config.unknown_token");
  ASSERT_TRUE(world.run_until([&] { return server.runs == "talos"; }, 1h));
  const std::string url = kernel_argument(world, server, "talos.config=");
  const std::string token = url.substr(url.rfind('/') + 1);
  EXPECT_EQ(fetch(world, token, elsewhere), "config.other_peer");
  EXPECT_EQ(fetch(world, token.substr(1), server.address), "config.unknown_token");
  EXPECT_EQ(fetch(world, token, server.address), "granted");
  ASSERT_TRUE(world.run_until([&] { return server.configs_completed == 1; }, 1h));
  EXPECT_EQ(fetch(world, token, elsewhere), "config.other_peer");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(fetch(world, token, server.address), "config.unknown_token");
  for (const auto& [id, intent] : world.disk.intents) {
    EXPECT_FALSE(intent.detail_json.contains(token));
    EXPECT_FALSE(intent.result_json.contains(token));
  }
}

TEST(ConfigDelivery, WrongTokensAreNotedAndLockNobodyOut) {
  World world;
  Server& server = world.add_server();
  const auto asset = discovered(world, server);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(fetch(world, "guess", server.address), "config.unknown_token");
  const auto submitted = provision(world, asset, "");
  ASSERT_TRUE(finishes(world, submitted->workflow));
  EXPECT_EQ(error_of(world, submitted->workflow), "");
}

TEST(ScoutWire, ATokenIsForItsMachineItsBootAndItsEpoch) {
  World world;
  Server& server = world.add_server();
  ASSERT_TRUE(open_window(world, 1h));
  const std::string hello = R"({"scout_version":"0.1.0","boot_mac":"52:54:00:00:00:01"})";
  const std::string first = kernel_argument(world, server, "colony.token=");
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(say(world, "", server.address, "hello", hello), 401U);
  EXPECT_EQ(say(world, first, server.address, "hello", "{"), 400U);
  EXPECT_EQ(say(world, first, server.address, "hello", hello), 200U);
  EXPECT_EQ(say(world, first, elsewhere, "order", "{}"), 403U);
  EXPECT_EQ(say(world, first, server.address, "nothing", "{}"), 404U);
  const std::string second = kernel_argument(world, server, "colony.token=");
  EXPECT_EQ(say(world, second, server.address, "hello", hello), 200U);
  EXPECT_EQ(say(world, first, server.address, "hello", hello), 409U);
  world.restart();
  EXPECT_EQ(say(world, second, server.address, "order", "{}"), 200U);
  world.stop_appliance();
  ++world.disk.epoch.value;
  world.restart();
  EXPECT_EQ(say(world, second, server.address, "order", "{}"), 401U);
}

TEST(ScoutWire, NothingIsRedeemedWithoutAWipeInHand) {
  World world;
  Server& server = world.add_server();
  ASSERT_TRUE(open_window(world, 1h));
  const std::string token = kernel_argument(world, server, "colony.token=");
  drivers::scout::Redemption redemption;
  redemption.token = "0123456789abcdef0123456789abcdef";
  redemption.attempt.value = 1;
  redemption.epoch.value = 1;
  redemption.disks.push_back(server.disks.front().facts);
  const std::string body = core::dump_json(drivers::scout::to_json(redemption));
  EXPECT_EQ(say(world, token, server.address, "redeem", body), 403U);
  EXPECT_TRUE(world.disk.redeemed.empty());
}

TEST(ScoutWire, HostileBodiesAreRefusedNotBelieved) {
  World world;
  Server& server = world.add_server();
  ASSERT_TRUE(open_window(world, 1h));
  const std::string token = kernel_argument(world, server, "colony.token=");
  for (const char* const path : {"hello", "inventory", "redeem", "progress", "result"}) {
    for (const char* const body : {"", "[]", "null", "{\"disks\":7}", "\"x\"", "{\"disks\":[{}]}"}) {
      EXPECT_EQ(say(world, token, server.address, path, body), 400U) << path << " " << body;
    }
  }
  EXPECT_TRUE(world.orders().assets().empty());
}

TEST(Events, OfTheHostedLinkAreSeenAtOnce) {
  // It writes its own events (what became of an operation) into the same outbox, past the workflows.
  World world;
  ASSERT_TRUE(world.run_until([&] { return world.is_up(); }));
  MemoryJournal& journal = world.appliance().journal;
  const core::EventSeq before = journal.last_event();
  std::optional<bool> woken;
  const auto wait = [](World& w, core::EventSeq after, std::optional<bool>& out) -> core::Task<> {
    out = co_await w.orders().wait_for_event(after, w.timers.now() + 1h);
  };
  const auto write = [](MemoryJournal& j) -> core::Task<> {
    Batch batch;
    batch.events.push_back({"operation.accepted", "op-1", {}, "{}"});
    EXPECT_TRUE(co_await j.commit(std::move(batch)));
  };
  world.tasks.spawn("wait", wait(world, before, woken));
  world.run_for(1s);
  EXPECT_FALSE(woken);
  world.tasks.spawn("write", write(journal));
  world.run_for(1s);
  EXPECT_EQ(woken, true);
  const auto events = world.ask<core::Result<std::vector<StoredEvent>>>(
      [before](Workshop& workshop) { return workshop.orders().events(before, 10); });
  ASSERT_TRUE(events && *events);
  ASSERT_EQ((*events)->size(), 1U);
  EXPECT_EQ((*events)->front().event.type, "operation.accepted");
  EXPECT_EQ(world.orders().status().last_event, (*events)->front().seq);
}
