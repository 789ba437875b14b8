#include "daemon/keys/password.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::keys;

TEST(Password, ComesBackFromItsHashOnly) {
  const auto stored = hash_password("correct horse battery", core::Bytes(salt_bytes, 7));
  EXPECT_TRUE(stored.starts_with("scrypt$15$8$1$07070707070707070707070707070707$"));
  EXPECT_EQ(stored.find("horse"), std::string::npos);
  EXPECT_TRUE(verify_password("correct horse battery", stored));
  EXPECT_FALSE(verify_password("correct horse batter", stored));
  EXPECT_NE(stored, hash_password("correct horse battery", core::Bytes(salt_bytes, 8)));
}

TEST(Password, WhatIsNoHashFitsNothing) {
  const auto stored = hash_password("p", core::Bytes(salt_bytes, 7));
  for (std::size_t length = 0; length < stored.size(); length += 7) {
    EXPECT_FALSE(verify_password("p", stored.substr(0, length))) << length;
  }
  EXPECT_FALSE(verify_password("", ""));
  EXPECT_FALSE(verify_password("", nobodys_password()));
}

TEST(Password, NewOnesAreLongEnough) {
  EXPECT_TRUE(check_new_password("twelve bytes"));
  EXPECT_EQ(check_new_password("eleven byte").error().code, "user.password");
  EXPECT_FALSE(check_new_password(std::string(257, 'a')));
}
