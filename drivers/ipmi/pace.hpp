#pragma once
// How fast a BMC may be asked: pure. A BMC that falls silent after a run of commands close together, does not
// answer a new session either, and comes back later, has frozen under them: from then on it gets twice the
// time. A BMC that has only lost our session answers the next one at once, and teaches nothing.

#include <algorithm>
#include <optional>

#include "core/clock.hpp"

namespace colony::drivers::ipmi {

class Pace {
 public:
  static constexpr core::Duration longest_gap = std::chrono::seconds(2);

  /// `learnt` from an earlier life; zero: nothing yet.
  Pace(core::Duration usual, core::Duration learnt) : gap_(std::max(usual, std::min(learnt, longest_gap))) {}

  [[nodiscard]] core::Duration gap() const { return gap_; }

  /// A command was answered. The new gap, when this is what ends a freeze under load.
  [[nodiscard]] std::optional<core::Duration> on_answer(core::BootTime now) {
    const bool froze = silences_ >= 2 && frozen_run_ >= burst;
    silences_ = 0;
    run_ = now - last_ <= gap_ + slack ? run_ + 1 : 1;
    last_ = now;
    if (!froze || gap_ >= longest_gap) return std::nullopt;
    gap_ = std::min<core::Duration>(std::max<core::Duration>(gap_, smallest_step) * 2, longest_gap);
    return gap_;
  }

  void on_silence() {
    if (silences_++ == 0) frozen_run_ = run_;
    run_ = 0;
  }

 private:
  static constexpr unsigned burst = 8;  // commands in a row
  static constexpr core::Duration slack = std::chrono::milliseconds(500);
  static constexpr core::Duration smallest_step = std::chrono::milliseconds(50);

  core::Duration gap_;
  core::BootTime last_{};
  unsigned run_ = 0;         // answered, each close behind the one before
  unsigned frozen_run_ = 0;  // when the silence began
  unsigned silences_ = 0;    // in a row
};

}  // namespace colony::drivers::ipmi
