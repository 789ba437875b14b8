#pragma once
// How far apart calls are kept that could also wait a little. The first ones go soon after each other, so
// that a single machine's steps are seen as they happen; when there is always something to say, one goes
// every `refill`, and says more. Pure: time comes in.

#include <algorithm>

#include "core/clock.hpp"

namespace colony::daemon::hosted {

struct PaceLimits {
  unsigned burst;         // calls that need not wait for their turn
  core::Duration refill;  // one more of them
  core::Duration gap;     // never closer than this
};

class Pace {
 public:
  explicit Pace(PaceLimits limits) : limits_(limits) {}

  /// When the next call is due.
  [[nodiscard]] core::BootTime next() const {
    return std::max(soonest(), full_at_ - limits_.burst * limits_.refill);
  }
  /// When it may go at the earliest, although it is not its turn: there is more to send than fits into one.
  [[nodiscard]] core::BootTime soonest() const { return soonest_; }
  void take(core::BootTime now) {
    soonest_ = now + limits_.gap;
    // Calls out of turn are not paid back for longer than one turn: what comes after them must be seen too.
    full_at_ = std::min(std::max(full_at_, now) + limits_.refill, now + (limits_.burst + 1) * limits_.refill);
  }

 private:
  PaceLimits limits_;
  core::BootTime soonest_{};
  core::BootTime full_at_{};  // when `burst` calls are free again
};

}  // namespace colony::daemon::hosted
