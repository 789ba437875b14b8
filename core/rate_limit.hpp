#pragma once
// "Not again so soon", per key, in bounded memory: for evidence and log lines that strangers could otherwise
// make us write without end. When the table is full of fresh keys, new keys are refused: at most `capacity`
// events come out per interval, whatever goes in.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

#include "core/clock.hpp"

namespace colony::core {

template <class Key>
class RateLimit {
 public:
  RateLimit(Duration interval, std::size_t capacity) : interval_(interval), capacity_(capacity) {}

  /// True when `key` was not allowed during the last interval.
  [[nodiscard]] bool allow(const Key& key, BootTime now) {
    while (!order_.empty() && now - order_.front().first >= interval_) {
      last_.erase(order_.front().second);
      order_.pop_front();
    }
    if (last_.contains(key) || last_.size() >= capacity_) {
      ++suppressed_;
      return false;
    }
    last_.emplace(key, now);
    order_.emplace_back(now, key);
    return true;
  }

  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }

 private:
  Duration interval_;
  std::size_t capacity_;
  std::unordered_map<Key, BootTime> last_;
  std::deque<std::pair<BootTime, Key>> order_;  // oldest first; one entry for each key of last_
  std::uint64_t suppressed_ = 0;
};

}  // namespace colony::core
