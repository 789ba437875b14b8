#pragma once
// A loop under virtual time with an inline pool and one group of tasks.

#include <boost/asio/io_context.hpp>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"

namespace colony::ramdisk {

struct LoopBench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::InlinePool pool;
  core::TaskGroup group{timers};

  ~LoopBench() {
    group.cancel();
    finish();
  }
  void finish() {
    timers.run_until([this] { return group.size() == 0; }, timers.now() + std::chrono::hours(24));
  }
};

}  // namespace colony::ramdisk
