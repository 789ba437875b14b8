#include "core/async/signal.hpp"

namespace colony::core {

Task<bool> Signal::wait_until(BootTime deadline) {
  Wakeup wakeup(timers_);
  const auto at = waiters_.insert(waiters_.end(), &wakeup);
  struct Leave {
    std::list<Wakeup*>& waiters;
    std::list<Wakeup*>::iterator at;
    ~Leave() { waiters.erase(at); }
  } const leave{waiters_, at};
  co_return co_await wakeup.wait_until(deadline);
}

}  // namespace colony::core
