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
