#include "daemon/api/credential.hpp"

#include <gtest/gtest.h>

using namespace colony::daemon::api;

namespace {

std::string seen(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  colony::core::http::Headers headers;
  for (const auto& [name, value] : fields) EXPECT_TRUE(headers.add(name, value));
  const auto key = credential_of(headers);
  if (!key) return "refused";
  return std::string(key->value_or("none"));
}

}  // namespace

TEST(Credential, IsFoundInEachForm) {
  EXPECT_EQ(seen({{"Authorization", "Bearer K"}}), "K");
  EXPECT_EQ(seen({{"authorization", "bearer   K"}}), "K");
  EXPECT_EQ(seen({{"Authorization", "K"}}), "K");
  EXPECT_EQ(seen({{"apiKey", "K"}}), "K");
  EXPECT_EQ(seen({{"APIKEY", " K "}}), "K");
  EXPECT_EQ(seen({{"Accept", "K"}}), "none");
}

TEST(Credential, TwoThatDifferAreRefused) {
  EXPECT_EQ(seen({{"Authorization", "Bearer K"}, {"apiKey", "K"}}), "K");
  EXPECT_EQ(seen({{"Authorization", "Bearer K"}, {"apiKey", "L"}}), "refused");
  EXPECT_EQ(seen({{"Authorization", "K"}, {"Authorization", "K"}}), "refused");
  EXPECT_EQ(seen({{"Authorization", "Basic QTpC"}}), "refused");
  EXPECT_EQ(seen({{"Authorization", "Bearer a b"}}), "a b") << "the key's own form names the blank";
  EXPECT_EQ(seen({{"Authorization", ""}}), "") << "sent and empty is not the same as not sent";
}

TEST(Credential, RequestIdsAreShortAndPlain) {
  EXPECT_TRUE(is_request_id("0af7651916cd43dd-8448eb211c80319c_1.x"));
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id(std::string(65, 'a')));
  EXPECT_FALSE(is_request_id("a b"));
  EXPECT_FALSE(is_request_id("a\"b"));
}
