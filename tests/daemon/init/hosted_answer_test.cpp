#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/init/hosted_registration.hpp"
#include "daemon/init/init.hpp"

using namespace colony::daemon;
using ::testing::HasSubstr;

namespace {

const Word datacenter = *Word::parse("aa872c72-cbe1-498b-9b83-37a19e578d34");

colony::core::Result<Registered> read(long status, std::string body, std::string retry_after = "") {
  return read_registration({status, std::move(body), std::move(retry_after)}, datacenter);
}

}  // namespace

TEST(Registration, CreatedGivesTheId) {
  const auto registered = read(201, R"({"data":{"id":"agent-1"}})");
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->agent_id.text(), "agent-1");
  EXPECT_TRUE(registered->created);
}

TEST(Registration, ConflictWithAnIdUsesIt) {
  for (const char* body : {R"({"data":{"id":"agent-1"}})", R"({"id":"agent-1"})",
                           R"({"error":"x","agent_id":"agent-1"})", R"({"agent":{"id":"agent-1"}})"}) {
    const auto registered = read(409, body);
    ASSERT_TRUE(registered) << body;
    EXPECT_EQ(registered->agent_id.text(), "agent-1");
    EXPECT_FALSE(registered->created);
  }
}

TEST(Registration, ConflictThatNamesTheAgentInASentenceUsesIt) {
  const auto registered = read(409, R"({"error":"Agent exists","code":"AGENT_EXISTS","details":
      "Datacenter 'aa872c72-cbe1-498b-9b83-37a19e578d34' has agent '11111111-2222-4333-8444-555555555555'"})");
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->agent_id.text(), "11111111-2222-4333-8444-555555555555");
}

TEST(Registration, ConflictWithoutAnIdAsksForIt) {
  const auto registered = read(409, R"({"error":"Agent exists","code":"AGENT_EXISTS"})");
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, "hosted.agent_exists");
  EXPECT_THAT(registered.error().message, HasSubstr("--agent-id"));
  EXPECT_EQ(registered.error().kind, colony::core::ErrorKind::conflict);
}

TEST(Registration, EachRefusalHasItsNameAndExitCode) {
  EXPECT_EQ(read(401, R"({"error":"Invalid key"})").error().kind, colony::core::ErrorKind::unauthorized);
  EXPECT_THAT(read(401, R"({"error":"Invalid key"})").error().message, HasSubstr("Invalid key"));
  EXPECT_EQ(read(403, "").error().code, "hosted.unauthorized");
  EXPECT_EQ(read(404, "<html>").error().code, "hosted.refused");
  EXPECT_THAT(read(404, "").error().message, HasSubstr("--api-url"));
  EXPECT_EQ(read(429, "", "17").error().code, "hosted.rate_limited");
  EXPECT_THAT(read(429, "", "17").error().message, HasSubstr("17 s"));
  EXPECT_EQ(read(503, "").error().kind, colony::core::ErrorKind::unreachable);
  EXPECT_EQ(read(302, "").error().code, "hosted.refused");
  EXPECT_EQ(read(400, R"({"error":"no","details":"datacenter_id"})").error().code, "hosted.refused");
  EXPECT_EQ(read(201, "not json").error().code, "hosted.answer");
  EXPECT_EQ(read(201, R"({"data":{"id":"has blanks in it"}})").error().code, "hosted.answer");
}

TEST(Registration, ForeignWordsArePrintedSafely) {
  EXPECT_THAT(read(400, "{\"error\":\"a\\u001b[31mb\"}").error().message, ::testing::Not(HasSubstr("\x1b")));
}

TEST(Greeting, KnownUnknownAndRefused) {
  EXPECT_EQ(read_greeting({204, "", ""}), true);
  EXPECT_EQ(read_greeting({404, "", ""}), false);
  EXPECT_EQ(read_greeting({401, "", ""}).error().code, "hosted.unauthorized");
}
