#pragma once
// A bounded queue between coroutines of one thread. Asio's own channel loses messages after a timed-out
// receive.

#include <cassert>
#include <deque>
#include <optional>

#include "core/async/wakeup.hpp"

namespace colony::core {

template <class T>
class Mailbox {
 public:
  Mailbox(Timers& timers, std::size_t capacity) : filled_(timers), capacity_(capacity) {
    assert(capacity > 0);
  }

  /// False, and counted, when full: the sender decides what that means.
  [[nodiscard]] bool try_push(T value) {
    if (queue_.size() >= capacity_) {
      ++dropped_;
      return false;
    }
    queue_.push_back(std::move(value));
    filled_.wake();
    return true;
  }

  /// The oldest message, or nullopt when the deadline passed first. One receiver at a time.
  [[nodiscard]] Task<std::optional<T>> pop_until(BootTime deadline) {
    while (queue_.empty()) {
      const bool woken = co_await filled_.wait_until(deadline);
      if (!woken) co_return std::nullopt;
    }
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    co_return value;
  }

  [[nodiscard]] Task<T> pop() {
    for (;;) {
      std::optional<T> value = co_await pop_until(BootTime::max());
      if (value) co_return std::move(*value);
    }
  }

  [[nodiscard]] std::size_t size() const { return queue_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  Wakeup filled_;
  std::size_t capacity_;
  std::deque<T> queue_;
  std::uint64_t dropped_ = 0;
};

}  // namespace colony::core
