#include "daemon/keys/access.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/virtual_timers.hpp"
#include "tests/daemon/keys/memory_store.hpp"

using namespace colony;
using namespace colony::daemon::keys;
using namespace std::chrono_literals;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T18:00:00Z")};
  core::TaskGroup group{timers};
  core::SeededRandom random{1};
  core::Log log = core::Log::silent();
  core::InlinePool pool;
  colony::daemon::keys::test::MemoryStore store;
  Access access{{timers, random, log, pool, store}};
  Caller admin = KeyRing::socket_caller(0);

  void run(core::Task<> task) {
    group.spawn("test", std::move(task));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 24h);
  }
  void open() {
    run([](Bench& b) -> core::Task<> { EXPECT_TRUE(co_await b.access.open()); }(*this));
  }
  void close() {
    run([](Bench& b) -> core::Task<> { co_await b.access.stop(); }(*this));
  }
};

}  // namespace

TEST(Access, MakesTheKeyOfTheHashesOnce) {
  Bench bench;
  bench.open();
  const std::string made(bench.store.hash_key.reveal());
  EXPECT_EQ(made.size(), 32U);
  bench.close();
  Access later({bench.timers, bench.random, bench.log, bench.pool, bench.store});
  bench.run([](Access& a) -> core::Task<> {
    EXPECT_TRUE(co_await a.open());
    co_await a.stop();
  }(later));
  EXPECT_EQ(bench.store.hash_key.reveal(), made);
}

TEST(Access, WritesUsesOnceAMinuteAndAtTheEnd) {
  Bench bench;
  bench.open();
  auto made = bench.access.ring().create_key(bench.admin, {"k", "", "", {}, "24h"}, bench.timers.utc_now(),
                                             bench.random);
  bench.run([](Bench& b, AccessChange change) -> core::Task<> {
    EXPECT_TRUE(co_await b.access.commit(std::move(change)));
  }(bench, std::move(made->change)));
  const auto before = bench.store.commits;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(bench.access.ring().authenticate(made->value.text.reveal(), "10.0.0.9", bench.access.now()));
  }
  EXPECT_EQ(bench.store.commits, before);
  EXPECT_FALSE(bench.store.keys.front().last_used_at);
  bench.run([](Bench& b) -> core::Task<> { co_await b.timers.sleep_for(61s); }(bench));
  EXPECT_EQ(bench.store.commits, before + 1);
  EXPECT_TRUE(bench.store.keys.front().last_used_at);
  ASSERT_TRUE(bench.access.ring().authenticate(made->value.text.reveal(), "10.0.0.7", bench.access.now()));
  bench.close();
  EXPECT_EQ(bench.store.keys.front().last_used_from, "10.0.0.7");
}

TEST(Access, WhatCouldNotBeStoredIsNotInForce) {
  Bench bench;
  bench.open();
  auto made = bench.access.ring().create_key(bench.admin, {"k", "", "", {}, "24h"}, bench.timers.utc_now(),
                                             bench.random);
  bench.store.failing = core::Error{core::ErrorKind::exhausted, "store.disk_full", "full"};
  bench.run([](Bench& b, AccessChange change) -> core::Task<> {
    const auto kept = co_await b.access.commit(std::move(change));
    EXPECT_EQ(kept.error().code, "store.disk_full");
  }(bench, std::move(made->change)));
  EXPECT_FALSE(bench.access.ring().authenticate(made->value.text.reveal(), "x", bench.access.now()));
  EXPECT_TRUE(bench.access.ring().list_keys(bench.admin, "").empty());
  bench.store.failing.reset();
  bench.close();
}

namespace {

/// Takes its time: a change is on the disk, or refused, `delays` later.
struct SlowStore final : AccessStore {
  SlowStore(core::Timers& t, AccessStore& s) : timers(t), inner(s) {}
  core::Task<core::Result<AccessSnapshot>> load_access() override { return inner.load_access(); }
  core::Task<core::Result<>> commit_access(AccessChange change) override {
    if (delays.empty()) co_return co_await inner.commit_access(std::move(change));
    const auto [delay, fails] = delays.front();
    delays.erase(delays.begin());
    co_await timers.sleep_for(delay);
    if (fails) co_return core::fail(core::ErrorKind::exhausted, "store.disk_full", "full");
    co_return co_await inner.commit_access(std::move(change));
  }
  core::Task<core::Result<std::vector<AuditRow>>> audit(std::uint64_t before, unsigned limit) override {
    return inner.audit(before, limit);
  }
  core::Timers& timers;
  AccessStore& inner;
  std::vector<std::pair<core::Duration, bool>> delays;
};

}  // namespace

TEST(Access, ARevokedKeyStaysRevokedWhenTheChangeOfAnotherFails) {
  Bench bench;
  SlowStore slow(bench.timers, bench.store);
  Access access({bench.timers, bench.random, bench.log, bench.pool, slow});
  bench.run([](Bench& b, Access& a, SlowStore& s) -> core::Task<> {
    EXPECT_TRUE(co_await a.open());
    auto made = a.ring().create_key(b.admin, {"k", "", "", {}, "24h"}, b.timers.utc_now(), b.random);
    EXPECT_TRUE(co_await a.commit(std::move(made->change)));
    const auto code = [&] {
      const auto caller = a.ring().authenticate(made->value.text.reveal(), "x", a.now());
      return caller ? "" : caller.error().code;
    };
    s.delays = {{1s, true}, {3s, false}};
    auto failing = a.ring().create_user(b.admin, {"alice", "", "", Role::viewer}, b.timers.utc_now());
    auto revoked = a.ring().revoke_key(b.admin, made->value.key.id.to_string(), b.timers.utc_now());
    bool first_over = false;
    bool second_over = false;
    const auto commit = [](Access& in, AccessChange change, bool fits, bool& over) -> core::Task<> {
      EXPECT_EQ(static_cast<bool>(co_await in.commit(std::move(change))), fits);
      over = true;
    };
    b.group.spawn("failing", commit(a, std::move(failing->change), false, first_over));
    b.group.spawn("revoking", commit(a, std::move(revoked->change), true, second_over));
    co_await b.timers.sleep_for(2s);
    EXPECT_TRUE(first_over);
    EXPECT_FALSE(second_over);
    EXPECT_EQ(code(), "api_key.revoked") << "its change is under way";
    co_await b.timers.sleep_for(2s);
    EXPECT_TRUE(second_over);
    EXPECT_EQ(code(), "api_key.revoked");
    EXPECT_EQ(a.ring().user(b.admin, "alice").error().code, "user.not_found")
        << "the last one under way puts back what failed";
    co_await a.stop();
  }(bench, access, slow));
}

TEST(Access, LogsInWithThePasswordThatWasHashed) {
  Bench bench;
  bench.open();
  bench.run([](Bench& b) -> core::Task<> {
    const auto weak = co_await b.access.hash_password(core::Secret("short"));
    EXPECT_EQ(weak.error().code, "user.password");
    const auto hash = co_await b.access.hash_password(core::Secret("correct horse battery"));
    auto made = b.access.ring().create_user(b.admin, {"alice", "", *hash, Role::admin}, b.timers.utc_now());
    EXPECT_TRUE(co_await b.access.commit(std::move(made->change)));
    const auto wrong = co_await b.access.log_in({"alice", core::Secret("wrong"), ""});
    EXPECT_EQ(wrong.error().refusal.code, "login.refused");
    const auto session = co_await b.access.log_in({"alice", core::Secret("correct horse battery"), ""});
    EXPECT_TRUE(session);
    if (session) EXPECT_EQ(session->caller.user, "alice");
    for (int i = 0; i < 5; ++i) (void)co_await b.access.log_in({"alice", core::Secret("wrong"), ""});
    const auto limited = co_await b.access.log_in({"alice", core::Secret("correct horse battery"), ""});
    EXPECT_EQ(limited.error().refusal.code, "login.too_many");
    EXPECT_TRUE(limited.error().wait);
    EXPECT_TRUE(co_await b.access.log_in({"alice", core::Secret("correct horse battery"), "", "10.0.0.10"}))
        << "from elsewhere she comes in";
  }(bench));
  bench.close();
}

TEST(Access, FailuresAreLimitedByAddress) {
  Bench bench;
  const core::Ipv4Address attacker(0x0a000009);
  for (int i = 0; i < 20; ++i) {
    ASSERT_FALSE(bench.access.failure_wait(attacker)) << i;
    bench.access.count_failure(attacker);
  }
  EXPECT_EQ(bench.access.failure_wait(attacker), 3s);
  EXPECT_FALSE(bench.access.failure_wait(core::Ipv4Address(0x0a00000a)));
}
