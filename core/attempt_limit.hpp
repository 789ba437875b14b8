#pragma once
// How often somebody may try, by who it is: so many at once, and one more every so often. Pure, in bounded
// memory.

#include <algorithm>
#include <map>
#include <optional>

#include "core/clock.hpp"

namespace colony::core {

/// So many at once, and one more every so often.
struct AttemptRate {
  unsigned burst = 0;
  Duration refill{};
};

/// Attempts by whoever makes them (an address, a name): bounded memory. When it is full, the one who has been
/// quiet longest is forgotten; being forgotten gives at most one burst more.
template <class Who>
class AttemptLimit {
 public:
  explicit AttemptLimit(AttemptRate rate, std::size_t most = 4096) : rate_(rate), most_(most) {}

  /// How long to wait before the next attempt; nothing: it may be made.
  [[nodiscard]] std::optional<Duration> wait(const Who& who, BootTime now) const {
    const auto found = seen_.find(who);
    if (found == seen_.end()) return std::nullopt;
    const auto room = found->second - rate_.refill * (rate_.burst - 1);
    if (now >= room) return std::nullopt;
    return room - now;
  }
  void count(const Who& who, BootTime now) {
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
  std::map<Who, BootTime> seen_;  // when the whole burst is there again (a leaky bucket, by its end)
};

}  // namespace colony::core
