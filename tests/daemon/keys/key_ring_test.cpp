#include "daemon/keys/key_ring.hpp"

#include <gtest/gtest.h>

#include "tests/daemon/keys/ring_bench.hpp"

using namespace colony;
using namespace colony::daemon::keys;
using namespace colony::daemon::keys::test;
using namespace std::chrono_literals;

TEST(KeyRing, AKeyLetsItsHolderInAndRemembersIt) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"ci", "for the pipeline", "", Scopes::parse("read"), "24h"});
  EXPECT_EQ(made.key.owner, "local");
  EXPECT_EQ(made.key.created_by, "uid 0");
  const auto caller = bench.try_key(made.text);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->scopes.to_string(), "read");
  EXPECT_EQ(caller->to_string(), "key " + made.key.id.to_string() + " of local");
  const auto shown = bench.ring->key(bench.admin, made.key.id.to_string());
  EXPECT_EQ(shown->last_used_at, bench.utc());
  EXPECT_EQ(shown->last_used_from, "10.0.0.9");
}

TEST(KeyRing, WhatIsStoredIsNotTheKey) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"ci", "", "", {}, "24h"});
  EXPECT_EQ(std::string(made.text.reveal()).find(made.key.hash.to_string()), std::string::npos);
  EXPECT_EQ(made.key.hash, keyed_hash(core::Secret("the key of the hashes"), made.text.reveal()));
}

TEST(KeyRing, AnotherSecretOfAKnownIdIsUnknown) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"ci", "", "", {}, "24h"});
  std::string wrong(made.text.reveal());
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_EQ(bench.code_of(core::Secret(wrong)), "api_key.unknown");
  EXPECT_EQ(bench.code_of(core::Secret("cl-000000000000_" + wrong.substr(16))), "api_key.unknown");
  EXPECT_EQ(bench.code_of(core::Secret("nonsense")), "api_key.form");
}

TEST(KeyRing, RevokingCountsForTheVeryNextRequest) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"ci", "", "", {}, "24h"});
  const auto caller = *bench.try_key(made.text);
  ASSERT_TRUE(bench.ring->still_valid(caller, Scope::read, bench.now()));
  ASSERT_TRUE(bench.ring->revoke_key(bench.admin, made.key.id.to_string(), bench.utc()));
  EXPECT_EQ(bench.code_of(made.text), "api_key.revoked");
  EXPECT_FALSE(bench.ring->still_valid(caller, Scope::read, bench.now()));
  ASSERT_TRUE(bench.ring->delete_key(bench.admin, made.key.id.to_string()));
  EXPECT_EQ(bench.code_of(made.text), "api_key.unknown");
  EXPECT_EQ(bench.ring->key(bench.admin, made.key.id.to_string()).error().code, "api_key.not_found");
}

TEST(KeyRing, AnExpiredKeyIsRefusedUntilItsEndIsMoved) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"ci", "", "", {}, "24h"});
  bench.pass(24h - 1s);
  EXPECT_EQ(bench.code_of(made.text), "");
  bench.pass(1s);
  EXPECT_EQ(bench.code_of(made.text), "api_key.expired");
  KeyPatch patch;
  patch.expires = "7d";
  ASSERT_TRUE(bench.ring->change_key(bench.admin, made.key.id.to_string(), patch, bench.utc()));
  EXPECT_EQ(bench.code_of(made.text), "");
  ASSERT_TRUE(bench.ring->revoke_key(bench.admin, made.key.id.to_string(), bench.utc()));
  EXPECT_EQ(bench.ring->change_key(bench.admin, made.key.id.to_string(), patch, bench.utc()).error().code,
            "api_key.status");
}

TEST(KeyRing, BothOfARotatedPairCountDuringTheOverlap) {
  Ring bench;
  const auto old = bench.make(bench.admin, {"ci", "", "", Scopes::parse("read,wipe"), "30d"});
  bench.pass(24h);
  auto rotated =
      bench.ring->rotate_key(bench.admin, old.key.id.to_string(), 1h, "", bench.utc(), bench.random);
  ASSERT_TRUE(rotated);
  const auto& fresh = rotated->value;
  EXPECT_EQ(fresh.key.replaces, old.key.id);
  EXPECT_EQ(fresh.key.scopes, old.key.scopes);
  EXPECT_EQ(*fresh.key.expires_at, bench.utc() + std::chrono::days(30))
      << "as long as the old one was made for";
  EXPECT_EQ(bench.code_of(old.text), "");
  EXPECT_EQ(bench.code_of(fresh.text), "");
  bench.pass(1h);
  EXPECT_EQ(bench.code_of(old.text), "api_key.expired");
  EXPECT_EQ(bench.code_of(fresh.text), "");
  auto again =
      bench.ring->rotate_key(bench.admin, fresh.key.id.to_string(), 0s, "never", bench.utc(), bench.random);
  ASSERT_TRUE(again);
  EXPECT_EQ(bench.code_of(fresh.text), "api_key.revoked");
  EXPECT_FALSE(again->value.key.expires_at);
  EXPECT_EQ(bench.ring->rotate_key(bench.admin, fresh.key.id.to_string(), 1h, "", bench.utc(), bench.random)
                .error()
                .code,
            "api_key.status");
}

TEST(KeyRing, RotationDoesNotLengthenTheOldOne) {
  Ring bench;
  const auto old = bench.make(bench.admin, {"ci", "", "", {}, "24h"});
  const auto id = old.key.id.to_string();
  ASSERT_TRUE(bench.ring->rotate_key(bench.admin, id, std::chrono::days(7), "", bench.utc(), bench.random));
  EXPECT_EQ(*bench.ring->key(bench.admin, id)->expires_at, bench.utc() + 24h);
}

TEST(KeyRing, AKeyIsNeverWiderThanItsOwnersRole) {
  Ring bench;
  bench.add_user("vera", Role::viewer);
  const auto wide = bench.ring->create_key(bench.admin, {"k", "", "vera", Scopes::parse("read,wipe"), "24h"},
                                           bench.utc(), bench.random);
  EXPECT_EQ(wide.error().code, "api_key.scopes");
  bench.add_user("otto", Role::operator_);
  const auto made = bench.make(bench.admin, {"k", "", "otto", {}, "24h"});
  EXPECT_EQ(bench.try_key(made.text)->scopes.to_string(), "read,operate,wipe");
  UserPatch demoted;
  demoted.role = Role::viewer;
  ASSERT_TRUE(bench.ring->change_user(bench.admin, "otto", demoted));
  EXPECT_EQ(bench.try_key(made.text)->scopes.to_string(), "read") << "at once";
  UserPatch disabled;
  disabled.disabled = true;
  ASSERT_TRUE(bench.ring->change_user(bench.admin, "otto", disabled));
  EXPECT_EQ(bench.code_of(made.text), "user.disabled");
}

TEST(KeyRing, AKeyManagesNothingButItself) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"k", "", "", Scopes::parse("read,operate,wipe"), "24h"});
  const auto other = bench.make(bench.admin, {"other", "", "", {}, "24h"});
  const auto caller = *bench.try_key(made.text);
  const auto own = made.key.id.to_string();
  auto& ring = *bench.ring;
  EXPECT_EQ(ring.create_key(caller, {"n", "", "", {}, "24h"}, bench.utc(), bench.random).error().code,
            "api.forbidden");
  EXPECT_EQ(ring.revoke_key(caller, other.key.id.to_string(), bench.utc()).error().code, "api.forbidden");
  EXPECT_EQ(ring.rotate_key(caller, own, 1h, "", bench.utc(), bench.random).error().code, "api.forbidden");
  EXPECT_EQ(ring.change_key(caller, own, {}, bench.utc()).error().code, "api.forbidden");
  EXPECT_EQ(ring.create_user(caller, {"eve", "", "", Role::admin}, bench.utc()).error().code,
            "api.forbidden");
  EXPECT_EQ(ring.list_keys(caller, "").size(), 1U);
  EXPECT_EQ(ring.key(caller, own)->name, "k");
  EXPECT_TRUE(ring.revoke_key(caller, own, bench.utc()));
}

TEST(KeyRing, NobodyHandsOutWhatHeDoesNotHave) {
  Ring bench;
  const auto narrow = bench.make(bench.admin, {"k", "", "", Scopes::parse("read,admin"), "24h"});
  const auto caller = *bench.try_key(narrow.text);
  EXPECT_EQ(
      bench.ring->create_key(caller, {"n", "", "", Scopes::parse("wipe"), "24h"}, bench.utc(), bench.random)
          .error()
          .code,
      "api_key.scopes");
  EXPECT_EQ(bench.ring->create_key(caller, {"n", "", "", {}, "24h"}, bench.utc(), bench.random)
                ->value.key.scopes.to_string(),
            "read,admin");
}

TEST(KeyRing, NobodyMakesOrChangesAUserWithMoreScopesThanHeHas) {
  Ring bench;
  bench.add_user("alice", Role::admin, "hash");
  bench.add_user("victor", Role::viewer, "hash");
  auto& ring = *bench.ring;
  ASSERT_TRUE(ring.begin_totp(bench.admin, "alice", core::Secret("12345678901234567890")));
  const auto with = [&](const char* scopes) {
    return *bench.try_key(bench.make(bench.admin, {"k", "", "", Scopes::parse(scopes), "24h"}).text);
  };
  const auto keys_only = with("admin");
  const auto reads = with("read,admin");
  const auto make = [&](const Caller& caller, Role role) {
    const auto made = ring.create_user(caller, {"eve", "", "", role}, bench.utc());
    return made ? "" : made.error().code;
  };
  const auto change = [&](const Caller& caller, const char* user, std::optional<Role> role) {
    UserPatch patch;
    patch.role = role;
    if (!role) patch.password_hash = "of eve";
    const auto made = ring.change_user(caller, user, patch);
    return made ? "" : made.error().code;
  };
  EXPECT_EQ(make(keys_only, Role::admin), "api.forbidden");
  EXPECT_EQ(make(keys_only, Role::viewer), "api.forbidden");
  EXPECT_EQ(make(reads, Role::operator_), "api.forbidden");
  EXPECT_EQ(change(reads, "victor", Role::admin), "api.forbidden") << "nor gives a role";
  EXPECT_EQ(change(reads, "alice", Role::viewer), "api.forbidden") << "nor takes one";
  EXPECT_EQ(change(reads, "alice", {}), "api.forbidden") << "nor sets an administrator's password";
  EXPECT_EQ(change(keys_only, "victor", {}), "api.forbidden");
  EXPECT_EQ(ring.begin_totp(keys_only, "victor", core::Secret("x")).error().code, "api.forbidden");
  EXPECT_EQ(ring.end_totp(reads, "alice", "", bench.utc()).error().code, "api.forbidden");
  EXPECT_EQ(make(reads, Role::viewer), "");
  EXPECT_EQ(change(reads, "victor", {}), "");
}

TEST(KeyRing, AKeyWithoutItsOwnerIsAnErrorAndNoCrash) {
  Ring bench;
  AccessSnapshot stored;
  stored.hash_key = core::Secret("the key of the hashes");
  KeyRow orphan;
  orphan.id = *KeyId::parse("0123456789ab");
  orphan.name = "k";
  orphan.owner = "gone";
  orphan.scopes = *Scopes::parse("read");
  orphan.created_at = bench.utc();
  stored.keys.push_back(orphan);
  bench.ring->replace(std::move(stored));
  KeyPatch patch;
  patch.scopes = orphan.scopes;
  EXPECT_EQ(bench.ring->change_key(bench.admin, "0123456789ab", patch, bench.utc()).error().code,
            "user.not_found");
  EXPECT_EQ(
      bench.ring->rotate_key(bench.admin, "0123456789ab", 1h, "", bench.utc(), bench.random).error().code,
      "user.not_found");
  EXPECT_TRUE(bench.ring->delete_key(bench.admin, "0123456789ab")) << "so that it can be tidied up";
}

TEST(KeyRing, AStreamIsValidAsLongAsItsScopeIsHeld) {
  Ring bench;
  bench.add_user("otto", Role::operator_, "hash");
  const auto made = bench.make(bench.admin, {"k", "", "otto", Scopes::parse("read,operate"), "24h"});
  const auto key = *bench.try_key(made.text);
  ASSERT_TRUE(bench.ring->still_valid(key, Scope::operate, bench.now()));
  EXPECT_FALSE(bench.ring->still_valid(key, Scope::wipe, bench.now())) << "otto's, not the key's";
  UserPatch viewer;
  viewer.role = Role::viewer;
  ASSERT_TRUE(bench.ring->change_user(bench.admin, "otto", viewer));
  EXPECT_FALSE(bench.ring->still_valid(key, Scope::operate, bench.now()));
  EXPECT_TRUE(bench.ring->still_valid(key, Scope::read, bench.now()));
  EXPECT_TRUE(bench.ring->still_valid(key, std::nullopt, bench.now()));
}

TEST(KeyRing, ADeletedUsersKeysAreGone) {
  Ring bench;
  bench.add_user("bot", Role::service);
  const auto made = bench.make(bench.admin, {"k", "", "bot", {}, "never"});
  const auto change = bench.ring->delete_user(bench.admin, "bot");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->forgotten_users, std::vector<std::string>{"bot"});
  EXPECT_EQ(change->forgotten_keys, std::vector<KeyId>{made.key.id});
  EXPECT_EQ(bench.code_of(made.text), "api_key.unknown");
  EXPECT_EQ(bench.ring->delete_user(bench.admin, "local").error().code, "user.built_in");
}

TEST(KeyRing, UsesAreWrittenOnceForManyRequests) {
  Ring bench;
  const auto made = bench.make(bench.admin, {"k", "", "", {}, "24h"});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(bench.try_key(made.text));
  EXPECT_EQ(bench.ring->take_used().keys.size(), 1U);
  EXPECT_TRUE(bench.ring->take_used().empty());
}

TEST(KeyRing, CountsRequestsOfEachKey) {
  Ring bench;
  const auto a = *bench.try_key(bench.make(bench.admin, {"a", "", "", {}, "24h"}).text);
  const auto b = *bench.try_key(bench.make(bench.admin, {"b", "", "", {}, "24h"}).text);
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(bench.ring->spend(a, bench.now().boot));
  EXPECT_EQ(bench.ring->spend(a, bench.now().boot), 60s);
  EXPECT_FALSE(bench.ring->spend(b, bench.now().boot));
  for (int i = 0; i < 200; ++i) EXPECT_FALSE(bench.ring->spend(bench.admin, bench.now().boot));
}

TEST(KeyRing, HoldsSoManyKeysAndUsers) {
  Ring bench;
  for (std::size_t i = 1; i < KeyRing::most_users; ++i) bench.add_user("u" + std::to_string(i), Role::viewer);
  const auto make = [&](const std::string& owner) {
    const auto made =
        bench.ring->create_key(bench.admin, {"k", "", owner, {}, "24h"}, bench.utc(), bench.random);
    return made ? "" : made.error().code + ": " + made.error().message.substr(0, 2);
  };
  for (std::size_t i = 0; i < KeyRing::most_keys_per_owner; ++i) ASSERT_EQ(make("u1"), "");
  EXPECT_EQ(make("u1"), "api_key.too_many: u1") << "one person does not take them all";
  for (std::size_t i = KeyRing::most_keys_per_owner; i < KeyRing::most_keys; ++i)
    ASSERT_EQ(make("u" + std::to_string(2 + i % 100)), "");
  EXPECT_EQ(make("u199"), "api_key.too_many: th");
  EXPECT_EQ(bench.ring->create_user(bench.admin, {"more", "", "", Role::viewer}, bench.utc()).error().code,
            "user.too_many");
}

TEST(KeyRing, RefusesNamesThatAreNone) {
  Ring bench;
  for (const auto* const wrong :
       {"", "Alice", "1a", "a b", "../x", "a\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(bench.ring->create_user(bench.admin, {wrong, "", "", Role::viewer}, bench.utc()).error().code,
              "user.name")
        << wrong;
  }
  EXPECT_EQ(bench.ring->create_user(bench.admin, {"local", "", "", Role::viewer}, bench.utc()).error().code,
            "user.exists");
  EXPECT_EQ(
      bench.ring->create_user(bench.admin, {"bot", "", "hash", Role::service}, bench.utc()).error().code,
      "user.role");
  EXPECT_EQ(
      bench.ring->create_key(bench.admin, {"", "", "", {}, "24h"}, bench.utc(), bench.random).error().code,
      "api_key.name");
  EXPECT_EQ(bench.ring->create_key(bench.admin, {"k", "", "nobody", {}, "24h"}, bench.utc(), bench.random)
                .error()
                .code,
            "user.not_found");
}
