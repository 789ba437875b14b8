#pragma once
// "Something changed, look again" for any number of waiters of one thread.

#include <list>

#include "core/async/wakeup.hpp"

namespace colony::core {

class Signal {
 public:
  explicit Signal(Timers& timers) : timers_(timers) {}

  /// Wakes everyone who waits now; who comes later waits for the next one. So: check, then wait, in one
  /// synchronous stretch.
  void notify() {
    for (Wakeup* waiter : waiters_) waiter->wake();
  }
  /// True when notified, false when the deadline passed.
  [[nodiscard]] Task<bool> wait_until(BootTime deadline);

 private:
  Timers& timers_;
  std::list<Wakeup*> waiters_;
};

}  // namespace colony::core
