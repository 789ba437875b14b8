#include "daemon/keys/key_text.hpp"

#include <gtest/gtest.h>

#include "daemon/keys/scopes.hpp"

using namespace colony;
using namespace colony::daemon::keys;

namespace {
constexpr std::string_view golden = "cl-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5";
}

TEST(KeyText, IsReadInTheKnownForm) {
  const auto key = parse_key(golden);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kind, KeyKind::api_key);
  EXPECT_EQ(key->id.to_string(), "c1d1e981b67e");
  std::string token(golden);
  token[1] = 't';
  EXPECT_EQ(parse_key(token)->kind, KeyKind::login_token);
}

TEST(KeyText, EveryPrefixFailsCleanly) {
  for (std::size_t length = 0; length < golden.size(); ++length) {
    const auto key = parse_key(golden.substr(0, length));
    ASSERT_FALSE(key) << length;
    if (length >= 3) EXPECT_EQ(key.error(), KeyTextError::truncated) << length;
  }
  EXPECT_EQ(parse_key(std::string(golden) + "0").error(), KeyTextError::form);
}

TEST(KeyText, NamesWhatLooksWrong) {
  EXPECT_EQ(parse_key("").error(), KeyTextError::empty);
  EXPECT_EQ(parse_key(std::string(golden) + "\n").error(), KeyTextError::blanks);
  EXPECT_EQ(parse_key(" " + std::string(golden)).error(), KeyTextError::blanks);
  EXPECT_EQ(parse_key("cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5").error(),
            KeyTextError::hosted);
  EXPECT_EQ(parse_key("hello").error(), KeyTextError::prefix);
  EXPECT_EQ(parse_key("cl-C1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5").error(),
            KeyTextError::form);
  EXPECT_EQ(parse_key("cl-c1d1e981b67e-30204cc8faf061722004fe7641ed381b94eae5b5").error(),
            KeyTextError::form);
}

TEST(KeyText, ANewKeyHas160RandomBits) {
  core::SystemRandom random;
  const auto id = KeyId::random(random);
  const auto a = make_key(KeyKind::api_key, id, random);
  const auto b = make_key(KeyKind::api_key, id, random);
  EXPECT_TRUE(parse_key(a.reveal()));
  EXPECT_EQ(a.reveal().substr(16).size() * 4, 160U);
  EXPECT_FALSE(a.equals(b.reveal()));
  EXPECT_EQ(masked(KeyKind::api_key, id), "cl-" + id.to_string() + "_****");
}

TEST(KeyText, HashIsHmacSha256) {
  // RFC 4231, test case 2.
  const core::Secret key("Jefe");
  EXPECT_EQ(keyed_hash(key, "what do ya want for nothing?").to_string(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_FALSE(same_hash(keyed_hash(key, "a"), keyed_hash(key, "b")));
  EXPECT_TRUE(same_hash(keyed_hash(key, "a"), keyed_hash(key, "a")));
}

TEST(Scopes, AreReadAndNarrowed) {
  const auto some = Scopes::parse("wipe,read");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->to_string(), "read,wipe");
  EXPECT_TRUE(some->within(scopes_of(Role::operator_)));
  EXPECT_FALSE(some->within(scopes_of(Role::viewer)));
  EXPECT_EQ(some->both(scopes_of(Role::viewer)).to_string(), "read");
  for (const auto* const wrong : {"", "read,", ",read", "Read", "read wipe", "all"}) {
    EXPECT_FALSE(Scopes::parse(wrong)) << wrong;
  }
  for (const auto role : {Role::admin, Role::operator_, Role::viewer, Role::service}) {
    EXPECT_EQ(parse_role(name(role)), role);
  }
  EXPECT_FALSE(parse_role("root"));
}
