#pragma once
// How often a key may ask. Pure: time comes in.

#include <optional>

#include "core/clock.hpp"

namespace colony::daemon::keys {

/// The documented limits of a key. Each window begins with the first request after the last one ended, so
/// that two adjoining windows may hold twice as many within their length; a client that keeps below the
/// limits never meets one.
class RequestBudget {
 public:
  static constexpr unsigned per_minute = 100;
  static constexpr unsigned per_hour = 1000;

  /// Counts a request. What it returns is how long to wait instead: the request was not counted.
  [[nodiscard]] std::optional<core::Duration> spend(core::BootTime now);

 private:
  struct Window {
    core::BootTime begun{};
    unsigned spent = 0;
  };
  Window minute_, hour_;
};

}  // namespace colony::daemon::keys
