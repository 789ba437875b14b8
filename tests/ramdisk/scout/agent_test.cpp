#include "ramdisk/scout/agent.hpp"

#include <deque>
#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "fake_disk.hpp"
#include "loop_bench.hpp"

using namespace colony;
using namespace colony::ramdisk;
using namespace std::chrono_literals;
using core::Result;
using drivers::scout::WipeVerdict;
using testing::ElementsAre;

namespace {

class FakeMachine final : public Machine {
 public:
  std::map<std::string, std::shared_ptr<FakeDisk>> disks;  // by serial
  bool busy = false;

  Result<drivers::scout::Inventory> inventory() override {
    drivers::scout::Inventory inventory;
    inventory.boot_firmware = "bios";
    for (const auto& [serial, disk] : disks) inventory.disks.push_back(describe_fake(*disk, serial));
    return inventory;
  }
  Result<std::shared_ptr<BlockDevice>> open(const drivers::scout::Disk& disk) override {
    if (busy) return core::fail(core::ErrorKind::conflict, "scout.disk_busy", "fake0 is mounted");
    return disks.at(disk.id.serial);
  }
};

/// colonyd as a script: per path the answers in order; then 200 {} for ever, power-off for `order`.
class FakeColonyd final : public ScoutTransport {
 public:
  explicit FakeColonyd(core::Timers& timers) : timers_(timers) {}
  std::map<std::string, std::deque<Result<Reply>>> answers;
  std::vector<std::string> asked;  // without progress
  std::vector<core::BootTime> progress_at;
  std::map<std::string, std::vector<std::string>> bodies;
  core::Duration delay{};

  core::Task<Result<Reply>> post(std::string path, std::string body, core::BootTime) override {
    const auto message = path.substr(std::string_view("/scout/v1/").size());
    if (message != "progress") asked.push_back(message);
    if (message == "progress") progress_at.push_back(timers_.now());
    bodies[message].push_back(body);
    if (delay != 0s) co_await timers_.sleep_for(delay);
    auto& queue = answers[message];
    if (!queue.empty()) {
      auto answer = std::move(queue.front());
      queue.pop_front();
      co_return answer;
    }
    co_return Reply{.status = 200, .body = message == "order" ? R"({"order":"power-off"})" : "{}"};
  }

 private:
  core::Timers& timers_;
};

/// Every call to the disk takes minutes.
class SlowPool final : public core::BlockingPool {
 public:
  SlowPool(core::Timers& timers, core::TaskGroup& group) : timers_(timers), group_(group) {}
  void execute(std::function<void()> work, std::function<void()> done) override {
    const auto later = [](core::Timers& timers, std::function<void()> first,
                          std::function<void()> then) -> core::Task<> {
      co_await timers.sleep_for(200s);
      first();
      then();
    };
    group_.spawn("slow call", later(timers_, std::move(work), std::move(done)));
  }

 private:
  core::Timers& timers_;
  core::TaskGroup& group_;
};

struct AgentBench : LoopBench {
  SlowPool slow_pool{timers, group};
  core::BlockingPool* pool_in_use = &pool;
  core::SeededRandom random{7};
  core::Log log = core::Log::silent();
  FakeColonyd colonyd{timers};
  std::shared_ptr<FakeMachine> machine = std::make_shared<FakeMachine>();
  std::optional<AgentEnd> end;

  AgentBench() { machine->disks["S1"] = std::make_shared<FakeDisk>(2 << 20); }

  void start() {
    const auto run = [](AgentBench& b) -> core::Task<> {
      b.end =
          co_await run_agent({.timers = b.timers,
                              .tasks = b.group,
                              .pool = *b.pool_in_use,
                              .random = b.random,
                              .log = b.log,
                              .transport = b.colonyd,
                              .machine = b.machine},
                             {.scout_version = "test", .boot_mac = *core::MacAddress::parse("525400123456")});
    };
    group.spawn("agent", run(*this));
  }
  void run() {
    start();
    finish();
  }
  FakeDisk& disk() { return *machine->disks["S1"]; }
  drivers::scout::WipeOrder order() {
    drivers::scout::WipeOrder order;
    order.workflow = core::WorkflowId(random.uuid());
    order.attempt.value = 1;
    order.epoch.value = 1;
    order.token = "0123456789abcdef0123456789abcdef";
    order.disks = {describe_fake(disk(), "S1")};
    order.methods = {drivers::scout::WipeMethod::discard};
    return order;
  }
  void answer_order(const drivers::scout::Order& order) {
    colonyd.answers["order"].push_back(Reply{.status = 200, .body = core::dump_json(to_json(order))});
  }
  drivers::scout::WipeResult result() {
    const auto decoded =
        drivers::scout::decode_wipe_result(*core::parse_json(colonyd.bodies["result"].back()));
    EXPECT_TRUE(decoded);
    return decoded.value_or(drivers::scout::WipeResult{});
  }
};

Result<Reply> no_answer() {
  return core::fail(core::ErrorKind::timed_out, "test.lost", "no answer");
}

}  // namespace

TEST(ScoutAgent, SaysHelloTellsTheInventoryAndAsksForOrders) {
  AgentBench bench;
  bench.run();
  EXPECT_EQ(bench.end, AgentEnd::power_off);
  EXPECT_THAT(bench.colonyd.asked, ElementsAre("hello", "inventory", "order"));
  const auto inventory =
      drivers::scout::decode_inventory(*core::parse_json(bench.colonyd.bodies["inventory"][0]));
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->disks.size(), 1U);
  EXPECT_EQ(inventory->boot_mac.to_string(), "52:54:00:12:34:56");
  EXPECT_EQ(bench.disk().writes, 0U);
}

TEST(ScoutAgent, RepeatsEachMessageUntilItIsAnswered) {
  AgentBench bench;
  bench.colonyd.answers["hello"] = {no_answer(), Reply{.status = 503, .retry_after = 20s}};
  bench.colonyd.answers["inventory"] = {Reply{.status = 500}};
  bench.colonyd.answers["order"] = {no_answer()};
  bench.run();
  EXPECT_THAT(bench.colonyd.asked,
              ElementsAre("hello", "hello", "hello", "inventory", "inventory", "order", "order"));
  EXPECT_GE(bench.timers.now().time_since_epoch(), 21s);
}

TEST(ScoutAgent, StopsForGoodWhenItsTokenIsUnknownOrOld) {
  for (const unsigned status : {401U, 409U}) {
    AgentBench bench;
    bench.colonyd.answers["hello"] = {Reply{.status = status}};
    bench.run();
    EXPECT_EQ(bench.end, AgentEnd::rejected);
    EXPECT_THAT(bench.colonyd.asked, ElementsAre("hello"));
  }
}

TEST(ScoutAgent, AsksAgainWhenIdleAndObeysReboot) {
  AgentBench bench;
  bench.answer_order(drivers::scout::Idle{});
  bench.answer_order(drivers::scout::Reboot{});
  bench.run();
  EXPECT_EQ(bench.end, AgentEnd::reboot);
}

TEST(ScoutAgent, RedeemsThenErasesThenTellsTheResult) {
  AgentBench bench;
  bench.answer_order(bench.order());
  bench.run();
  EXPECT_THAT(bench.colonyd.asked, ElementsAre("hello", "inventory", "order", "redeem", "result", "order"));
  EXPECT_TRUE(bench.disk().is_zero());
  ASSERT_EQ(bench.result().disks.size(), 1U);
  EXPECT_EQ(bench.result().disks[0].verdict, WipeVerdict::erased);
  const auto redemption =
      drivers::scout::decode_redemption(*core::parse_json(bench.colonyd.bodies["redeem"][0]));
  ASSERT_TRUE(redemption);
  EXPECT_EQ(redemption->disks[0].id.serial, "S1");
}

TEST(ScoutAgent, WritesNothingUnlessTheRedemptionIsAccepted) {
  for (const auto& answer :
       {no_answer(), Result<Reply>(Reply{.status = 409}), Result<Reply>(Reply{.status = 503}),
        Result<Reply>(Reply{.status = 401}), Result<Reply>(Reply{.status = 204})}) {
    AgentBench bench;
    bench.answer_order(bench.order());
    bench.colonyd.answers["redeem"] = {answer};
    bench.run();
    EXPECT_EQ(bench.disk().writes, 0U);
    EXPECT_EQ(bench.colonyd.bodies["redeem"].size(), 1U) << "a redemption is never repeated";
    EXPECT_TRUE(bench.result().fence_refused);
  }
}

TEST(ScoutAgent, RedeemsNothingWhenTheDisksAreNotThoseOfTheOrder) {
  AgentBench bench;
  auto order = bench.order();
  order.disks[0].id.serial = "S2";
  bench.answer_order(order);
  bench.run();
  EXPECT_EQ(bench.disk().writes, 0U);
  EXPECT_TRUE(bench.colonyd.bodies["redeem"].empty());
  EXPECT_EQ(bench.result().disks[0].verdict, WipeVerdict::not_started);
  EXPECT_NE(bench.result().disks[0].error, "");
}

TEST(ScoutAgent, RedeemsNothingWhenADiskIsInUse) {
  AgentBench bench;
  bench.machine->busy = true;
  bench.answer_order(bench.order());
  bench.run();
  EXPECT_EQ(bench.disk().writes, 0U);
  EXPECT_TRUE(bench.colonyd.bodies["redeem"].empty());
}

TEST(ScoutAgent, GivesASignOfLifeWhileOnePercentOfALargeDiskTakesMinutes) {
  AgentBench bench;
  bench.pool_in_use = &bench.slow_pool;
  bench.answer_order(bench.order());
  bench.run();
  EXPECT_EQ(bench.result().disks[0].verdict, WipeVerdict::erased);
  const auto& told = bench.colonyd.progress_at;
  ASSERT_GT(told.size(), 20U);
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_LE(told[i] - told[i - 1], 40s);
}

TEST(ScoutAgent, TouchesOnlyTheOrderedDisk) {
  AgentBench bench;
  bench.machine->disks["S9"] = std::make_shared<FakeDisk>(2 << 20);
  bench.answer_order(bench.order());
  bench.run();
  EXPECT_TRUE(bench.disk().is_zero());
  EXPECT_EQ(bench.machine->disks["S9"]->writes, 0U);
}

TEST(ScoutAgent, RepeatsTheResultAndNotTheWipeWhenTheOrderComesAgain) {
  AgentBench bench;
  const auto order = bench.order();
  bench.answer_order(order);
  bench.answer_order(order);
  bench.colonyd.answers["result"] = {no_answer(), Reply{.status = 503}};
  bench.run();
  EXPECT_EQ(bench.colonyd.bodies["redeem"].size(), 1U);
  EXPECT_EQ(bench.colonyd.bodies["result"].size(), 4U);
  EXPECT_EQ(bench.colonyd.bodies["result"].front(), bench.colonyd.bodies["result"].back());
}

TEST(ScoutAgent, GoesOnWhenNobodyWantsItsResult) {
  for (const unsigned status : {404U, 409U, 410U}) {
    AgentBench bench;
    bench.answer_order(bench.order());
    bench.colonyd.answers["result"] = {Reply{.status = status}};
    bench.run();
    EXPECT_EQ(bench.end, AgentEnd::power_off);
    EXPECT_EQ(bench.colonyd.bodies["result"].size(), 1U);
  }
}

TEST(ScoutAgent, DoesNothingOnAnOrderThatItDoesNotUnderstand) {
  AgentBench bench;
  bench.colonyd.answers["order"] = {Reply{.status = 200, .body = "{\"order\":\"dance\"}"},
                                    Reply{.status = 200, .body = "not json"}};
  bench.run();
  EXPECT_EQ(bench.end, AgentEnd::power_off);
  EXPECT_EQ(bench.disk().writes, 0U);
}

TEST(ScoutAgent, CanBeCutOffAtAnyMomentLikeAServerThatLosesPower) {
  for (int tenths = 0; tenths < 120; ++tenths) {
    AgentBench bench;
    bench.colonyd.delay = 1s;
    bench.answer_order(bench.order());
    bench.start();
    bench.timers.run_for(tenths * 100ms);
    bench.group.cancel();
    bench.finish();
    EXPECT_EQ(bench.group.size(), 0U);
  }
}
