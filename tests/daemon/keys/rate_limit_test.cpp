#include "daemon/keys/rate_limit.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::keys;
using namespace std::chrono_literals;

namespace {
constexpr core::BootTime start{1h};
}

TEST(RequestBudget, IsAHundredAMinute) {
  RequestBudget budget;
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(budget.spend(start + i * 100ms)) << i;
  EXPECT_EQ(budget.spend(start + 10s), 50s);
  EXPECT_EQ(budget.spend(start + 59s), 1s) << "what was refused is not counted";
  EXPECT_FALSE(budget.spend(start + 60s));
}

TEST(RequestBudget, IsAThousandAnHour) {
  RequestBudget budget;
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(budget.spend(start + i * 1s)) << i;
  EXPECT_EQ(budget.spend(start + 1000s), 2600s);
  EXPECT_FALSE(budget.spend(start + 3600s));
}
