#include "daemon/hosted/key_pair.hpp"

#include <gtest/gtest.h>

using colony::core::Secret;
using colony::daemon::hosted::KeyPair;

TEST(KeyPair, ANewKeyIsTheOnlyOneWhenItIsProved) {
  KeyPair keys(Secret("old"));
  EXPECT_FALSE(keys.offer(Secret("old")));
  EXPECT_TRUE(keys.offer(Secret("new")));
  EXPECT_EQ(keys.current().reveal(), "new");
  keys.settle();
  EXPECT_FALSE(keys.go_back()) << "the old one is forgotten";
  EXPECT_EQ(keys.current().reveal(), "new");
}

TEST(KeyPair, ARefusedKeyGivesWayToTheOneBeforeAndIsNotTakenUpAgain) {
  KeyPair keys(Secret("old"));
  ASSERT_TRUE(keys.offer(Secret("bad")));
  EXPECT_TRUE(keys.go_back());
  EXPECT_EQ(keys.current().reveal(), "old");
  EXPECT_FALSE(keys.offer(Secret("bad")));
  keys.ask_again();
  EXPECT_TRUE(keys.offer(Secret("bad")));
  EXPECT_TRUE(keys.go_back());
  EXPECT_TRUE(keys.offer(Secret("good"))) << "another one is";
}

TEST(KeyPair, TwoNewKeysInARowGoBackToTheProvedOne) {
  KeyPair keys(Secret("old"));
  ASSERT_TRUE(keys.offer(Secret("first")));
  ASSERT_TRUE(keys.offer(Secret("second")));
  EXPECT_TRUE(keys.go_back());
  EXPECT_EQ(keys.current().reveal(), "old");
  EXPECT_TRUE(keys.offer(Secret("first"))) << "only the second was refused";
}

TEST(KeyPair, TheOldFilePutBackBeforeTheNewKeyWasTriedIsTheProvedKey) {
  KeyPair keys(Secret("old"));
  ASSERT_TRUE(keys.offer(Secret("new")));
  EXPECT_TRUE(keys.offer(Secret("old")));
  EXPECT_EQ(keys.current().reveal(), "old");
  EXPECT_FALSE(keys.go_back()) << "there is nothing behind it";
}
