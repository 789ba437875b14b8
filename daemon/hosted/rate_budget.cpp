#include "daemon/hosted/rate_budget.hpp"

#include <algorithm>

namespace colony::daemon::hosted {

using namespace std::chrono_literals;

namespace {

/// The share of a window, in percent, that calls of this importance may fill.
unsigned share(Importance importance) {
  switch (importance) {
    case Importance::vital: return 100;
    case Importance::orders: return 95;
    case Importance::events: return 85;
    case Importance::inventory: return 60;
  }
  return 60;
}

/// When fewer than `allowed` of `times` will lie in the window before that moment.
core::BootTime room_at(const std::deque<core::BootTime>& times, std::size_t allowed, core::Duration window,
                       core::BootTime now) {
  if (times.size() < allowed) return now;
  return std::max(now, times[times.size() - allowed] + window);
}

}  // namespace

void RateBudget::forget(core::BootTime now) {
  while (!spent_.empty() && spent_.front() + 1h <= now) spent_.pop_front();
}

core::BootTime RateBudget::earliest(Importance importance, core::BootTime now) {
  forget(now);
  const auto allowed = [importance](unsigned limit) { return std::max(1U, limit * share(importance) / 100); };
  return std::max(room_at(spent_, allowed(limits_.per_minute), 1min, now),
                  room_at(spent_, allowed(limits_.per_hour), 1h, now));
}

void RateBudget::spend(core::BootTime now) {
  forget(now);
  spent_.push_back(now);
}

core::Duration RateBudget::pace(core::BootTime now) {
  forget(now);
  // Ten seconds apart is 360 an hour: from 40 % on, the hour lasts.
  return spent_.size() * 100 < limits_.per_hour * std::size_t{40} ? core::Duration(2s) : core::Duration(10s);
}

}  // namespace colony::daemon::hosted
