#include "daemon/hosted/link_plan.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using core::BootTime;

namespace {

constexpr Backlog nothing{};
constexpr Backlog both{.events = 1, .assets = true};

struct Bench {
  core::SeededRandom random{3};
  LinkPlan plan{RateLimits{}, random};
  BootTime now{1h};

  void registered() {
    plan.on_known_agent();
    plan.on_met(now);
  }
  std::optional<Push> push(const Backlog& backlog = nothing) {
    const auto step = plan.next_push(now, backlog);
    const auto* const call = std::get_if<PushNow>(&step);
    return call == nullptr ? std::nullopt : std::optional(call->call);
  }
  core::Duration wait(const Backlog& backlog = nothing) {
    return std::get<WaitUntil>(plan.next_push(now, backlog)).at - now;
  }
  bool polls() { return std::holds_alternative<PollNow>(plan.next_poll(now)); }
  void succeed(Push call) { plan.on_push(call, Succeeded{}, now); }
};

}  // namespace

TEST(LinkPlan, RegistersBeforeAnythingElse) {
  Bench bench;
  EXPECT_EQ(bench.push(both), Push::registration);
  EXPECT_FALSE(bench.polls());
  bench.succeed(Push::registration);
  EXPECT_EQ(bench.push(both), Push::heartbeat);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::linked);
}

TEST(LinkPlan, MeetsTheOtherSideBeforeItTakesOrders) {
  Bench bench;
  bench.plan.on_known_agent();
  bench.succeed(Push::heartbeat);
  EXPECT_FALSE(bench.polls());
  EXPECT_EQ(bench.push(), Push::events) << "although there are none";
  bench.plan.on_met(bench.now);
  bench.succeed(Push::events);
  EXPECT_TRUE(bench.polls());
  EXPECT_FALSE(bench.push());
  bench.now += 1h;
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.push(), Push::events) << "and now and then, since it may have been restored";
}

TEST(LinkPlan, AnOldCopyTakesNoOrdersAndTellsNothingButThatItIsThere) {
  Bench bench;
  bench.plan.on_known_agent();
  bench.succeed(Push::heartbeat);
  ASSERT_EQ(bench.push(both), Push::events);
  bench.plan.on_push(Push::events, Outdated{}, bench.now);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::outdated);
  EXPECT_EQ(bench.wait(both), 60s) << "the heartbeat";
  EXPECT_FALSE(bench.polls());
  bench.now += 15min;
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.push(both), Push::events) << "it may have been mended over there";
  bench.plan.on_met(bench.now);
  bench.succeed(Push::events);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::linked);
  EXPECT_TRUE(bench.polls());
}

TEST(LinkPlan, PostsGrowOnAQuickLineAndShrinkOnAThinOne) {
  Bench bench;
  bench.registered();
  bench.succeed(Push::heartbeat);
  const auto post = [&](core::Duration takes, const Outcome& outcome) {
    bench.now += 10min;
    bench.succeed(Push::heartbeat);
    const auto step = bench.plan.next_push(bench.now, {.events = 5000});
    const auto most = std::get<PushNow>(step).most;
    bench.now += takes;
    bench.plan.on_push(Push::events, outcome, bench.now);
    return most;
  };
  EXPECT_EQ(post(1s, Succeeded{}), 200U);
  EXPECT_EQ(post(1s, Succeeded{}), 400U);
  EXPECT_EQ(post(1s, Succeeded{}), 800U);
  EXPECT_EQ(post(5s, Succeeded{}), 1000U);
  EXPECT_EQ(post(12s, Succeeded{}), 1000U);
  EXPECT_EQ(post(30s, TryLater{.retry_after = {}, .timed_out = true}), 500U);
  EXPECT_EQ(post(30s, TryLater{.retry_after = {}, .timed_out = true}), 250U);
  EXPECT_EQ(post(1s, TryLater{}), 125U) << "a 5xx says nothing about the line";
  EXPECT_EQ(post(1s, Succeeded{}), 125U);
}

TEST(LinkPlan, AFullPostNeedNotWaitForItsTurn) {
  for (const std::uint64_t waiting : {std::uint64_t{1}, std::uint64_t{1'000'000}}) {
    Bench bench;
    bench.registered();
    unsigned posts = 0;
    const auto end = bench.now + 10min;
    while (bench.now < end) {
      const auto call = bench.push({.events = waiting});
      if (call) {
        bench.plan.on_begin(bench.now);
        bench.succeed(*call);
        posts += *call == Push::events ? 1 : 0;
      } else {
        bench.now += 1s;
      }
    }
    if (waiting == 1) EXPECT_LE(posts, 60U + 50U);
    if (waiting > 1) EXPECT_GE(posts, 290U);
  }
}

TEST(LinkPlan, SendsHeartbeatThenEventsThenAssets) {
  Bench bench;
  bench.registered();
  EXPECT_EQ(bench.push(both), Push::heartbeat);
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.push(both), Push::events);
  bench.succeed(Push::events);
  EXPECT_EQ(bench.push(both), Push::assets);
  bench.succeed(Push::assets);
  EXPECT_FALSE(bench.push(both)) << "batches come together first";
  bench.now += 2s;
  EXPECT_EQ(bench.push(both), Push::events);
}

TEST(LinkPlan, HasNothingToDoButTheHeartbeatWhenNothingHappens) {
  Bench bench;
  bench.registered();
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.wait(), 60s);
}

TEST(LinkPlan, WaitsAsLongAsItIsTold) {
  Bench bench;
  bench.registered();
  bench.plan.on_push(Push::heartbeat, TryLater{17s, true}, bench.now);
  EXPECT_EQ(bench.wait(both), 17s);
  EXPECT_FALSE(bench.polls()) << "the limit is the key's: both lanes wait";
  bench.now += 17s;
  EXPECT_EQ(bench.push(both), Push::heartbeat);
}

TEST(LinkPlan, BacksOffWithJitterUpToAMaximum) {
  Bench bench;
  bench.registered();
  core::Duration longest{};
  for (int i = 0; i < 40; ++i) {
    bench.plan.on_push(Push::heartbeat, TryLater{}, bench.now);
    const auto wait = bench.wait();
    EXPECT_GT(wait, 0s);
    EXPECT_LE(wait, 5min);
    longest = std::max(longest, wait);
    bench.now += wait;
  }
  EXPECT_GT(longest, 150s);
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.plan.failures(), 0U);
}

TEST(LinkPlan, IsLockedOutByARefusedKeyUntilItChanges) {
  Bench bench;
  bench.registered();
  bench.plan.on_push(Push::heartbeat, Unauthorized{}, bench.now);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::locked_out);
  EXPECT_EQ(bench.wait(both), 15min) << "no hot loop";
  EXPECT_FALSE(bench.polls());
  bench.plan.on_new_key(bench.now);
  EXPECT_EQ(bench.push(both), Push::heartbeat);
  EXPECT_TRUE(bench.polls());
}

TEST(LinkPlan, IsNotLetInAgainByAPollFromBeforeTheRefusal) {
  Bench bench;
  bench.registered();
  EXPECT_TRUE(bench.polls());
  bench.now += 10s;
  EXPECT_EQ(bench.push(), Push::heartbeat);
  bench.plan.on_push(Push::heartbeat, Unauthorized{}, bench.now);
  bench.now += 10s;
  bench.plan.on_poll(Succeeded{}, bench.now);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::locked_out);
  bench.plan.on_new_key(bench.now);
  EXPECT_EQ(bench.push(), Push::heartbeat);
}

TEST(LinkPlan, TriesARefusedKeyAgainNowAndThen) {
  Bench bench;
  bench.registered();
  bench.plan.on_push(Push::heartbeat, Unauthorized{}, bench.now);
  bench.now += 15min;
  EXPECT_EQ(bench.push(), Push::heartbeat);
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::linked);
}

TEST(LinkPlan, FallsBackToTheDocumentedCalls) {
  Bench bench;
  bench.registered();
  bench.succeed(Push::heartbeat);
  EXPECT_TRUE(bench.polls());
  bench.plan.on_poll(CallUnknown{}, bench.now);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::documented);
  EXPECT_EQ(bench.push(both), Push::workflows) << "no events, no assets";
  bench.succeed(Push::workflows);
  EXPECT_EQ(bench.wait(both), 60s);
  EXPECT_FALSE(bench.polls());
  bench.now += 1h;
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.push(both), Push::events) << "is it there by now?";
  bench.succeed(Push::events);
  EXPECT_EQ(bench.plan.mode(), LinkPlan::Mode::linked);
}

TEST(LinkPlan, RegistersAgainWhenItsAgentIsGone) {
  Bench bench;
  bench.registered();
  bench.plan.on_push(Push::heartbeat, AgentUnknown{}, bench.now);
  EXPECT_EQ(bench.push(), Push::registration);
}

TEST(LinkPlan, DoesNotMakeAgentsInALoop) {
  for (const Push refused : {Push::heartbeat, Push::events}) {
    Bench bench;
    unsigned registrations = 0;
    unsigned calls = 0;
    const auto end = bench.now + 1h;
    while (bench.now < end) {
      if (const auto call = bench.push(both)) {
        bench.plan.on_begin(bench.now);
        ++calls;
        registrations += *call == Push::registration ? 1 : 0;
        bench.plan.on_push(*call, *call == refused ? Outcome(AgentUnknown{}) : Succeeded{}, bench.now);
      } else {
        bench.now += 1s;
      }
    }
    // At 0, 1, 3, 7, 15 and 31 minutes.
    EXPECT_EQ(registrations, 6U);
    EXPECT_LE(calls, 20U);
  }
}

TEST(LinkPlan, RegistersSoonAgainAnAgentThatLasted) {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(bench.push(), Push::registration) << i;
    bench.succeed(Push::registration);
    for (int minutes = 0; minutes < 5; ++minutes) {
      bench.succeed(Push::heartbeat);
      bench.now += 60s;
    }
    bench.plan.on_push(Push::heartbeat, AgentUnknown{}, bench.now);
  }
}

TEST(LinkPlan, AsksSeldomForOperationsThatItCannotRead) {
  Bench bench;
  bench.registered();
  ASSERT_TRUE(bench.polls());
  bench.plan.on_poll(Succeeded{}, bench.now);
  bench.plan.on_unreadable_poll(bench.now);
  bench.now += 59s;
  EXPECT_FALSE(bench.polls());
  bench.now += 1s;
  EXPECT_TRUE(bench.polls());
}

TEST(LinkPlan, AsksSeldomForARegistrationThatIsRefused) {
  Bench bench;
  bench.plan.on_push(Push::registration, Conflict{}, bench.now);
  EXPECT_EQ(bench.wait(), 5min);
}

TEST(LinkPlan, MakesRefusedPostsSmallerAndNeverSkips) {
  Bench bench;
  bench.registered();
  bench.succeed(Push::heartbeat);
  std::vector<unsigned> sizes;
  for (int i = 0; i < 5; ++i) {
    const auto step = bench.plan.next_push(bench.now, both);
    const auto call = std::get<PushNow>(step);
    ASSERT_EQ(call.call, Push::events);
    sizes.push_back(call.most);
    bench.plan.on_push(Push::events, Refused{}, bench.now);
  }
  EXPECT_EQ(sizes, (std::vector<unsigned>{200, 50, 12, 3, 1}));
  EXPECT_NE(bench.push(both), Push::events) << "now it waits";
  bench.now += 5min;
  bench.succeed(Push::heartbeat);
  EXPECT_EQ(bench.push(both), Push::events);
}

TEST(LinkPlan, DoesNotSpinOnASideThatHoldsNoPolls) {
  Bench bench;
  bench.registered();
  unsigned polls = 0;
  const auto end = bench.now + 1h;
  while (bench.now < end) {
    if (bench.polls()) {
      ++polls;
      bench.plan.on_begin(bench.now);
      bench.plan.on_poll(Succeeded{}, bench.now);
    }
    bench.now += 100ms;
  }
  EXPECT_LE(polls, 30U + 360U) << "events have the rest";
}

TEST(LinkPlan, StaysInItsBudgetWhateverThereIsToSend) {
  Bench bench;
  bench.registered();
  std::vector<BootTime> calls;
  const auto end = bench.now + 4h;
  while (bench.now < end) {
    bool idle = true;
    if (const auto call = bench.push(both)) {
      bench.plan.on_begin(bench.now);
      calls.push_back(bench.now);
      bench.succeed(*call);
      idle = false;
    }
    if (bench.polls()) {
      bench.plan.on_begin(bench.now);
      calls.push_back(bench.now);
      bench.plan.on_poll(Succeeded{}, bench.now);
      idle = false;
    }
    if (idle) bench.now += 250ms;
  }
  for (std::size_t i = 100; i < calls.size(); ++i) ASSERT_GE(calls[i] - calls[i - 100], 1min);
  for (std::size_t i = 1000; i < calls.size(); ++i) ASSERT_GE(calls[i] - calls[i - 1000], 1h);
  EXPECT_GT(calls.size(), 2000U);
}
