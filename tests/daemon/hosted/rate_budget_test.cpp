#include "daemon/hosted/rate_budget.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;

TEST(RateBudget, NeverSpendsMoreThanItsWindows) {
  RateBudget budget({.per_minute = 10, .per_hour = 100});
  std::vector<core::BootTime> calls;
  core::BootTime now{1h};
  while (now < core::BootTime{5h}) {
    now = std::max(now, budget.earliest(Importance::vital, now));
    budget.spend(now);
    calls.push_back(now);
    now += 10ms;
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i >= 10) EXPECT_GE(calls[i] - calls[i - 10], 1min);
    if (i >= 100) EXPECT_GE(calls[i] - calls[i - 100], 1h);
  }
  EXPECT_GE(calls.size(), 400U) << "and uses what it has";
}

TEST(RateBudget, LeavesRoomForMoreImportantCalls) {
  RateBudget budget({.per_minute = 10, .per_hour = 1000});
  const core::BootTime now{1h};
  for (int i = 0; i < 6; ++i) budget.spend(now);
  EXPECT_EQ(budget.earliest(Importance::inventory, now), now + 1min);
  EXPECT_EQ(budget.earliest(Importance::events, now), now);
  for (int i = 0; i < 2; ++i) budget.spend(now);
  EXPECT_EQ(budget.earliest(Importance::events, now), now + 1min);
  EXPECT_EQ(budget.earliest(Importance::orders, now), now);
  budget.spend(now);
  EXPECT_EQ(budget.earliest(Importance::orders, now), now + 1min);
  EXPECT_EQ(budget.earliest(Importance::vital, now), now);
}

TEST(RateBudget, RemembersItsHourForTheNextRun) {
  const core::UtcTime utc = *core::parse_utc("2026-11-20T18:00:30Z");
  RateBudget before({.per_minute = 10, .per_hour = 20});
  for (int i = 0; i < 20; ++i) before.spend(core::BootTime{1h} + i * 1min);
  const auto text = before.remember(core::BootTime{1h + 20min}, utc);

  // After a reboot the boot clock is young: what was spent lies before it.
  RateBudget after({.per_minute = 10, .per_hour = 20});
  const core::BootTime now{30s};
  after.recall(text, now, utc + 5min);
  EXPECT_EQ(after.spent_in_hour(), 20U);
  const auto next = after.earliest(Importance::vital, now);
  EXPECT_GE(next, now + 35min) << "never before the first run could";
  EXPECT_LE(next, now + 36min);

  RateBudget much_later({.per_minute = 10, .per_hour = 20});
  much_later.recall(text, now, utc + 2h);
  EXPECT_EQ(much_later.spent_in_hour(), 0U);
  RateBudget set_back({.per_minute = 10, .per_hour = 20});
  set_back.recall(text, now, utc - 24h);
  EXPECT_LE(set_back.earliest(Importance::vital, now), now + 1h) << "a clock that was set back costs an hour";
}

TEST(RateBudget, RecallsNothingFromNonsense) {
  const core::BootTime now{1h};
  const core::UtcTime utc = *core::parse_utc("2026-11-20T18:00:30Z");
  for (const auto* text : {"", " ", ":", "x:1", "1:", "29000000:99999999", "99999999999999999999:1",
                           "18446744073709551615:1", "1:1:1", "29917000"}) {
    RateBudget budget({});
    budget.recall(text, now, utc);
    EXPECT_EQ(budget.spent_in_hour(), 0U) << text;
  }
}
