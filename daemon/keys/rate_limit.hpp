#pragma once
// How often somebody may ask. Pure: time comes in.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "core/address.hpp"
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

/// So many at once, and one more every so often.
struct AttemptRate {
  unsigned burst = 0;
  core::Duration refill{};
};

/// Attempts by whoever makes them (an address, a name): bounded memory. When it is full, the one who has been
/// quiet longest is forgotten; being forgotten gives at most one burst more.
template <class Who>
class AttemptLimit {
 public:
  explicit AttemptLimit(AttemptRate rate, std::size_t most = 4096) : rate_(rate), most_(most) {}

  /// How long to wait before the next attempt; nothing: it may be made.
  [[nodiscard]] std::optional<core::Duration> wait(const Who& who, core::BootTime now) const {
    const auto found = seen_.find(who);
    if (found == seen_.end()) return std::nullopt;
    const auto room = found->second - rate_.refill * (rate_.burst - 1);
    if (now >= room) return std::nullopt;
    return room - now;
  }
  void count(const Who& who, core::BootTime now) {
    if (!seen_.contains(who) && seen_.size() >= most_) forget_one();
    auto& full_again = seen_.try_emplace(who, now).first->second;
    full_again = std::max(full_again, now) + rate_.refill;
  }
  void forgive(const Who& who) { seen_.erase(who); }
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  void forget_one() {
    auto oldest = seen_.begin();
    for (auto each = seen_.begin(); each != seen_.end(); ++each) {
      if (each->second < oldest->second) oldest = each;
    }
    seen_.erase(oldest);
  }
  AttemptRate rate_;
  std::size_t most_;
  std::map<Who, core::BootTime> seen_;  // when the whole burst is there again (a leaky bucket, by its end)
};

}  // namespace colony::daemon::keys
