#include "daemon/hosted/unlinked.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon;
using namespace std::chrono_literals;
using core::Task;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, store::test::at(0)};
  store::test::TemporaryDirectory directory;
  std::unique_ptr<store::Store> store;
  core::TaskGroup group{timers};
  bool linked = false;

  explicit Bench(bool enabled = false) {
    auto options = store::test::options_in(directory);
    options.retention.acknowledged_events = 150;
    auto opened = store::Store::open(timers, {std::move(options), store::Threading::inline_calls, {}});
    if (!opened) std::abort();
    store = std::move(*opened);
    group.spawn("unlinked", enabled ? hosted::bound_until_linked(*store, 300, [this] { return linked; })
                                    : hosted::acknowledge_unlinked(*store));
  }
  ~Bench() {
    group.cancel();
    timers.run_for(1s);
  }
  void write(int count) {
    const auto one_by_one = [](store::Store& s, int n) -> Task<> {
      for (int i = 0; i < n; ++i) {
        workflows::Batch batch;
        batch.events = {store::test::event("{}")};
        EXPECT_TRUE(co_await s.commit(std::move(batch)));
      }
    };
    group.spawn("write", one_by_one(*store, count));
    timers.run_for(1s);
  }
  std::pair<std::uint64_t, std::size_t> acknowledged_and_kept() {
    std::pair<std::uint64_t, std::size_t> out;
    const auto look = [](store::Store& s, std::pair<std::uint64_t, std::size_t>& to) -> Task<> {
      to = {(co_await s.acknowledged())->value, (co_await s.events({0}, 10'000))->size()};
    };
    group.spawn("look", look(*store, out));
    timers.run_for(1s);
    return out;
  }
};

}  // namespace

TEST(Unlinked, AcknowledgesNowAndThenSoThatTheOutboxStaysSmall) {
  Bench bench;
  bench.write(99);
  EXPECT_EQ(bench.acknowledged_and_kept(), (std::pair<std::uint64_t, std::size_t>{0, 99}));
  bench.write(1);
  EXPECT_EQ(bench.acknowledged_and_kept(), (std::pair<std::uint64_t, std::size_t>{100, 100}));
  bench.write(1000);
  const auto [acknowledged, kept] = bench.acknowledged_and_kept();
  EXPECT_EQ(acknowledged, 1100U);
  EXPECT_EQ(kept, 150U) << "what local readers were promised";
}

TEST(Unlinked, KeepsBoundedlyManyForALinkThatCannotBeginYet) {
  Bench bench(true);
  bench.write(399);
  EXPECT_EQ(bench.acknowledged_and_kept().first, 0U);
  bench.write(1);
  EXPECT_EQ(bench.acknowledged_and_kept().first, 100U);
  bench.write(1000);
  EXPECT_EQ(bench.acknowledged_and_kept().first, 1100U);
  bench.linked = true;
  bench.write(1000);
  EXPECT_EQ(bench.acknowledged_and_kept().first, 1100U) << "the link sees to it";
}
