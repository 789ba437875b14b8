#include "core/async/task_group.hpp"

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

namespace colony::core {

namespace {

[[noreturn]] void die_of(const std::string& task, const char* what) {
  std::fprintf(stderr, "bug: task %s let an exception escape: %s\n", task.c_str(), what);
  std::abort();
}

void check_end(const std::string& task, const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::asio::error::operation_aborted) die_of(task, error.what());
  } catch (const std::exception& error) {
    die_of(task, error.what());
  }
}

/// co_spawn's own last await throws when a cancellation came after the task's last one (the task cancelled
/// its group itself, say), and then never tells that the task ended. From here on nothing throws.
Task<> told_even_if_cancelled_late(Task<> task) {
  std::exception_ptr failure;
  try {
    co_await std::move(task);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

TaskGroup::TaskGroup(Timers& timers) : timers_(timers), emptied_(timers) {}

TaskGroup::~TaskGroup() {
  assert(running_.empty());
}

void TaskGroup::spawn(std::string name, Task<> task) {
  running_.emplace_back();
  const auto at = std::prev(running_.end());
  at->name = std::move(name);
  auto on_end = [this, at](const std::exception_ptr& failure) {
    check_end(at->name, failure);
    running_.erase(at);
    if (running_.empty()) emptied_.wake();
  };
  boost::asio::co_spawn(timers_.executor(), told_even_if_cancelled_late(std::move(task)),
                        boost::asio::bind_cancellation_slot(at->cancel.slot(), std::move(on_end)));
}

void TaskGroup::cancel() {
  // A cancelled task may end and erase itself while we walk: collect first.
  std::vector<Running*> all;
  all.reserve(running_.size());
  for (auto& running : running_) all.push_back(&running);
  for (auto* running : all) {
    bool still_there = false;
    for (auto& other : running_) still_there = still_there || &other == running;
    if (still_there) running->cancel.emit(boost::asio::cancellation_type::terminal);
  }
}

Task<> TaskGroup::join() {
  while (!running_.empty()) co_await emptied_.wait();
}

}  // namespace colony::core
