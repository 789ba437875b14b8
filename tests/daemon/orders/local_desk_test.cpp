// The two-person rule for orders that are given here.

#include "daemon/orders/local_desk.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;
using core::Result;
using core::Task;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

using Decision = HeldOrders::Decision;
using Decided = Result<LocalDesk::Decided>;

workflows::WipeRequest wipe_of(const std::string& asset, const std::string& operation_id = {}) {
  return {asset, {}, {}, operation_id};
}

struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::TaskGroup group{timers};
  core::SeededRandom random{1};
  core::Log log = core::Log::silent();
  test::FakeOrders orders;
  LocalDesk desk{{timers, random, log, orders}, policy(true)};

  Bench() {
    orders.add_asset("web-1").status = workflows::AssetStatus::available;
    orders.add_asset("db-1").status = workflows::AssetStatus::provisioned;
    orders.disks.resize(2);
    orders.disks[0].id.serial = "S1";
    orders.disks[1].id.wwn = "naa.5000";
  }
  static PolicyConfig policy(bool two_person) {
    PolicyConfig out;
    out.two_person = two_person;
    return out;
  }
  /// The id of the order that waits; empty when it need not.
  std::string hold(const std::string& asset, const keys::Persons& by) {
    auto order = wipe_of(asset);
    const auto held = desk.hold(order, by);
    EXPECT_TRUE(held);
    return held && *held ? (*held)->operation : std::string();
  }
  void pass(core::Duration time) {
    const auto sleep = [](core::Timers& t, core::Duration d) -> Task<> { co_await t.sleep_for(d); };
    group.spawn("time", sleep(timers, time));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + time + 1s);
  }
  Decided decide(const std::string& operation, Decision decision, keys::Persons by) {
    std::optional<Decided> out;
    const auto task = [](LocalDesk& d, std::string o, Decision what, keys::Persons p,
                         std::optional<Decided>& r) -> Task<> {
      r = co_await d.decide(std::move(o), what, std::move(p));
    };
    group.spawn("decide", task(desk, operation, decision, std::move(by), out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1min);
    return std::move(*out);
  }
};

}  // namespace

TEST(LocalDesk, HoldsAWipeOfWhatIsInUseAndNothingElse) {
  Bench bench;
  EXPECT_EQ(bench.hold("web-1", {"alice"}), "");
  EXPECT_EQ(bench.hold("nobody", {"alice"}), "") << "refused with its reason where it is ordered";
  const auto id = bench.hold("db-1", {"alice"});
  EXPECT_THAT(id, HasSubstr("local-"));
  EXPECT_EQ(bench.hold("db-1", {"alice"}), id) << "the same one again";
  EXPECT_NE(bench.hold("db-1", {"bob"}), id) << "who orders the same as well lets nothing go by it";
  EXPECT_THAT(bench.orders.asked, IsEmpty());
  EXPECT_THAT(bench.desk.waiting(), SizeIs(2));

  bench.desk.set_policy(Bench::policy(false));
  EXPECT_EQ(bench.hold("db-1", {"alice"}), "");
}

TEST(LocalDesk, WhatGoesItsWayIsForAnIdleMachineOnly) {
  Bench bench;
  auto order = wipe_of("web-1");
  ASSERT_TRUE(bench.desk.hold(order, {"alice"}));
  EXPECT_TRUE(order.only_while_idle);
  bench.desk.set_policy(Bench::policy(false));
  order = wipe_of("web-1");
  ASSERT_TRUE(bench.desk.hold(order, {"alice"}));
  EXPECT_FALSE(order.only_while_idle) << "without the rule it may wait behind other work";
}

TEST(LocalDesk, AnOrderThatWasTakenIsAnsweredNotHeld) {
  Bench bench;
  bench.orders.add_workflow(bench.orders.all_assets[1], "disk-wipe").operation_id = "op-1";
  auto order = wipe_of("db-1", "op-1");
  const auto again = bench.desk.hold(order, {"alice"});
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
}

TEST(LocalDesk, AnOrderForWhatIsInUseThatCannotBePlannedIsRefusedAtOnceAndNotPassedOn) {
  Bench bench;
  bench.orders.plan_refusal = core::Error{core::ErrorKind::refused, "wipe.no_inventory", "discover it first"};
  auto order = wipe_of("db-1");
  const auto held = bench.desk.hold(order, {"alice"});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, "wipe.no_inventory");
  EXPECT_EQ(bench.hold("web-1", {"alice"}), "") << "what needs no second person goes its way";
}

TEST(LocalDesk, LetsItGoForSomebodyElseOnly) {
  Bench bench;
  const auto id = bench.hold("db-1", {"bob", "alice"});
  for (const auto& same : {keys::Persons{"alice"}, keys::Persons{"bob"}, keys::Persons{}}) {
    EXPECT_EQ(bench.decide(id, Decision::approved, same).error().code, "policy.same_person");
  }
  EXPECT_THAT(bench.orders.asked, IsEmpty());
  const auto decided = bench.decide(id, Decision::approved, {"uid 0"});
  ASSERT_TRUE(decided);
  EXPECT_TRUE(decided->submitted);
  EXPECT_THAT(bench.orders.asked,
              ElementsAre("wipe 00000000-0000-4000-8000-000000000002 S1 naa.5000 minimum clear"))
      << "the machine and the disks that were shown";
  EXPECT_THAT(bench.desk.waiting(), IsEmpty());
  EXPECT_EQ(bench.decide(id, Decision::approved, {"uid 0"}).error().code, "operation.not_held");
}

TEST(LocalDesk, WhoOrderedMayWithdraw) {
  Bench bench;
  const auto id = bench.hold("db-1", {"alice"});
  const auto decided = bench.decide(id, Decision::denied, {"alice"});
  ASSERT_TRUE(decided);
  EXPECT_FALSE(decided->submitted);
  EXPECT_THAT(bench.orders.asked, IsEmpty());
  EXPECT_THAT(bench.desk.waiting(), IsEmpty());
}

TEST(LocalDesk, AnOrderThatIsRefusedGoesOnWaiting) {
  Bench bench;
  const auto id = bench.hold("db-1", {"alice"});
  bench.orders.refusal = core::Error{core::ErrorKind::exhausted, "wipe.budget", "20 wipes in this hour"};
  EXPECT_EQ(bench.decide(id, Decision::approved, {"bob"}).error().code, "wipe.budget");
  bench.orders.refusal.reset();
  EXPECT_TRUE(bench.decide(id, Decision::approved, {"bob"}));
}

TEST(LocalDesk, ForgetsAfterADayAndKeepsABoundedNumber) {
  Bench bench;
  const auto id = bench.hold("db-1", {"alice"});
  for (std::size_t n = 1; n < LocalDesk::most; ++n) (void)bench.hold("db-1", {"user" + std::to_string(n)});
  auto order = wipe_of("db-1");
  EXPECT_EQ(bench.desk.hold(order, {"one-more"}).error().code, "policy.too_many_held");
  bench.pass(LocalDesk::kept_for);
  EXPECT_FALSE(bench.desk.knows(id));
  EXPECT_EQ(bench.decide(id, Decision::approved, {"bob"}).error().code, "operation.not_held");
  EXPECT_NE(bench.hold("db-1", {"one-more"}), "");
}

TEST(LocalDesk, SaysWhoMayLetItGo) {
  Bench bench;
  (void)bench.hold("db-1", {"bob", "alice"});
  const auto json = to_json(bench.desk.waiting().at(0));
  EXPECT_EQ(json["ordered_by"], "bob, alice");
  EXPECT_EQ(json["may_approve"], "whoever has the scope wipe, except bob and alice");
  EXPECT_EQ(json["disks"], core::Json({"S1", "naa.5000"}));
  HeldOrder hosted;
  EXPECT_EQ(to_json(hosted)["may_approve"], "whoever has the scope wipe here");
}
