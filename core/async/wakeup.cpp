#include "core/async/wakeup.hpp"

#include <cassert>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/on_exit.hpp"

namespace colony::core {

void Wakeup::wake() {
  woken_ = true;
  if (waiting_) timers_.forget(timer_);
}

Task<bool> Wakeup::wait_until(BootTime deadline) {
  assert(!waiting_);
  while (!woken_ && timers_.now() < deadline) {
    timers_.arm(timer_, deadline);
    waiting_ = true;
    // The wait ends by expiry, by wake() or by cancellation of the coroutine; the last throws at the next
    // await, the loop tells the first two apart by looking at the flag and the clock.
    const OnExit clear([this] {
      waiting_ = false;
      timers_.forget(timer_);
    });
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if ((co_await boost::asio::this_coro::cancellation_state).cancelled() !=
        boost::asio::cancellation_type::none) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }
  const bool woken = woken_;
  woken_ = false;
  co_return woken;
}

Task<> Wakeup::wait() {
  while (!co_await wait_until(BootTime::max())) {
  }
}

}  // namespace colony::core
