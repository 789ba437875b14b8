#include "daemon/init/api_key_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using colony::daemon::check_api_key_form;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const std::string good = "cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5";

std::string verdict(const std::string& key) {
  const auto note = check_api_key_form(key);
  return note ? "ok" : note.error().code;
}

}  // namespace

TEST(ApiKeyForm, TheUsualFormPassesWithoutANote) {
  EXPECT_EQ(check_api_key_form(good), "");
}

TEST(ApiKeyForm, UnknownFormsPassWithANote) {
  for (const std::string key : {"col_4f2a", "something-else", "cd-not-hex_at_all"}) {
    const auto note = check_api_key_form(key);
    ASSERT_TRUE(note) << key;
    EXPECT_THAT(*note, HasSubstr("the hosted side decides"));
  }
}

TEST(ApiKeyForm, WhatUsuallyGoesWrongIsNamed) {
  EXPECT_EQ(verdict(""), "key.empty");
  EXPECT_EQ(verdict(" " + good), "key.blanks");
  EXPECT_EQ(verdict(good + " "), "key.blanks");
  EXPECT_EQ(verdict(good + "\n"), "key.newline");
  EXPECT_EQ(verdict(good + "\xc2\xa0"), "key.characters");  // a no-break space from a web page
  EXPECT_EQ(verdict(std::string(513, 'x')), "key.too_long");
}

TEST(ApiKeyForm, EveryCutOffEndIsSeen) {
  for (std::size_t length = 3; length < good.size(); ++length) {
    EXPECT_EQ(verdict(good.substr(0, length)), "key.truncated") << length;
  }
}

TEST(ApiKeyForm, NoMessageQuotesTheKey) {
  for (const std::string& key : {good.substr(0, 40), " " + good, good + "\n"}) {
    EXPECT_THAT(check_api_key_form(key).error().message, Not(HasSubstr("c1d1e981b67e")));
  }
}
