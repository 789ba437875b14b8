#include "daemon/keys/rate_limit.hpp"

#include <algorithm>

namespace colony::daemon::keys {

std::optional<core::Duration> RequestBudget::spend(core::BootTime now) {
  using namespace std::chrono_literals;
  const auto roll = [now](Window& window, core::Duration length) {
    if (window.spent == 0 || now - window.begun >= length) window = {now, 0};
  };
  roll(minute_, 1min);
  roll(hour_, 1h);
  core::Duration wait{};
  if (minute_.spent >= per_minute) wait = minute_.begun + 1min - now;
  if (hour_.spent >= per_hour) wait = std::max(wait, hour_.begun + 1h - now);
  if (wait > core::Duration{}) return wait;
  ++minute_.spent;
  ++hour_.spent;
  return std::nullopt;
}

}  // namespace colony::daemon::keys
