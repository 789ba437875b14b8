#include "core/async/signal.hpp"

#include "core/on_exit.hpp"

namespace colony::core {

Task<bool> Signal::wait_until(BootTime deadline) {
  Wakeup wakeup(timers_);
  const auto at = waiters_.insert(waiters_.end(), &wakeup);
  const OnExit leave([this, at] { waiters_.erase(at); });
  co_return co_await wakeup.wait_until(deadline);
}

}  // namespace colony::core
