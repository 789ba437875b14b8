#include <gtest/gtest.h>

#include "daemon/keys/totp.hpp"
#include "tests/daemon/keys/ring_bench.hpp"

using namespace colony;
using namespace colony::daemon::keys;
using namespace colony::daemon::keys::test;
using namespace std::chrono_literals;

namespace {

const std::string secret = "12345678901234567890";

Attempt from_desk(const std::string& name) {
  return {name, "10.0.0.9"};
}

struct LoginRing : Ring {
  LoginRing() { add_user("alice", Role::admin, "hash"); }
  auto log_in(bool fits = true, std::string_view code = "") {
    return ring->finish_login(from_desk("alice"), {"hash", fits}, code, now(), random);
  }
  std::string code(std::int64_t steps = 0) {
    char text[8];
    std::snprintf(text, sizeof text, "%06u",
                  totp_code(core::as_bytes(secret), totp_step(utc()) + static_cast<std::uint64_t>(steps)));
    return text;
  }
  void turn_second_factor_on() {
    ASSERT_TRUE(ring->begin_totp(admin, "alice", core::Secret(secret)));
    ASSERT_TRUE(ring->confirm_totp(admin, "alice", code(), utc()));
    pass(30s);
  }
};

}  // namespace

TEST(Login, ATokenIsItsUserForAnHour) {
  LoginRing bench;
  const auto session = bench.log_in();
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->value.token.reveal().starts_with("ct-"));
  EXPECT_EQ(session->value.expires_at, bench.utc() + 1h);
  const auto caller = bench.try_key(session->value.token);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->to_string(), "alice");
  const auto made = bench.make(*caller, {"laptop", "", "", Scopes::parse("read"), "24h"});
  EXPECT_EQ(made.key.owner, "alice");
  EXPECT_EQ(bench.ring->list_keys(*caller, "alice").size(), 1U);
  bench.pass(1h);
  EXPECT_EQ(bench.code_of(session->value.token), "login.over");
}

TEST(Login, APersonManagesTheOwnKeysOnly) {
  LoginRing bench;
  bench.add_user("otto", Role::operator_, "hash");
  const auto session =
      bench.ring->finish_login(from_desk("otto"), {"hash", true}, "", bench.now(), bench.random);
  const auto otto = *bench.try_key(session->value.token);
  const auto theirs = bench.make(bench.admin, {"k", "", "alice", {}, "24h"}).key.id.to_string();
  const auto own = bench.make(otto, {"k", "", "", {}, "24h"}).key.id.to_string();
  EXPECT_EQ(bench.ring->list_keys(otto, "").size(), 1U);
  EXPECT_EQ(bench.ring->revoke_key(otto, theirs, bench.utc()).error().code, "api.forbidden");
  EXPECT_EQ(
      bench.ring->create_key(otto, {"k", "", "alice", {}, "24h"}, bench.utc(), bench.random).error().code,
      "api.forbidden");
  EXPECT_TRUE(bench.ring->rotate_key(otto, own, 1h, "", bench.utc(), bench.random));
  EXPECT_TRUE(bench.ring->delete_key(otto, own));
}

TEST(Login, AWrongPasswordSaysNothing) {
  LoginRing bench;
  const auto refused = bench.log_in(false);
  EXPECT_EQ(refused.error().code, "login.refused");
  const auto nobody =
      bench.ring->finish_login(from_desk("nobody"), {"hash", true}, "", bench.now(), bench.random);
  EXPECT_EQ(nobody.error().why, refused.error().why);
  EXPECT_NE(bench.ring->password_hash_of("nobody"), "") << "compared all the same, for its time";
}

TEST(Login, TheSecondFactorIsAskedForAndItsCodeCountsOnce) {
  LoginRing bench;
  bench.turn_second_factor_on();
  EXPECT_EQ(bench.log_in(false).error().code, "login.refused") << "the password comes first";
  EXPECT_EQ(bench.log_in().error().code, "login.totp_needed");
  EXPECT_EQ(bench.log_in(true, "000000").error().code, "login.refused");
  const auto code = bench.code();
  const auto session = bench.log_in(true, code);
  ASSERT_TRUE(session);
  ASSERT_EQ(session->change.users.size(), 1U) << "the step is written, so that a restart does not forget it";
  EXPECT_EQ(session->change.users.front().totp_last_step, totp_step(bench.utc()));
  EXPECT_EQ(bench.log_in(true, code).error().code, "login.refused");
  bench.pass(30s);
  EXPECT_TRUE(bench.log_in(true, bench.code()));
}

TEST(Login, ASecondFactorCountsOnceItIsConfirmed) {
  LoginRing bench;
  ASSERT_TRUE(bench.ring->begin_totp(bench.admin, "alice", core::Secret(secret)));
  EXPECT_TRUE(bench.log_in()) << "nobody is locked out by a QR code that was never read";
  EXPECT_EQ(bench.ring->confirm_totp(bench.admin, "alice", "000000", bench.utc()).error().code,
            "user.totp_code");
  ASSERT_TRUE(bench.ring->confirm_totp(bench.admin, "alice", bench.code(), bench.utc()));
  EXPECT_EQ(bench.ring->begin_totp(bench.admin, "alice", core::Secret(secret)).error().code,
            "user.totp_state");
  ASSERT_TRUE(bench.ring->end_totp(bench.admin, "alice", "", bench.utc()));
  EXPECT_TRUE(bench.log_in());
}

TEST(Login, WhoeverRemovesHisOwnSecondFactorGivesACodeOfIt) {
  LoginRing bench;
  bench.turn_second_factor_on();
  const auto session = bench.log_in(true, bench.code());
  ASSERT_TRUE(session);
  const auto& alice = session->value.caller;
  const auto end = [&](std::string_view code) {
    const auto ended = bench.ring->end_totp(alice, "alice", code, bench.utc());
    return ended ? std::string() : ended.error().code;
  };
  EXPECT_EQ(end(""), "user.totp_code");
  EXPECT_EQ(end("000000"), "user.totp_code");
  EXPECT_EQ(end(bench.code()), "user.totp_code") << "the one that logged her in was used";
  const Compared password{bench.ring->password_hash_of("alice"), true};
  EXPECT_EQ(bench.ring->begin_totp(alice, "alice", core::Secret(secret), password).error().code,
            "user.totp_state")
      << "nor is it replaced without";
  bench.pass(30s);
  EXPECT_EQ(end(bench.code()), "");
  ASSERT_TRUE(bench.ring->begin_totp(alice, "alice", core::Secret(secret), password));
  EXPECT_EQ(end(""), "") << "it never was in force";
}

TEST(Login, WhoeverBeginsHisOwnSecondFactorGivesHisPassword) {
  LoginRing bench;
  const auto session = bench.log_in();
  ASSERT_TRUE(session);
  const auto begin = [&](const Caller& caller, const std::optional<Compared>& password) {
    const auto begun = bench.ring->begin_totp(caller, "alice", core::Secret(secret), password);
    return begun ? std::string() : begun.error().code;
  };
  const auto& token = session->value.caller;
  const auto stored = bench.ring->password_hash_of("alice");
  const auto key = *bench.try_key(bench.make(bench.admin, {"k", "", "alice", {}, "24h"}).text);
  for (const auto& caller : {token, key}) {
    EXPECT_EQ(begin(caller, std::nullopt), "user.old_password") << caller.to_string();
    EXPECT_EQ(begin(caller, Compared{stored, false}), "user.old_password");
    EXPECT_EQ(begin(caller, Compared{"one that it was", true}), "user.old_password");
  }
  EXPECT_EQ(bench.ring->confirm_totp(token, "alice", bench.code(), bench.utc()).error().code,
            "user.totp_state")
      << "nothing was begun";
  EXPECT_EQ(begin(token, Compared{stored, true}), "");
  EXPECT_EQ(begin(bench.admin, std::nullopt), "") << "an administrator helps others without";
}

TEST(Login, WhoeverChangesHisOwnPasswordGivesTheOldOne) {
  LoginRing bench;
  const auto session = bench.log_in();
  ASSERT_TRUE(session);
  const auto change = [&](std::optional<Compared> old) {
    UserPatch patch;
    patch.password_hash = "another";
    patch.old_password = std::move(old);
    const auto made = bench.ring->change_user(session->value.caller, "alice", patch);
    return made ? std::string() : made.error().code;
  };
  const auto now = bench.ring->password_hash_of("alice");
  EXPECT_EQ(change(std::nullopt), "user.old_password");
  EXPECT_EQ(change(Compared{now, false}), "user.old_password");
  EXPECT_EQ(change(Compared{"one that it was", true}), "user.old_password");
  UserPatch words;
  words.description = "hers";
  EXPECT_TRUE(bench.ring->change_user(session->value.caller, "alice", words)) << "only for the password";
  EXPECT_EQ(change(Compared{now, true}), "");
}

TEST(Login, AttemptsAreLimitedByNameAndAddress) {
  LoginRing bench;
  const auto begin = [&](const Attempt& attempt) {
    return bench.ring->begin_login(attempt, bench.now().boot);
  };
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(begin(from_desk("alice"))) << i;
  EXPECT_EQ(begin(from_desk("alice")), 1min);
  EXPECT_FALSE(begin(from_desk("otto")));
  EXPECT_FALSE(begin({"alice", "10.0.0.10"})) << "a stranger does not lock her out";
  bench.pass(1min);
  EXPECT_FALSE(begin(from_desk("alice")));
  ASSERT_TRUE(bench.log_in());
  EXPECT_FALSE(begin(from_desk("alice"))) << "a good one clears the slate";
}

TEST(Login, AttemptsFromManyAddressesAreLimitedByName) {
  LoginRing bench;
  const auto begin = [&](int address) {
    return bench.ring->begin_login({"alice", "10.0.1." + std::to_string(address)}, bench.now().boot);
  };
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(begin(i)) << i;
  EXPECT_EQ(begin(100), 6s);
  ASSERT_TRUE(bench.log_in());
  EXPECT_EQ(begin(100), 6s) << "her good one is no room for those who guess";
  EXPECT_FALSE(bench.ring->begin_login({"otto", "10.0.1.1"}, bench.now().boot));
}

TEST(Login, APasswordThatWasChangedMeanwhileDoesNotCount) {
  LoginRing bench;
  const std::string compared = bench.ring->password_hash_of("alice");
  UserPatch patch;
  patch.password_hash = "another";
  ASSERT_TRUE(bench.ring->change_user(bench.admin, "alice", patch));
  EXPECT_EQ(bench.ring->finish_login(from_desk("alice"), {compared, true}, "", bench.now(), bench.random)
                .error()
                .code,
            "login.refused");
  EXPECT_TRUE(bench.ring->finish_login(from_desk("alice"), {"another", true}, "", bench.now(), bench.random));
}

TEST(Login, AChangedUserLogsInAgain) {
  LoginRing bench;
  const auto session = bench.log_in();
  UserPatch patch;
  patch.password_hash = "another";
  ASSERT_TRUE(bench.ring->change_user(bench.admin, "alice", patch));
  EXPECT_EQ(bench.code_of(session->value.token), "login.over");
}

TEST(Login, LoggingOutEndsTheToken) {
  LoginRing bench;
  const auto session = bench.log_in();
  bench.ring->log_out(*bench.try_key(session->value.token));
  EXPECT_EQ(bench.code_of(session->value.token), "login.over");
}

TEST(Login, TokensAreBounded) {
  LoginRing bench;
  const auto first = bench.log_in();
  for (std::size_t i = 0; i < KeyRing::most_sessions; ++i) {
    bench.pass(1s);
    const auto user = "u" + std::to_string(i / KeyRing::most_sessions_per_user);
    if (i % KeyRing::most_sessions_per_user == 0) bench.add_user(user, Role::viewer, "hash");
    ASSERT_TRUE(bench.ring->finish_login(from_desk(user), {"hash", true}, "", bench.now(), bench.random));
  }
  EXPECT_EQ(bench.code_of(first->value.token), "login.over") << "the oldest makes room";
}

TEST(Login, AUsersTokensPushOutTheOwnOnly) {
  LoginRing bench;
  bench.add_user("otto", Role::operator_, "hash");
  const auto ottos =
      bench.ring->finish_login(from_desk("otto"), {"hash", true}, "", bench.now(), bench.random);
  const auto first = bench.log_in();
  bench.pass(1s);
  const auto second = bench.log_in();
  for (std::size_t i = 2; i < KeyRing::most_sessions_per_user; ++i) ASSERT_TRUE(bench.log_in());
  EXPECT_EQ(bench.code_of(first->value.token), "");
  ASSERT_TRUE(bench.log_in());
  EXPECT_EQ(bench.code_of(first->value.token), "login.over") << "her oldest makes room";
  EXPECT_EQ(bench.code_of(second->value.token), "");
  EXPECT_EQ(bench.code_of(ottos->value.token), "");
}
