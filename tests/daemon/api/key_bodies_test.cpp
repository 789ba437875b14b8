#include "daemon/api/key_bodies.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon;
using namespace colony::daemon::api;
using namespace std::chrono_literals;

TEST(KeyBodies, ANewKey) {
  const auto key = decode_new_key(
      R"({"name":"ci","description":"d","owner":"alice","scopes":["wipe","read"],"expires":"24h"})");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->name, "ci");
  EXPECT_EQ(key->owner, "alice");
  EXPECT_EQ(key->scopes->to_string(), "read,wipe");
  EXPECT_EQ(key->expires, "24h");
  const auto least = decode_new_key(R"({"name":"ci"})");
  EXPECT_FALSE(least->scopes);
  EXPECT_EQ(least->expires, "90d");
}

TEST(KeyBodies, EveryPrefixFailsCleanly) {
  const std::string body = R"({"name":"ci","scopes":["read"],"expires":"24h"})";
  for (std::size_t length = 0; length < body.size(); ++length) {
    const auto key = decode_new_key(body.substr(0, length));
    ASSERT_FALSE(key) << length;
    EXPECT_EQ(key.error().kind, core::ErrorKind::invalid_input);
  }
  EXPECT_FALSE(decode_new_key(body + "x"));
}

TEST(KeyBodies, NameWhatIsWrong) {
  EXPECT_NE(decode_new_key(R"({"name":"a","scope":["read"]})").error().message.find("unknown member scope"),
            std::string::npos);
  for (const auto* const wrong :
       {R"({})", R"({"name":""})", R"({"name":"a","scopes":[]})", R"({"name":"a","scopes":"read"})",
        R"({"name":"a","scopes":["root"]})", R"({"name":"a","scopes":["read","read","read","read","read"]})",
        R"({"name":1})", R"({"name":"a","expires":7})", R"([])", R"("a")"}) {
    EXPECT_EQ(decode_new_key(wrong).error().kind, core::ErrorKind::invalid_input) << wrong;
  }
}

TEST(KeyBodies, APatchSaysWhatChanges) {
  const auto patch = decode_key_patch(R"({"expires":"never"})");
  ASSERT_TRUE(patch);
  EXPECT_EQ(patch->expires, "never");
  EXPECT_FALSE(patch->name);
  EXPECT_EQ(decode_key_patch(R"({"description":""})")->description, "");
}

TEST(KeyBodies, Rotation) {
  EXPECT_EQ(decode_rotate("")->overlap, 24h);
  EXPECT_EQ(decode_rotate(R"({"overlap":"0s","expires":"1y"})")->overlap, 0s);
  EXPECT_FALSE(decode_rotate(R"({"overlap":"soon"})"));
}

TEST(KeyBodies, UsersAndLogIn) {
  const auto user = decode_new_user(R"({"name":"alice","role":"operator","password":"correct horse"})");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->user.role, keys::Role::operator_);
  EXPECT_EQ(user->password.reveal(), "correct horse");
  EXPECT_FALSE(decode_new_user(R"({"name":"alice"})")) << "a role is chosen, not guessed";
  EXPECT_FALSE(decode_new_user(R"({"name":"alice","role":"root"})"));
  const auto patch = decode_user_patch(R"({"disabled":true})");
  EXPECT_EQ(patch->patch.disabled, true);
  EXPECT_FALSE(patch->patch.role);
  const auto login = decode_login(R"({"name":"alice","password":"p","totp":"123456"})");
  EXPECT_EQ(login->totp, "123456");
  EXPECT_FALSE(decode_login(R"({"password":"p"})"));
  EXPECT_EQ(decode_begin_totp(R"({"password":"correct horse"})")->reveal(), "correct horse");
  EXPECT_TRUE(decode_begin_totp("")->empty()) << "who is asked for one, the ring decides";
  EXPECT_FALSE(decode_begin_totp(R"({"old_password":"correct horse"})"));
  EXPECT_EQ(decode_code(R"({"code":"123456"})"), "123456");
  EXPECT_FALSE(decode_code(R"({})"));
}
