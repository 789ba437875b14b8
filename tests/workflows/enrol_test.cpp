// Enrolment of BMCs against a simulated site: what an operator sees, and what the machines felt.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

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

TEST(Enrol, UsesTheSitesDriverWhereNoneIsGiven) {
  World world;
  Server& server = world.add_server();
  world.site().bmc_driver = "ipmitool";
  world.restart();
  ASSERT_TRUE(world.run_until([&] { return world.is_up(); }));
  ASSERT_TRUE(enrol(world, server, false));
  EXPECT_EQ(only_asset(world).bmc->driver, "ipmitool");
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
