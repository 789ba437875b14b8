#pragma once
// Which session sequence numbers of the other side are still good (IPMI 2.0 section 6.12.13): each at most
// once, and none that is far from the newest.

#include <cstdint>

namespace colony::drivers::ipmi {

class SequenceWindow {
 public:
  /// As many numbers behind the newest, and ahead of it, are taken. The standard asks for at least 8.
  static constexpr std::uint32_t width = 32;

  /// True, and remembered, when the number is new. Call it only for authenticated datagrams.
  [[nodiscard]] bool accept(std::uint32_t number) {
    if (number == 0) return false;
    // BMCs differ in the number that they start with, so the first one sets the window.
    if (!started_) {
      started_ = true;
      newest_ = number;
      seen_ = 1;
      return true;
    }
    const std::uint32_t ahead = number - newest_;  // modulo 2^32: numbers wrap
    if (ahead != 0 && ahead <= width) {
      seen_ = ahead == width ? 1 : (seen_ << ahead | 1);
      newest_ = number;
      return true;
    }
    const std::uint32_t behind = newest_ - number;
    if (behind >= width) return false;
    const std::uint32_t bit = 1U << behind;
    if ((seen_ & bit) != 0) return false;
    seen_ |= bit;
    return true;
  }

 private:
  bool started_ = false;
  std::uint32_t newest_ = 0;
  std::uint32_t seen_ = 0;  // bit n: newest_ - n was seen
};

/// Our own numbers: from 1, never 0.
class SequenceCounter {
 public:
  [[nodiscard]] std::uint32_t next() {
    if (++last_ == 0) ++last_;
    return last_;
  }

 private:
  std::uint32_t last_ = 0;
};

}  // namespace colony::drivers::ipmi
