#include "core/rate_limit.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace std::chrono_literals;

namespace {
constexpr BootTime start{1h};
}

TEST(RateLimit, AllowsAKeyOnceAnInterval) {
  RateLimit<int> limit(1min, 10);
  EXPECT_TRUE(limit.allow(1, start));
  EXPECT_FALSE(limit.allow(1, start + 59s));
  EXPECT_TRUE(limit.allow(2, start + 59s));
  EXPECT_TRUE(limit.allow(1, start + 1min)) << "what was not allowed does not count";
  EXPECT_EQ(limit.suppressed(), 1U);
}

TEST(RateLimit, AllowsSoManyKeysAnInterval) {
  RateLimit<int> limit(1min, 10);
  unsigned allowed = 0;
  for (int i = 0; i < 1000; ++i) allowed += limit.allow(i, start + i * 1ms) ? 1U : 0U;
  EXPECT_EQ(allowed, 10U);
}
