#pragma once
// Our own side of the documented limits, 100 requests a minute and 1000 an hour for a key: the link stays
// below them by itself, so that a 429 means that somebody else uses the key too. Who asks says how important
// the call is; unimportant ones leave room for the others. Pure: time comes in.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace colony::daemon::hosted {

enum class Importance : std::uint8_t {
  vital,     // registration, heartbeat
  orders,    // asking for operations
  events,    // what happened
  inventory  // assets, and polling the documented way
};

struct RateLimits {
  unsigned per_minute = 90;  // a tenth below the documented ones: two clocks never agree
  unsigned per_hour = 900;
};

class RateBudget {
 public:
  explicit RateBudget(RateLimits limits) : limits_(limits) {}

  /// When a call of this importance may be made: `now`, or later.
  [[nodiscard]] core::BootTime earliest(Importance importance, core::BootTime now);
  /// A call is made now.
  void spend(core::BootTime now);
  /// What was spent in the last hour, for a later run: a restart is no fresh hour over there.
  [[nodiscard]] std::string remember(core::BootTime now, core::UtcTime utc);
  /// Takes up what an earlier run remembered; what cannot be read counts as nothing.
  void recall(std::string_view remembered, core::BootTime now, core::UtcTime utc);
  [[nodiscard]] std::size_t spent_in_hour() const { return spent_.size(); }

 private:
  void forget(core::BootTime now);
  RateLimits limits_;
  std::deque<core::BootTime> spent_;  // of the last hour, at most per_hour
};

}  // namespace colony::daemon::hosted
