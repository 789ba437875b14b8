#include "core/random.hpp"

#include <set>

#include <gtest/gtest.h>

using namespace colony::core;

TEST(SeededRandom, GivesTheSameStreamForTheSameSeed) {
  SeededRandom a(7);
  SeededRandom b(7);
  SeededRandom c(8);
  EXPECT_EQ(a.token(256), b.token(256));
  EXPECT_NE(a.u64(), c.u64());
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  SeededRandom random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(5));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
}

TEST(SystemRandom, TokensHaveTheAskedLengthAndDiffer) {
  SystemRandom random;
  const auto token = random.token(160);
  EXPECT_EQ(token.size(), 40U);
  EXPECT_NE(token, random.token(160));
}
