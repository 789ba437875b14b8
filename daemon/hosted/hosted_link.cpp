#include "daemon/hosted/hosted_link.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/hosted/link_state.hpp"
#include "daemon/hosted/unlinked.hpp"

namespace colony::daemon::hosted {

using namespace std::chrono_literals;
using core::BootTime;
using core::Result;
using core::Task;

namespace {

constexpr core::Duration key_check_every = 5s;
constexpr core::Duration resubmit_every = 10s;
constexpr core::Duration save_every = 5s;
constexpr unsigned most_unsaved = 10;
constexpr unsigned saved_one_by_one = 20;

std::uint64_t number_of(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) (void)std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

HostedLink::HostedLink(LinkPorts ports, LinkSettings settings)
    : state_(std::make_unique<State>(std::move(ports), std::move(settings))) {}

HostedLink::~HostedLink() = default;

void HostedLink::start() {
  state_->tasks.spawn("hosted.link", state_->run());
}

Task<> HostedLink::stop() {
  state_->tasks.cancel();
  co_await state_->tasks.join();
}

LinkStatus HostedLink::status() const {
  LinkStatus status = state_->status;
  status.mode = state_->plan.mode();
  status.agent_id = state_->agent;
  return status;
}

void HostedLink::look_at_key() {
  state_->next_key_check = {};
  state_->push_wake.wake();
}

std::string_view name(LinkPlan::Mode mode) {
  switch (mode) {
    case LinkPlan::Mode::unregistered: return "unregistered";
    case LinkPlan::Mode::linked: return "linked";
    case LinkPlan::Mode::documented: return "documented";
    case LinkPlan::Mode::locked_out: return "locked-out";
  }
  return "unregistered";
}

// ---- Lanes ----

Task<> HostedLink::State::run() {
  const auto ready = co_await recall();
  if (!ready) {
    ports.log.error("hosted.store", "the link cannot read its state and stays down",
                    {{"why", ready.error().message}});
    co_return;
  }
  tasks.spawn("hosted.push", push_lane());
  tasks.spawn("hosted.poll", poll_lane());
  tasks.spawn("hosted.submit", submit_lane());
  tasks.spawn("hosted.changes", forward_changes());
}

Task<Result<>> HostedLink::State::recall() {
  const auto stored = co_await ports.store.setting(agent_key);
  const auto operations = co_await ports.store.setting(operations_key);
  const auto assets = co_await ports.store.setting(assets_key);
  const auto spent = co_await ports.store.setting(spent_key);
  const auto acknowledged = co_await ports.store.acknowledged();
  for (const auto* setting : {&stored, &operations, &assets, &spent}) {
    if (!*setting) co_return std::unexpected(setting->error());
  }
  if (!acknowledged) co_return std::unexpected(acknowledged.error());
  agent = settings.agent_id.empty() ? stored->value_or("") : settings.agent_id;
  // Another agent than last time has seen nothing of ours yet.
  if (agent == stored->value_or("")) {
    operations_seq = number_of(*operations);
    assets_revision = number_of(*assets);
  }
  sent = status.acknowledged = *acknowledged;
  if (!agent.empty()) plan.on_known_agent();
  plan.budget().recall(spent->value_or(""), now(), ports.timers.utc_now());
  co_return Result<>{};
}

/// Counts a call, and writes the count down: each of the first ones, for a daemon that restarts again and
/// again, and later so that what a restart forgets is far less than what the limits leave free.
Task<> HostedLink::State::begin_call() {
  plan.on_begin(now());
  ++calls_unsaved;
  if (++calls_begun > saved_one_by_one && calls_unsaved < most_unsaved && now() < next_save) co_return;
  calls_unsaved = 0;
  next_save = now() + save_every;
  (void)co_await ports.store.set(spent_key, plan.budget().remember(now(), ports.timers.utc_now()));
}

Task<> HostedLink::State::push_lane() {
  for (;;) {
    check_key();
    const auto& marks = ports.store.marks();
    const Backlog backlog{.events = marks.last_event > sent, .assets = marks.last_revision > assets_revision};
    const PushStep step = plan.next_push(now(), backlog);
    if (const auto* wait = std::get_if<WaitUntil>(&step)) {
      (void)co_await push_wake.wait_until(std::min(wait->at, now() + key_check_every));
      continue;
    }
    const PushNow call = std::get<PushNow>(step);
    co_await begin_call();
    const Outcome outcome = co_await carry_out(call);
    plan.on_push(call.call, outcome, now());
    poll_wake.wake();
  }
}

Task<> HostedLink::State::poll_lane() {
  for (;;) {
    const PollStep step = plan.next_poll(now());
    if (const auto* wait = std::get_if<WaitUntil>(&step)) {
      (void)co_await poll_wake.wait_until(wait->at);
      continue;
    }
    co_await begin_call();
    Polled polled;
    const Outcome outcome = co_await ask_for_operations(polled);
    plan.on_poll(outcome, polled.operations, now());
    if (polled.only_unreadable) plan.on_unreadable_poll(now());
    push_wake.wake();
  }
}

Task<> HostedLink::State::submit_lane() {
  for (;;) {
    const bool all = co_await submit_received();
    (void)co_await submit_wake.wait_until(all ? BootTime::max() : now() + resubmit_every);
  }
}

Task<> HostedLink::State::forward_changes() {
  for (;;) {
    (void)co_await ports.store.changed().wait_until(BootTime::max());
    push_wake.wake();
    co_await bound_outbox();
  }
}

Task<> HostedLink::State::bound_outbox() {
  const auto last = ports.store.marks().last_event.value;
  const auto waiting = last - std::max(status.acknowledged, sent).value;
  // In steps: each costs a commit.
  if (plan.mode() != LinkPlan::Mode::documented || waiting < settings.kept_without_receiver + unlinked_step) {
    co_return;
  }
  const core::EventSeq given_up{last - settings.kept_without_receiver};
  if (!co_await ports.store.acknowledge(given_up)) co_return;
  sent = std::max(sent, given_up);
  status.acknowledged = std::max(status.acknowledged, given_up);
  if (!std::exchange(told_given_up, true)) {
    ports.log.warn("hosted.given_up",
                   "events that no call of the hosted side takes are given up, oldest first",
                   {{"kept", settings.kept_without_receiver}});
  }
}

void HostedLink::State::check_key() {
  if (now() < next_key_check) return;
  next_key_check = now() + key_check_every;
  if (!ports.exchange.take_up_new_key()) return;
  ports.log.info("hosted.key_replaced", "another API key is used from now on");
  plan.on_new_key(now());
  poll_wake.wake();
}

}  // namespace colony::daemon::hosted
