#pragma once
// What the link does next: pure decisions, time and chance come in. Two lanes run beside each other: `poll`
// waits for operations, `push` does everything else, one call at a time. Both share one budget, one back-off,
// and one fate: after a 401 nothing is sent until the key changes (or a quarter of an hour has passed).
//
// Before anything is asked of the hosted side's orders the two sides meet: a post of events, empty if there
// are none, whose answer says how far the other side is. If it has more than this database ever made, this
// database is an old copy: its memory of what was done is too short to act on orders, and only heartbeats go
// out.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "daemon/hosted/key_budgets.hpp"
#include "daemon/hosted/pace.hpp"

namespace colony::daemon::hosted {

/// What became of a call, as far as the plan cares.
struct Succeeded {};
struct Unauthorized {};
struct AgentUnknown {};  // 404 that names the agent, or of a documented call
struct CallUnknown {};   // 404: this hosted side has no such call
struct Conflict {};
struct Refused {};  // another 4xx: the same again will not help
struct TryLater {   // no answer, 429, 5xx
  std::optional<core::Duration> retry_after;
  bool rate_limited = false;
  bool timed_out = false;  // the answer, or our sending, took too long
};
/// The hosted side has events that this database never made.
struct Outdated {};
/// Refused with a key that is no longer the one in use: it says nothing about the one that is.
struct Superseded {};
using Outcome = std::variant<Succeeded, Unauthorized, AgentUnknown, CallUnknown, Conflict, Refused, TryLater,
                             Outdated, Superseded>;

/// The push lane's calls.
enum class Push : std::uint8_t { registration, heartbeat, events, assets, workflows };
struct PushNow {
  Push call = Push::heartbeat;
  unsigned most = 0;  // events or assets in this post
};
/// Nothing may or need be sent before; something new may come earlier.
struct WaitUntil {
  core::BootTime at;
};
using PushStep = std::variant<PushNow, WaitUntil>;
struct PollNow {};
using PollStep = std::variant<PollNow, WaitUntil>;

/// What there is to send.
struct Backlog {
  std::uint64_t events = 0;
  bool assets = false;
};

class LinkPlan {
 public:
  LinkPlan(RateLimits limits, core::Random& random);
  /// There is an agent id already, of the configuration or of an earlier run.
  void on_known_agent() { registered_ = true; }

  [[nodiscard]] PushStep next_push(core::BootTime now, const Backlog& backlog);
  [[nodiscard]] PollStep next_poll(core::BootTime now);
  // A call is counted when it is begun, since it may count over there even if its answer is lost.
  void on_begin(core::BootTime now) { budgets_.current().spend(now); }
  [[nodiscard]] KeyBudgets& budgets() { return budgets_; }
  void on_push(Push call, const Outcome& outcome, core::BootTime now);
  void on_poll(const Outcome& outcome, core::BootTime now);
  void on_new_key(core::BootTime now);
  /// Soon it is to be known whether the key is good.
  void beat_now(core::BootTime now) { next_heartbeat_ = now; }
  /// An answer said how far the hosted side is, and this database is as far.
  void on_met(core::BootTime now);
  [[nodiscard]] bool met() const { return met_; }
  /// The operations that wait over there are ones that we cannot read: they are there with the next poll too.
  void on_unreadable_poll(core::BootTime now);

  enum class Mode : std::uint8_t {
    unregistered,
    linked,      // with the agent part
    documented,  // without it
    locked_out,  // the key was refused
    outdated,    // this database is an old copy
  };
  [[nodiscard]] Mode mode() const;
  [[nodiscard]] unsigned failures() const { return std::max(push_failures_, poll_failures_); }  // in a row
  [[nodiscard]] core::BootTime not_before() const { return not_before_; }

 private:
  /// `failures` of the lane: that one of them gets through says nothing about the other one's call.
  void on_outcome(const Outcome& outcome, unsigned& failures, core::BootTime began, core::BootTime now);
  void back_off(std::optional<core::Duration> wanted, unsigned& failures, core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> due(Push call, const Backlog& backlog) const;

  void on_events(const Outcome& outcome, core::BootTime now);

  KeyBudgets budgets_;
  core::Random& random_;
  bool registered_ = false;
  bool locked_out_ = false;
  bool agent_part_ = true;
  bool met_ = false;
  bool outdated_ = false;
  unsigned push_failures_ = 0, poll_failures_ = 0;
  unsigned event_batch_;
  Pace event_pace_;
  Pace asset_pace_;
  Pace poll_pace_;
  core::BootTime not_before_{};
  core::BootTime next_registration_{};
  core::Duration registration_pause_;  // to the next one, if this agent is lost soon
  core::BootTime next_heartbeat_{};
  core::BootTime next_events_{};   // after a post that was not taken
  core::BootTime next_assets_{};   // the same
  core::BootTime next_meeting_{};  // a post of events although there are none
  core::BootTime next_workflows_{};
  core::BootTime next_poll_{};
  core::BootTime poll_began_{};
  core::BootTime push_began_{};
  core::BootTime locked_out_at_{};
  core::BootTime next_probe_{};  // whether the agent part is there by now
};

}  // namespace colony::daemon::hosted
