#include "daemon/hosted/key_budgets.hpp"

#include <gtest/gtest.h>

#include "daemon/hosted/pace.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using core::BootTime;

namespace {

const KeyIdentity old_key = KeyIdentity::of(core::Secret("the-old-key"));
const KeyIdentity new_key = KeyIdentity::of(core::Secret("the-new-key"));
const core::UtcTime utc = *core::parse_utc("2026-11-20T18:00:30Z");

}  // namespace

TEST(KeyIdentity, TellsKeysApartWithoutShowingThem) {
  EXPECT_NE(old_key, new_key);
  EXPECT_EQ(old_key, KeyIdentity::of(core::Secret("the-old-key")));
  EXPECT_EQ(old_key.text().size(), 16U);
  EXPECT_EQ(KeyIdentity::parse(old_key.text()), old_key);
  for (const auto* text : {"", "the-old-key", "0123456789abcde", "0123456789abcdefa", "0123456789ABCDEF"}) {
    EXPECT_FALSE(KeyIdentity::parse(text)) << text;
  }
}

TEST(KeyBudgets, EachKeyHasItsOwnHour) {
  KeyBudgets budgets({.per_minute = 10, .per_hour = 20});
  const BootTime now{1h};
  budgets.use(old_key);
  for (int i = 0; i < 10; ++i) budgets.current().spend(now);
  EXPECT_GT(budgets.current().earliest(Importance::vital, now), now);
  EXPECT_EQ(budgets.of(new_key).earliest(Importance::vital, now), now);
  budgets.of(new_key).spend(now);  // it is proved before it is used
  EXPECT_EQ(budgets.current_key(), old_key);
  budgets.use(new_key);
  EXPECT_EQ(budgets.current().spent_in_hour(), 1U);
  EXPECT_EQ(budgets.of(old_key).spent_in_hour(), 10U) << "it may come back";
}

TEST(KeyBudgets, BothAreRememberedOverARestart) {
  KeyBudgets before({.per_minute = 10, .per_hour = 20});
  before.use(old_key);
  for (int i = 0; i < 20; ++i) before.current().spend(BootTime{1h} + i * 1min);
  before.use(new_key);
  for (int i = 0; i < 5; ++i) before.current().spend(BootTime{1h + 20min});
  const auto text = before.remember(BootTime{1h + 20min}, utc);
  EXPECT_EQ(text.find("the-old-key"), std::string::npos);

  KeyBudgets after({.per_minute = 10, .per_hour = 20});
  after.use(new_key);
  after.recall(text, BootTime{30s}, utc);
  EXPECT_EQ(after.current().spent_in_hour(), 5U);
  EXPECT_EQ(after.of(old_key).spent_in_hour(), 20U);
}

TEST(KeyBudgets, WhatNoKeyIsNamedForIsTheCurrentOnes) {
  const auto minute =
      std::to_string(std::chrono::floor<std::chrono::minutes>(utc).time_since_epoch().count());
  for (const auto& [text, spent] : std::initializer_list<std::pair<std::string, std::size_t>>{
           {minute + ":7 ", 7},
           {"@ " + minute + ":7 ", 7},
           {"@nonsense " + minute + ":7 ", 7},
           {"@" + new_key.text() + " " + minute + ":7 ", 0},
           {"@@@", 0},
           {"@", 0},
           {"", 0}}) {
    KeyBudgets budgets({.per_minute = 10, .per_hour = 20});
    budgets.use(old_key);
    budgets.recall(text, BootTime{1h}, utc);
    EXPECT_EQ(budgets.current().spent_in_hour(), spent) << text;
  }
}

TEST(KeyBudgets, AThousandKeysAreNoLeakAndTheCurrentOneStays) {
  KeyBudgets budgets({});
  budgets.use(old_key);
  budgets.current().spend(BootTime{1h});
  for (int i = 0; i < 1000; ++i) {
    budgets.of(KeyIdentity::of(core::Secret(std::to_string(i)))).spend(BootTime{1h});
  }
  EXPECT_EQ(budgets.current().spent_in_hour(), 1U);
  EXPECT_LE(budgets.remember(BootTime{1h}, utc).size(), 8U * 40U);
}

TEST(Pace, LetsTheFirstOnesGoAndThenOneATurn) {
  Pace pace({.burst = 5, .refill = 12s, .gap = 2s});
  BootTime now{1h};
  std::vector<core::Duration> gaps;
  for (int i = 0; i < 20; ++i) {
    pace.take(now);
    gaps.push_back(pace.next() - now);
    now = pace.next();
  }
  EXPECT_EQ(gaps.front(), 2s);
  EXPECT_EQ(gaps.back(), 12s);
  now += 1min;
  EXPECT_LE(pace.next(), now) << "five turns later";
}

TEST(Pace, CallsOutOfTurnCostOneTurnAtMost) {
  Pace pace({.burst = 5, .refill = 12s, .gap = 2s});
  BootTime now{1h};
  for (int i = 0; i < 200; ++i) {
    EXPECT_LE(pace.soonest(), now);
    pace.take(now);
    now += 2s;
  }
  EXPECT_LE(pace.next() - now, 12s);
}
