#pragma once
// One waiter, one event, one deadline: what every other waiting thing here is made of.

#include "core/async/timers.hpp"

namespace colony::core {

/// wake() before wait_until() is remembered (once); so no wake-up is ever lost between a check and a wait.
class Wakeup {
 public:
  explicit Wakeup(Timers& timers) : timers_(timers), timer_(timers.executor()) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup() { timers_.forget(timer_); }

  void wake();
  /// True when woken, false when the deadline passed. At most one coroutine waits at a time.
  [[nodiscard]] Task<bool> wait_until(BootTime deadline);
  /// Without a deadline: for waits whose end is somebody else's deadline or cancellation.
  [[nodiscard]] Task<> wait();

 private:
  Timers& timers_;
  boost::asio::steady_timer timer_;
  bool woken_ = false;
  bool waiting_ = false;
};

}  // namespace colony::core
