#include "daemon/store/store.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/daemon/store/bench.hpp"
#include "tests/daemon/store/fault_disk.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;
using core::Task;

namespace {

template <class Timers>
struct Bench {
  TemporaryDirectory directory;
  boost::asio::io_context loop{1};
  Timers timers;
  core::TaskGroup group{timers};
  std::unique_ptr<Store> store;

  template <class... Arguments>
  explicit Bench(Threading threading, Arguments... arguments) : timers(loop, arguments...) {
    auto opened_store = Store::open(timers, {options_in(directory), threading, {}});
    if (!opened_store) std::abort();
    store = std::move(*opened_store);
  }
};

Task<> write_and_look(Store& store, int id, std::vector<int>& done) {
  workflows::Batch batch;
  batch.events = {event(std::to_string(id))};
  const auto committed = co_await store.commit(std::move(batch));
  EXPECT_TRUE(committed);
  done.push_back(id);
}

Task<> look(Store& store, std::vector<std::string>& bodies) {
  const auto events = co_await store.events({0}, 10'000);
  if (!events) co_return;
  for (const auto& stored : *events) bodies.push_back(stored.event.body_json);
}

}  // namespace

TEST(Store, CommitsInTheOrderOfTheCalls) {
  Bench<core::SystemTimers> bench(Threading::own_thread);
  std::vector<int> done;
  std::vector<std::string> expected;
  for (int i = 0; i < 600; ++i) {
    bench.group.spawn("writer", write_and_look(*bench.store, i, done));
    expected.push_back(std::to_string(i));
  }
  bench.loop.run();
  EXPECT_EQ(done.size(), 600U);
  std::vector<std::string> bodies;
  bench.group.spawn("look", look(*bench.store, bodies));
  bench.loop.restart();
  bench.loop.run();
  EXPECT_EQ(bodies, expected);
}

TEST(Store, QueuesAtTheCallNotAtTheAwait) {
  Bench<core::SystemTimers> bench(Threading::own_thread);
  const auto crossed = [](Store& store) -> Task<> {
    workflows::Batch a;
    workflows::Batch b;
    a.events = {event("a")};
    b.events = {event("b")};
    auto first = store.commit(std::move(a));
    auto second = store.commit(std::move(b));
    EXPECT_TRUE(co_await std::move(second));
    EXPECT_TRUE(co_await std::move(first));
  };
  bench.group.spawn("crossed", crossed(*bench.store));
  bench.loop.run();
  std::vector<std::string> bodies;
  bench.group.spawn("look", look(*bench.store, bodies));
  bench.loop.restart();
  bench.loop.run();
  EXPECT_EQ(bodies, (std::vector<std::string>{"a", "b"}));
}

TEST(Store, WorksInlineUnderVirtualTime) {
  Bench<core::VirtualTimers> bench(Threading::inline_calls, at(0));
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) bench.group.spawn("writer", write_and_look(*bench.store, i, done));
  bench.timers.run_for(std::chrono::seconds(1));
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2}));
  std::vector<std::string> bodies;
  bench.group.spawn("look", look(*bench.store, bodies));
  bench.timers.run_for(std::chrono::seconds(1));
  EXPECT_EQ(bodies.size(), 3U);
}

TEST(Store, KeepsWhatACancelledCallerCommitted) {
  Bench<core::SystemTimers> bench(Threading::own_thread);
  std::vector<int> done;
  bench.group.spawn("writer", write_and_look(*bench.store, 1, done));
  bench.loop.poll_one();
  bench.group.cancel();
  bench.loop.run();
  std::vector<std::string> bodies;
  bench.group.spawn("look", look(*bench.store, bodies));
  bench.loop.restart();
  bench.loop.run();
  EXPECT_EQ(bodies.size(), 1U);
}

TEST(Store, GoesWhileItsLastWorkIsOnTheWayBack) {
  Bench<core::SystemTimers> bench(Threading::own_thread);
  workflows::Batch batch;
  batch.events = {event("{}")};
  (void)bench.store->commit(std::move(batch));
  bench.store.reset();
  bench.loop.run();
  EXPECT_EQ(opened(options_in(bench.directory))->report().last_event.value, 1U);
}

TEST(Store, SaysSinceWhenAHangingDiskOwesAnAnswer) {
  FaultDisk disk("hanging-disk");
  const TemporaryDirectory directory;
  boost::asio::io_context loop(1);
  core::SystemTimers timers(loop);
  core::TaskGroup group(timers);
  auto options = options_in(directory);
  options.vfs = disk.name();
  auto store = Store::open(timers, {std::move(options), Threading::own_thread, {}});
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->waiting_since(), std::nullopt);
  disk.hang();
  const auto before = timers.now();
  std::vector<int> done;
  group.spawn("first", write_and_look(**store, 1, done));
  loop.poll();
  const auto asked = (*store)->waiting_since();
  ASSERT_TRUE(asked);
  EXPECT_GE(*asked, before);
  group.spawn("second", write_and_look(**store, 2, done));
  loop.poll();
  EXPECT_EQ((*store)->waiting_since(), asked) << "the first one still waits";
  EXPECT_TRUE(done.empty());
  disk.release();
  loop.run();
  EXPECT_EQ(done.size(), 2U);
  EXPECT_EQ((*store)->waiting_since(), std::nullopt);
}

TEST(Store, KeepsLeases) {
  Bench<core::VirtualTimers> bench(Threading::inline_calls, core::UtcTime(std::chrono::seconds(1)));
  std::vector<pxe::dhcp::LeaseRecord> found;
  const auto run = [](Store& store, std::vector<pxe::dhcp::LeaseRecord>& into) -> Task<> {
    EXPECT_TRUE(co_await store.commit_leases({lease_row(1), lease_row(2)}));
    auto leases = co_await store.load_leases();
    if (leases) into = std::move(*leases);
  };
  bench.group.spawn("leases", run(*bench.store, found));
  bench.timers.run_for(std::chrono::seconds(1));
  EXPECT_EQ(found, (std::vector{lease_row(1), lease_row(2)}));
}

TEST(Store, ServesTheLink) {
  Bench<core::VirtualTimers> bench(Threading::inline_calls, at(0));
  bool finished = false;
  const auto script = [](Store& store, bool& end) -> Task<> {
    Change change;
    change.operations.push_back(operation_row("op-1", 1));
    change.batch.events = {event("{}")};
    EXPECT_TRUE(co_await store.commit_change(std::move(change)));
    EXPECT_TRUE(co_await store.acknowledge({1}));
    EXPECT_EQ((co_await store.acknowledged())->value, 1U);
    EXPECT_TRUE(co_await store.set("hosted.cursor", "7"));
    EXPECT_EQ((co_await store.setting("hosted.cursor"))->value(), "7");
    EXPECT_TRUE((co_await store.operation("op-1"))->has_value());
    EXPECT_FALSE((co_await store.operation("op-2"))->has_value());
    EXPECT_EQ((co_await store.received_operations(10))->size(), 1U);
    EXPECT_TRUE((co_await store.changed_assets(0, 10))->empty());
    EXPECT_TRUE((co_await store.recent_workflows(10))->empty());
    EXPECT_TRUE((co_await store.load())->assets.empty());
    end = true;
  };
  bench.group.spawn("script", script(*bench.store, finished));
  bench.timers.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(finished);
}
