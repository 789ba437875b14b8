#pragma once
// When a BMC that does not answer is asked again: pure. After the first silences the next command waits a
// moment (back-off); after `failures_to_open` in a row the breaker opens, and commands fail at once until the
// pause is over. Then one of them is the probe, and its answer decides. Refusals, wrong passwords and a full
// session table are answers: they close it.

#include <algorithm>
#include <cassert>
#include <optional>

#include "core/clock.hpp"
#include "drivers/bmc_passport.hpp"
#include "drivers/ipmi/error.hpp"

namespace colony::drivers::ipmi {

struct BreakerRules {
  unsigned failures_to_open = 3;
  core::Duration first_pause = std::chrono::seconds(1);  // doubles with every failure
  core::Duration longest_pause = std::chrono::minutes(5);
};

class Breaker {
 public:
  enum class State : std::uint8_t { closed, open, half_open };
  enum class Admission : std::uint8_t {
    go,
    wait,    // until(): the back-off
    refuse,  // until(): open, or somebody else has the probe
  };

  explicit Breaker(BreakerRules rules = {}) : rules_(rules) { assert(rules_.failures_to_open > 0); }

  /// A command wants to go. `go` while open is the probe: on_answer, on_silence or on_unfinished ends it.
  [[nodiscard]] Admission admit(core::BootTime now) {
    switch (state_) {
      case State::closed: return now < until_ ? Admission::wait : Admission::go;
      case State::open:
        if (now < until_) return Admission::refuse;
        state_ = State::half_open;
        return Admission::go;
      case State::half_open: return Admission::refuse;
    }
    return Admission::refuse;
  }

  /// The BMC said something, whatever it was.
  void on_answer() {
    state_ = State::closed;
    failures_ = 0;
    until_ = {};
  }

  /// Nobody answered in good time.
  void on_silence(core::BootTime now, IpmiError how) {
    ++failures_;
    why_ = how;
    core::Duration pause = rules_.first_pause;
    for (unsigned i = 1; i < failures_ && pause < rules_.longest_pause; ++i) pause *= 2;
    until_ = now + std::min(pause, rules_.longest_pause);
    state_ = failures_ >= rules_.failures_to_open ? State::open : State::closed;
  }

  /// The probe ended before anything could be told: the next command is one.
  void on_unfinished() {
    if (state_ == State::half_open) state_ = State::open;
  }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] core::BootTime until() const { return until_; }
  [[nodiscard]] unsigned failures() const { return failures_; }  // in a row
  [[nodiscard]] IpmiError why() const { return why_; }           // the last one
  /// Has it just opened, by this failure?
  [[nodiscard]] bool just_opened() const {
    return state_ == State::open && failures_ == rules_.failures_to_open;
  }

 private:
  BreakerRules rules_;
  State state_ = State::closed;
  core::BootTime until_{};
  unsigned failures_ = 0;
  IpmiError why_ = IpmiError::no_answer;
};

/// For people; nullopt while it is closed.
[[nodiscard]] std::optional<BmcQuiet> quiet_of(const Breaker& breaker, core::BootTime now,
                                               core::UtcTime utc_now);

}  // namespace colony::drivers::ipmi
