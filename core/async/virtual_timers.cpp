#include "core/async/virtual_timers.hpp"

#include <cassert>

#include <boost/asio/io_context.hpp>

namespace colony::core {

VirtualTimers::VirtualTimers(boost::asio::io_context& loop, UtcTime start) : loop_(loop), start_(start) {}

VirtualTimers::~VirtualTimers() {
  assert(armed_.empty());
}

UtcTime VirtualTimers::utc_now() const {
  return start_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
}

boost::asio::any_io_executor VirtualTimers::executor() {
  return loop_.get_executor();
}

void VirtualTimers::arm(boost::asio::steady_timer& timer, BootTime deadline) {
  forget(timer);
  // The real timer never fires by itself: run_until ends its wait by cancelling it when virtual time arrives.
  timer.expires_at(std::chrono::steady_clock::time_point::max());
  armed_.emplace(deadline, &timer);
}

void VirtualTimers::forget(boost::asio::steady_timer& timer) {
  std::erase_if(armed_, [&timer](const auto& entry) { return entry.second == &timer; });
  timer.cancel();
}

void VirtualTimers::run_ready() {
  loop_.restart();
  while (loop_.poll() > 0) {
  }
}

bool VirtualTimers::run_until(const std::function<bool()>& done, BootTime limit) {
  for (;;) {
    run_ready();
    if (done()) return true;
    if (armed_.empty() || armed_.begin()->first > limit) return false;
    const auto next = armed_.begin();
    now_ = std::max(now_, next->first);
    boost::asio::steady_timer* const timer = next->second;
    armed_.erase(next);
    timer->cancel();
  }
}

void VirtualTimers::run_for(Duration span) {
  const BootTime end = now_ + span;
  run_until([] { return false; }, end);
  now_ = std::max(now_, end);
}

}  // namespace colony::core
