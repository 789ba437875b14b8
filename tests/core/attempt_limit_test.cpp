#include "core/attempt_limit.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace std::chrono_literals;

namespace {
constexpr BootTime start{1h};
}

TEST(AttemptLimit, RefillsOneByOne) {
  AttemptLimit<int> limit({3, 10s});
  for (int i = 0; i < 3; ++i) {
    ASSERT_FALSE(limit.wait(1, start));
    limit.count(1, start);
  }
  EXPECT_EQ(limit.wait(1, start), 10s);
  EXPECT_FALSE(limit.wait(2, start)) << "another one";
  EXPECT_FALSE(limit.wait(1, start + 10s));
  limit.count(1, start + 10s);
  EXPECT_EQ(limit.wait(1, start + 10s), 10s);
  limit.forgive(1);
  EXPECT_FALSE(limit.wait(1, start + 10s));
}

TEST(AttemptLimit, HoldsSoManyAndForgetsTheQuietest) {
  AttemptLimit<int> limit({1, 10s}, 100);
  for (int i = 0; i < 1000; ++i) limit.count(i, start + i * 1ms);
  EXPECT_EQ(limit.size(), 100U);
  EXPECT_TRUE(limit.wait(999, start + 1s));
}
