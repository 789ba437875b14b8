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

TEST(RateBudget, SlowsDownWhenTheHourIsLargelySpent) {
  RateBudget budget({.per_minute = 1000, .per_hour = 100});
  const core::BootTime now{1h};
  EXPECT_EQ(budget.pace(now), 2s);
  for (int i = 0; i < 40; ++i) budget.spend(now);
  EXPECT_EQ(budget.pace(now), 10s);
  EXPECT_EQ(budget.pace(now + 1h), 2s);
}
