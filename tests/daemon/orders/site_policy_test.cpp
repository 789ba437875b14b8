// What the hosted side may order: the policy, the second person, and that no order names an address.

#include "daemon/orders/site_policy.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/json.hpp"
#include "daemon/orders/operation_desk.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;
using core::Result;
using core::Task;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::TaskGroup group{timers};
  test::FakeOrders orders;
  OperationDesk desk{orders};

  Bench() {
    orders.add_asset("web-1");
    orders.add_asset("db-1").status = workflows::AssetStatus::provisioned;
    (void)orders.add_workflow(orders.all_assets.front(), "any");
  }
  /// The answer's code, "" when it was taken.
  std::string order(const std::string& type, const std::string& target, const std::string& body = "{}",
                    const std::string& id = "op-1", std::uint64_t generation = 1) {
    Result<std::string> out;
    const auto task = [](OperationDesk& d, hosted::Operation o, auto& r) -> Task<> {
      r = co_await d.submit(std::move(o));
    };
    group.spawn("submit", task(desk,
                               {.id = id,
                                .generation = core::Generation{generation},
                                .seq = 1,
                                .type = type,
                                .target = target,
                                .body_json = body},
                               out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1min);
    said = out ? "" : out.error().message;
    return out ? "" : out.error().code;
  }
  static PolicyConfig policy(std::vector<HostedOrder> allow, std::vector<std::string> assets = {}) {
    PolicyConfig out;
    out.allow = std::move(allow);
    for (const auto& asset : assets) out.protected_assets.push_back(*Word::parse(asset));
    return out;
  }
  std::string said;
};

using enum HostedOrder;

}  // namespace

TEST(SitePolicy, TakesOnlyTheKindsThatAreAllowed) {
  Bench bench;
  bench.desk.set_policy(Bench::policy({discover, provision}));
  for (const auto* type : {"wipe", "disk-wipe", "power", "reboot"}) {
    EXPECT_EQ(bench.order(type, "web-1"), "policy.not_allowed") << type;
    EXPECT_THAT(bench.said, HasSubstr("policy.allow"));
  }
  EXPECT_THAT(bench.orders.asked, IsEmpty());
  EXPECT_EQ(bench.order("discover", "web-1"), "");
  bench.desk.set_policy(Bench::policy({}));
  EXPECT_EQ(bench.order("discover", "web-1"), "policy.not_allowed");
}

TEST(SitePolicy, TakesNoOrderOfAnyKindForAProtectedAssetHoweverItIsNamed) {
  Bench bench;
  const auto id = bench.orders.all_assets.back().id.to_string();
  for (const auto& entry : {std::string("db-1"), id}) {
    bench.desk.set_policy(Bench::policy({discover, provision, wipe, power}, {"no-such-asset", entry}));
    for (const auto& target : {std::string("db-1"), id}) {
      for (const auto* type : {"discover", "provision", "wipe", "power", "reboot"}) {
        EXPECT_EQ(bench.order(type, target), "policy.protected") << type << " " << target;
      }
    }
  }
  EXPECT_THAT(bench.orders.asked, IsEmpty());
  EXPECT_EQ(bench.order("wipe", "web-1"), "") << "the others are as before";
}

TEST(SitePolicy, AWipeOfWhatIsInUseWaitsForASecondPerson) {
  Bench bench;
  PolicyConfig policy;
  policy.two_person = true;
  bench.desk.set_policy(policy);
  EXPECT_EQ(bench.order("wipe", "web-1", "{}", "op-0"), "") << "it is not in use";
  EXPECT_THAT(bench.orders.asked, ElementsAre(HasSubstr("only while idle")));
  bench.orders.asked.clear();
  (void)bench.order("wipe", "nobody", "{}", "op-00");
  EXPECT_THAT(bench.orders.asked, ElementsAre(HasSubstr("only while idle"))) << "doubt is no approval";
  bench.orders.asked.clear();

  EXPECT_EQ(bench.order("wipe", "db-1"), "policy.second_person");
  EXPECT_THAT(bench.said, HasSubstr("colony approve"));
  EXPECT_EQ(bench.order("wipe", "db-1"), "policy.second_person") << "and goes on waiting";
  ASSERT_THAT(bench.desk.held().waiting(), SizeIs(1));
  EXPECT_EQ(bench.desk.held().waiting()[0].asset_name, "db-1");
  EXPECT_THAT(bench.orders.asked, IsEmpty());

  ASSERT_TRUE(bench.desk.held().decide("op-1", HeldOrders::Decision::approved));
  EXPECT_EQ(bench.order("wipe", "db-1", "{}", "op-2"), "policy.second_person")
      << "another order is another one";
  EXPECT_EQ(bench.order("wipe", "db-1", "{}", "op-1", 2), "policy.second_person") << "and so is its next one";
  ASSERT_TRUE(bench.desk.held().decide("op-1", HeldOrders::Decision::approved));
  EXPECT_EQ(bench.order("wipe", "db-1", "{}", "op-1", 2), "");
  EXPECT_THAT(bench.orders.asked, ElementsAre(Not(HasSubstr("only while idle"))));

  ASSERT_TRUE(bench.desk.held().decide("op-2", HeldOrders::Decision::denied));
  EXPECT_EQ(bench.order("wipe", "db-1", "{}", "op-2"), "policy.denied");
  EXPECT_THAT(bench.desk.held().waiting(), IsEmpty());
  EXPECT_EQ(bench.desk.held().decide("op-2", HeldOrders::Decision::approved).error().code,
            "operation.not_held");
  // The link has refused it because too many wait: nobody is asked about what will not come again.
  EXPECT_EQ(bench.order("wipe", "db-1", "{}", "op-3"), "policy.second_person");
  bench.desk.give_up("op-3");
  EXPECT_THAT(bench.desk.held().waiting(), IsEmpty());
}

TEST(SitePolicy, AnApprovalIsForTheAssetThatWasShown) {
  Bench bench;
  PolicyConfig policy;
  policy.two_person = true;
  bench.desk.set_policy(policy);
  bench.orders.all_assets[0].status = workflows::AssetStatus::provisioned;
  EXPECT_EQ(bench.order("wipe", "db-1"), "policy.second_person");
  ASSERT_TRUE(bench.desk.held().decide("op-1", HeldOrders::Decision::approved));
  // The name moved to another machine meanwhile.
  bench.orders.all_assets[1].name = "db-2";
  bench.orders.all_assets[0].name = "db-1";
  EXPECT_EQ(bench.order("wipe", "db-1"), "policy.second_person");
  EXPECT_THAT(bench.orders.asked, IsEmpty());
}

TEST(SitePolicy, AWipeBehindAnInstallationThatIsQueuedWaitsToo) {
  Bench bench;
  PolicyConfig policy;
  policy.two_person = true;
  bench.desk.set_policy(policy);
  bench.orders.all_assets[0].status = workflows::AssetStatus::available;
  bench.orders.all_assets[0].queued = 1;
  EXPECT_EQ(bench.order("wipe", "web-1"), "policy.second_person");
}

TEST(SitePolicy, AnOrderThatWasTakenIsAnsweredNotJudgedAgain) {
  Bench bench;
  bench.orders.all_workflows.back().operation_id = "op-1#1";
  bench.desk.set_policy(Bench::policy({}));
  EXPECT_EQ(bench.order("wipe", "web-1"), "");
}

// Nothing that the hosted side names is fetched: there is no member for it. Should one come, this says where
// to put the rules for addresses (docs/wire/hosted.md, "No address comes from over there").
TEST(SitePolicy, NoOrderNamesAnAddressToFetchFrom) {
  Bench bench;
  for (const auto& [type, more] : {std::pair{"discover", core::Json::object()},
                                   {"provision", core::Json{{"config", "c"}}},
                                   {"wipe", core::Json::object()},
                                   {"power", core::Json{{"action", "on"}}},
                                   {"reboot", core::Json::object()}}) {
    EXPECT_EQ(bench.order(type, "web-1", core::dump_json(more)), "") << type;
    bench.orders.asked.clear();
    for (const auto* member :
         {"url",        "URL",          "uri",           "href",      "kernel",
          "kernel_url", "initramfs",    "initramfs_url", "image",     "image_url",
          "installer",  "iso",          "config_url",    "configUrl", "machine_config_url",
          "callback",   "callback_url", "webhook",       "proxy",     "mirror",
          "registry",   "source",       "location",      "redirect",  "script",
          "script_url", "boot_url",     "file",          "path"}) {
      for (const auto* value : {"http://169.254.169.254/latest/meta-data/", "file:///etc/shadow"}) {
        core::Json body = more;
        body[member] = value;
        EXPECT_EQ(bench.order(type, "web-1", core::dump_json(body)), "api.body") << type << " " << member;
      }
    }
  }
  EXPECT_THAT(bench.orders.asked, IsEmpty());
}
