#include "core/async/timers.hpp"

#include <boost/asio/io_context.hpp>

#include "core/async/wakeup.hpp"

namespace colony::core {

Task<> Timers::sleep_until(BootTime deadline) {
  Wakeup never_woken(*this);
  while (now() < deadline) co_await never_woken.wait_until(deadline);
}

SystemTimers::SystemTimers(boost::asio::io_context& loop) : executor_(loop.get_executor()) {}

void SystemTimers::arm(boost::asio::steady_timer& timer, BootTime deadline) {
  // Far deadlines ("never") would overflow the steady clock's arithmetic.
  constexpr Duration longest = std::chrono::hours(24 * 365);
  const Duration left = std::min<Duration>(deadline - now(), longest);
  timer.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(left));
}

void SystemTimers::forget(boost::asio::steady_timer& timer) {
  timer.cancel();
}

}  // namespace colony::core
