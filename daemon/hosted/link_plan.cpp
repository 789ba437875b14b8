#include "daemon/hosted/link_plan.hpp"

#include <algorithm>
#include <array>

namespace colony::daemon::hosted {

using namespace std::chrono_literals;
using core::BootTime;
using core::Duration;

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr unsigned first_event_batch = 200;
constexpr unsigned largest_event_batch = 1000;
constexpr unsigned largest_asset_batch = 200;
// What a fleet at work costs an hour: 60 + 300 posts of events, 10 + 60 of assets, 60 heartbeats, 72 polls.
constexpr PaceLimits event_pace{.burst = 60, .refill = 12s, .gap = 2s};
constexpr PaceLimits asset_pace{.burst = 10, .refill = 60s, .gap = 4s};
constexpr Duration quick_post = 3s;  // the next one may be larger
constexpr Duration slow_post = 10s;  // must be smaller: a third of what a call may take
constexpr Duration meet_every = 1h;
constexpr Duration outdated_pause = 15min;
constexpr Duration heartbeat_every = 60s;
constexpr Duration shortest_registration_pause = 60s;  // an agent that is lost at once is not made in a loop
constexpr Duration longest_registration_pause = 1h;
constexpr Duration unreadable_poll_gap = 60s;
constexpr Duration workflows_every = 60s;   // the documented way, once a minute
constexpr Duration probe_every = 1h;        // for an agent part that was missing
constexpr Duration locked_out_for = 15min;  // the same key again: it may have been enabled meanwhile
constexpr Duration refused_pause = 5min;    // after a 4xx that repetition will not cure
constexpr Duration refused_poll_gap = 60s;
// Polls that are held never come near it: for a side that does not hold them, or has one order after the
// other.
constexpr PaceLimits poll_pace{.burst = 30, .refill = 10s, .gap = 1s};
constexpr Duration shortest_back_off = 1s;
constexpr Duration longest_back_off = 5min;

Importance importance(Push call) {
  switch (call) {
    case Push::registration:
    case Push::heartbeat: return Importance::vital;
    case Push::events: return Importance::events;
    case Push::assets:
    case Push::workflows: return Importance::inventory;
  }
  return Importance::inventory;
}

}  // namespace

LinkPlan::LinkPlan(RateLimits limits, core::Random& random)
    : budgets_(limits),
      random_(random),
      event_batch_(first_event_batch),
      event_pace_(event_pace),
      asset_pace_(asset_pace),
      poll_pace_(poll_pace),
      registration_pause_(shortest_registration_pause) {}

LinkPlan::Mode LinkPlan::mode() const {
  if (locked_out_) return Mode::locked_out;
  if (!registered_) return Mode::unregistered;
  if (outdated_) return Mode::outdated;
  return agent_part_ ? Mode::linked : Mode::documented;
}

std::optional<BootTime> LinkPlan::due(Push call, const Backlog& backlog) const {
  if (call == Push::registration) return registered_ ? std::nullopt : std::optional(next_registration_);
  if (!registered_) return std::nullopt;
  switch (call) {
    case Push::registration: return std::nullopt;
    case Push::heartbeat: return next_heartbeat_;
    case Push::events: {
      if (!agent_part_) return next_probe_;
      const bool full = backlog.events >= event_batch_;
      const auto wanted = !met_                ? BootTime{}
                          : backlog.events > 0 ? (full ? event_pace_.soonest() : event_pace_.next())
                                               : next_meeting_;
      return std::max(wanted, next_events_);
    }
    case Push::assets:
      return agent_part_ && backlog.assets && !outdated_
                 ? std::optional(std::max(asset_pace_.next(), next_assets_))
                 : std::nullopt;
    case Push::workflows: return agent_part_ ? std::nullopt : std::optional(next_workflows_);
  }
  return std::nullopt;
}

PushStep LinkPlan::next_push(BootTime now, const Backlog& backlog) {
  // The first that may go now; otherwise the moment when the first one may.
  BootTime earliest = BootTime::max();
  for (const Push call : {Push::registration, Push::heartbeat, Push::events, Push::assets, Push::workflows}) {
    const auto wanted = due(call, backlog);
    if (!wanted) continue;
    const auto at = std::max({*wanted, not_before_, budgets_.current().earliest(importance(call), now)});
    if (at <= now) {
      const unsigned most = call == Push::events ? event_batch_ : largest_asset_batch;
      push_began_ = now;
      return PushNow{call, most};
    }
    earliest = std::min(earliest, at);
  }
  return WaitUntil{earliest};
}

PollStep LinkPlan::next_poll(BootTime now) {
  if (!registered_ || !agent_part_ || !met_) return WaitUntil{BootTime::max()};
  const auto at = std::max(
      {not_before_, next_poll_, poll_pace_.next(), budgets_.current().earliest(Importance::orders, now)});
  if (at <= now) {
    poll_began_ = now;
    return PollNow{};
  }
  return WaitUntil{at};
}

void LinkPlan::on_push(Push call, const Outcome& outcome, BootTime now) {
  on_outcome(outcome, push_failures_, push_began_, now);
  const bool succeeded = std::holds_alternative<Succeeded>(outcome);
  const bool unwelcome =
      std::holds_alternative<Refused>(outcome) || std::holds_alternative<Conflict>(outcome);
  switch (call) {
    case Push::registration:
      if (succeeded) {
        registered_ = true;
        met_ = outdated_ = false;
        next_registration_ = now + registration_pause_;
        registration_pause_ = std::min(2 * registration_pause_, longest_registration_pause);
      }
      // 409 without an id needs a person: --agent-id.
      if (unwelcome || std::holds_alternative<AgentUnknown>(outcome) ||
          std::holds_alternative<CallUnknown>(outcome)) {
        next_registration_ = now + refused_pause;
      }
      break;
    case Push::heartbeat:
      if (succeeded || unwelcome) next_heartbeat_ = now + heartbeat_every;
      if (succeeded && now >= next_registration_) registration_pause_ = shortest_registration_pause;
      break;
    case Push::events: on_events(outcome, now); break;
    case Push::assets:
      if (succeeded) asset_pace_.take(now);
      if (unwelcome) next_assets_ = now + refused_pause;
      break;
    case Push::workflows:
      if (!std::holds_alternative<TryLater>(outcome)) next_workflows_ = now + workflows_every;
      break;
  }
  // Registered again, though not before next_registration_.
  if (std::holds_alternative<AgentUnknown>(outcome)) registered_ = met_ = false;
  if ((call == Push::events || call == Push::assets) && std::holds_alternative<CallUnknown>(outcome)) {
    agent_part_ = false;
    next_probe_ = now + probe_every;
  }
}

void LinkPlan::on_met(BootTime now) {
  met_ = true;
  next_meeting_ = now + meet_every;
}

void LinkPlan::on_events(const Outcome& outcome, BootTime now) {
  if (std::holds_alternative<Succeeded>(outcome)) {
    agent_part_ = true;
    outdated_ = false;
    event_pace_.take(now);
    const Duration took = now - push_began_;
    if (took <= quick_post) event_batch_ = std::min(largest_event_batch, event_batch_ * 2);
    if (took >= slow_post) event_batch_ = std::max(1U, event_batch_ / 2);
  } else if (std::holds_alternative<Refused>(outcome) || std::holds_alternative<Conflict>(outcome)) {
    // Too large, or one of them is not liked: smaller steps. None is ever left out. Who refuses them does not
    // say how far he is; his orders are taken none the less.
    on_met(now);
    if (event_batch_ == 1) next_events_ = now + refused_pause;
    event_batch_ = std::max(1U, event_batch_ / 4);
  } else if (std::holds_alternative<Outdated>(outcome)) {
    outdated_ = true;
    met_ = false;
    next_events_ = now + outdated_pause;
  } else if (const auto* later = std::get_if<TryLater>(&outcome); later != nullptr && later->timed_out) {
    // A thin line: what does not get through in time never will, in one piece.
    event_batch_ = std::max(1U, event_batch_ / 2);
  }
}

void LinkPlan::on_poll(const Outcome& outcome, BootTime now) {
  on_outcome(outcome, poll_failures_, poll_began_, now);
  poll_pace_.take(poll_began_);
  if (std::holds_alternative<AgentUnknown>(outcome)) registered_ = met_ = false;
  if (std::holds_alternative<CallUnknown>(outcome)) {
    agent_part_ = false;
    next_probe_ = now + probe_every;
  }
  if (std::holds_alternative<Refused>(outcome) || std::holds_alternative<Conflict>(outcome)) {
    next_poll_ = now + refused_poll_gap;
  }
}

void LinkPlan::on_unreadable_poll(BootTime now) {
  next_poll_ = std::max(next_poll_, now + unreadable_poll_gap);
}

void LinkPlan::on_outcome(const Outcome& outcome, unsigned& failures, BootTime began, BootTime now) {
  std::visit(Overloaded{[&](const TryLater& later) { back_off(later.retry_after, failures, now); },
                        [](const Superseded&) {},
                        [&](const Unauthorized&) {
                          locked_out_ = true;
                          locked_out_at_ = now;
                          not_before_ = now + locked_out_for;
                        },
                        [&](const auto&) {
                          // An answer is an answer: somebody is there, and took the key.
                          failures = 0;
                          // A poll that was held since before the key was revoked says nothing about the key.
                          if (locked_out_ && began > locked_out_at_) on_new_key(now);
                        }},
             outcome);
}

void LinkPlan::back_off(std::optional<Duration> wanted, unsigned& failures, BootTime now) {
  failures = std::min(failures + 1, 30U);
  const auto doubled = shortest_back_off * (1LL << std::min(failures - 1, 12U));
  const auto span = std::min<Duration>(doubled, longest_back_off);
  // Half of it by chance, so that a hundred appliances do not come back in one moment.
  const auto jittered =
      span / 2 +
      Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(span.count() / 2))));
  const auto pause = wanted ? std::max<Duration>(*wanted, jittered - span / 2) : jittered;
  not_before_ = std::max(not_before_, now + pause);
}

void LinkPlan::on_new_key(BootTime now) {
  if (!locked_out_) return;
  locked_out_ = false;
  push_failures_ = poll_failures_ = 0;
  not_before_ = now;
}

}  // namespace colony::daemon::hosted
