#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/blocking_pool.hpp"
#include "core/async/mailbox.hpp"
#include "core/async/signal.hpp"
#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/on_exit.hpp"

using namespace colony::core;
using namespace std::chrono_literals;

namespace {

/// A loop under virtual time with one group of tasks.
struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  TaskGroup group{timers};

  ~Bench() {
    group.cancel();
    finish();
  }
  void finish() {
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 24h);
  }
};

}  // namespace

TEST(VirtualTimers, JumpToTheNextDeadlineInOrder) {
  Bench bench;
  std::vector<int> order;
  const auto sleeper = [](Bench& b, std::vector<int>& out, int id, Duration d) -> Task<> {
    co_await b.timers.sleep_for(d);
    out.push_back(id);
  };
  bench.group.spawn("late", sleeper(bench, order, 2, 3h));
  bench.group.spawn("early", sleeper(bench, order, 1, 5s));
  bench.finish();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_EQ(bench.timers.now().time_since_epoch(), 3h);
  EXPECT_EQ(format_utc(bench.timers.utc_now()), "2026-11-20T03:00:00.000Z");
}

TEST(Wakeup, RemembersAWakeThatCameBeforeTheWait) {
  Bench bench;
  Wakeup wakeup(bench.timers);
  wakeup.wake();
  std::optional<bool> woken;
  const auto wait = [](Wakeup& w, Timers& t, std::optional<bool>& out) -> Task<> {
    out = co_await w.wait_until(t.now() + 1s);
  };
  bench.group.spawn("wait", wait(wakeup, bench.timers, woken));
  bench.finish();
  EXPECT_EQ(woken, true);
}

TEST(Wakeup, SaysFalseWhenTheDeadlinePassed) {
  Bench bench;
  Wakeup wakeup(bench.timers);
  std::optional<bool> woken;
  const auto wait = [](Wakeup& w, Timers& t, std::optional<bool>& out) -> Task<> {
    out = co_await w.wait_until(t.now() + 1s);
  };
  bench.group.spawn("wait", wait(wakeup, bench.timers, woken));
  bench.finish();
  EXPECT_EQ(woken, false);
  EXPECT_EQ(bench.timers.now().time_since_epoch(), 1s);
}

TEST(Mailbox, LosesNothingAfterATimedOutReceive) {
  Bench bench;
  Mailbox<int> mailbox(bench.timers, 4);
  std::vector<int> received;
  const auto receive = [](Bench& b, Mailbox<int>& box, std::vector<int>& out) -> Task<> {
    const auto nothing = co_await box.pop_until(b.timers.now() + 1s);
    EXPECT_FALSE(nothing);
    out.push_back(co_await box.pop());
    out.push_back(co_await box.pop());
  };
  const auto send = [](Bench& b, Mailbox<int>& box) -> Task<> {
    co_await b.timers.sleep_for(2s);
    EXPECT_TRUE(box.try_push(1));
    EXPECT_TRUE(box.try_push(2));
  };
  bench.group.spawn("receive", receive(bench, mailbox, received));
  bench.group.spawn("send", send(bench, mailbox));
  bench.finish();
  EXPECT_EQ(received, (std::vector<int>{1, 2}));
}

TEST(Mailbox, RefusesAndCountsWhatDoesNotFit) {
  Bench bench;
  Mailbox<int> mailbox(bench.timers, 2);
  EXPECT_TRUE(mailbox.try_push(1));
  EXPECT_TRUE(mailbox.try_push(2));
  EXPECT_FALSE(mailbox.try_push(3));
  EXPECT_EQ(mailbox.dropped(), 1U);
  EXPECT_EQ(mailbox.size(), 2U);
}

TEST(Signal, WakesEveryoneWhoWaits) {
  Bench bench;
  Signal signal(bench.timers);
  int woken = 0;
  const auto wait = [](Bench& b, Signal& s, int& count) -> Task<> {
    const bool notified = co_await s.wait_until(b.timers.now() + 1h);
    if (notified) ++count;
  };
  for (int i = 0; i < 3; ++i) bench.group.spawn("wait", wait(bench, signal, woken));
  const auto notify = [](Bench& b, Signal& s) -> Task<> {
    co_await b.timers.sleep_for(1s);
    s.notify();
  };
  bench.group.spawn("notify", notify(bench, signal));
  bench.finish();
  EXPECT_EQ(woken, 3);
}

TEST(TaskGroup, CancelEndsEveryTaskAtItsAwait) {
  Bench bench;
  bool destroyed = false;
  const auto forever = [](Timers& timers, bool& flag) -> Task<> {
    const OnExit set_on_exit([&flag] { flag = true; });
    co_await timers.sleep_for(10000h);
  };
  bench.group.spawn("forever", forever(bench.timers, destroyed));
  bench.timers.run_for(1s);
  EXPECT_EQ(bench.group.size(), 1U);
  bench.group.cancel();
  bench.timers.run_for(1s);
  EXPECT_EQ(bench.group.size(), 0U);
  EXPECT_TRUE(destroyed);
}

TEST(TaskGroup, CancelReachesNestedAwaits) {
  Bench bench;
  Mailbox<int> never(bench.timers, 1);
  const auto inner = [](Mailbox<int>& box) -> Task<int> { co_return co_await box.pop(); };
  const auto outer = [](Mailbox<int>& box, auto& in) -> Task<> { (void)co_await in(box); };
  bench.group.spawn("outer", outer(never, inner));
  bench.timers.run_for(1s);
  bench.group.cancel();
  bench.timers.run_for(1s);
  EXPECT_EQ(bench.group.size(), 0U);
}

TEST(TaskGroup, ATaskThatCancelsItsOwnGroupAtItsEndIsToldAsEnded) {
  Bench bench;
  TaskGroup inner(bench.timers);
  const auto last_act = [](Timers& timers, TaskGroup& own) -> Task<> {
    co_await timers.sleep_for(1s);
    own.cancel();
  };
  inner.spawn("last act", last_act(bench.timers, inner));
  bench.timers.run_for(2s);
  EXPECT_EQ(inner.size(), 0U);
}

TEST(TaskGroup, JoinWaitsForTheLastTask) {
  Bench bench;
  TaskGroup inner(bench.timers);
  bool joined = false;
  const auto sleeper = [](Timers& t) -> Task<> { co_await t.sleep_for(5s); };
  const auto joiner = [](TaskGroup& g, bool& out) -> Task<> {
    co_await g.join();
    out = true;
  };
  inner.spawn("a", sleeper(bench.timers));
  bench.group.spawn("join", joiner(inner, joined));
  bench.timers.run_for(4s);
  EXPECT_FALSE(joined);
  bench.timers.run_for(2s);
  EXPECT_TRUE(joined);
}

TEST(ThreadedPool, BringsResultsBackToTheLogicThread) {
  boost::asio::io_context loop{1};
  SystemTimers timers(loop);
  ThreadedPool pool(timers, 2);
  TaskGroup group(timers);
  int result = 0;
  const auto logic = std::this_thread::get_id();
  const auto task = [](ThreadedPool& p, Timers& t, std::thread::id logic_thread, int& out) -> Task<> {
    out = co_await p.run<int>(t,
                              [logic_thread] { return std::this_thread::get_id() != logic_thread ? 42 : 0; });
    EXPECT_TRUE(std::this_thread::get_id() == logic_thread);
  };
  group.spawn("task", task(pool, timers, logic, result));
  loop.run();
  EXPECT_EQ(result, 42);
}

TEST(SystemTimers, SleepForeverIsCancellable) {
  boost::asio::io_context loop{1};
  SystemTimers timers(loop);
  TaskGroup group(timers);
  const auto forever = [](Timers& t) -> Task<> { co_await t.sleep_until(BootTime::max()); };
  group.spawn("forever", forever(timers));
  loop.poll();
  group.cancel();
  loop.run();
  EXPECT_EQ(group.size(), 0U);
}
