#include "core/secret.hpp"

#include <gtest/gtest.h>

using namespace colony::core;

TEST(Secret, ComparesWholeTextOnly) {
  const Secret secret("hunter2");
  EXPECT_TRUE(secret.equals("hunter2"));
  EXPECT_FALSE(secret.equals("hunter"));
  EXPECT_FALSE(secret.equals("hunter22"));
  EXPECT_FALSE(secret.equals(""));
  EXPECT_TRUE(Secret().equals(""));
}

TEST(Secret, LeavesNothingBehindWhenMoved) {
  Secret from("hunter2");
  const Secret to(std::move(from));
  EXPECT_EQ(to.reveal(), "hunter2");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): what is left behind is the question
}

TEST(Secret, IsNotCopiedByAccident) {
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
}
