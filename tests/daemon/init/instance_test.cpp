#include "daemon/init/instance.hpp"

#include <set>

#include <gtest/gtest.h>

#include "daemon/config/config.hpp"

using colony::daemon::Instance;

TEST(Instance, WithoutANameEverythingIsWhereItAlwaysWas) {
  const Instance only;
  const colony::daemon::Config defaults;
  EXPECT_EQ(only.store(), defaults.store.path.text());
  EXPECT_EQ(only.socket(), defaults.api.socket.text());
  EXPECT_EQ(only.config_dir(), "/etc/colony");
  EXPECT_EQ(only.unit(), "colonyd");
}

TEST(Instance, NamedOnesShareNoPlace) {
  std::set<std::string> places;
  for (const auto& instance : {Instance(), *Instance::parse("berlin"), *Instance::parse("berlin-2")}) {
    for (const auto& place : {instance.store(), instance.socket(), instance.config_dir(), instance.unit()}) {
      EXPECT_TRUE(places.insert(place).second) << place;
    }
  }
  EXPECT_EQ(Instance::parse("berlin")->unit(), "colonyd@berlin");
}

TEST(Instance, TakesNoNameThatMeansSomethingElseInAPath) {
  for (const auto* name : {"", "-a", "a/b", "..", ".", "A", "a b", "a@b", "a.b", "a\n", "%i", "~"}) {
    EXPECT_FALSE(Instance::parse(name)) << name;
  }
  EXPECT_FALSE(Instance::parse(std::string(33, 'a')));
  EXPECT_TRUE(Instance::parse(std::string(32, 'a')));
}
