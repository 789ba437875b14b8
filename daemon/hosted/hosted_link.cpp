#include "daemon/hosted/hosted_link.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "daemon/hosted/link_state.hpp"
#include "daemon/hosted/unlinked.hpp"

namespace colony::daemon::hosted {

using namespace std::chrono_literals;
using core::BootTime;
using core::Result;
using core::Task;

namespace {

constexpr core::Duration key_check_every = 5s;
constexpr core::Duration refused_key_pause = 15min;
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
  state_->next_key_check = state_->next_refused_key = {};
  state_->push_wake.wake();
}

std::string_view name(LinkPlan::Mode mode) {
  switch (mode) {
    case LinkPlan::Mode::unregistered: return "unregistered";
    case LinkPlan::Mode::linked: return "linked";
    case LinkPlan::Mode::documented: return "documented";
    case LinkPlan::Mode::locked_out: return "locked-out";
    case LinkPlan::Mode::outdated: return "outdated";
  }
  return "unregistered";
}

std::optional<std::string> finding(const LinkStatus& status) {
  if (status.mode == LinkPlan::Mode::outdated) {
    return "hosted.ahead: the hosted side has events that this database never made: an old copy of it was "
           "put in "
           "place. No orders are taken and no events sent. If it is the newest copy there is: stop colonyd, "
           "touch "
           "colony.db.restored beside the database, start colonyd";
  }
  if (status.mode == LinkPlan::Mode::locked_out) {
    return fmt::format(
        "hosted.key_refused: {}: put a good key into the key file; it is taken up within seconds",
        status.reason);
  }
  if (status.key_not_taken) {
    return fmt::format("hosted.key_not_taken: {}: {}; the key before it stays in use",
                       status.key_not_taken->code, status.key_not_taken->message);
  }
  if (status.orders_held_back) {
    return "hosted.orders_held_back: the hosted side gives more orders than are taken: those that came first "
           "are worked on, the rest is asked for again";
  }
  if (status.given_up > 0 && status.mode != LinkPlan::Mode::documented) {
    return fmt::format(
        "hosted.given_up: {} events were given up before the hosted side could take them; wipe "
        "records and the newest states are kept here",
        status.given_up);
  }
  return std::nullopt;
}

// ---- Lanes ----

Task<> HostedLink::State::run() {
  const auto ready = co_await recall();
  if (!ready) {
    ports.log.error("hosted.store", "the link cannot read its state and stays down",
                    {{"why", ready.error().message}});
    co_return;
  }
  if (orders_may_be_old) {
    if (const auto refused = co_await refuse_what_waited(); !refused) co_return;
  }
  tasks.spawn("hosted.push", push_lane());
  tasks.spawn("hosted.poll", poll_lane());
  tasks.spawn("hosted.submit", submit_lane());
  tasks.spawn("hosted.changes", forward_changes());
}

Task<Result<>> HostedLink::State::recall() {
  const auto stored = co_await ports.store.setting(agent_key);
  const auto named = co_await ports.store.setting(history_key);
  const auto operations = co_await ports.store.setting(operations_key);
  const auto assets = co_await ports.store.setting(assets_key);
  const auto spent = co_await ports.store.setting(spent_key);
  const auto orders_epoch = co_await ports.store.setting(orders_epoch_key);
  const auto acknowledged = co_await ports.store.acknowledged();
  for (const auto* setting : {&stored, &named, &operations, &assets, &spent, &orders_epoch}) {
    if (!*setting) co_return std::unexpected(setting->error());
  }
  if (!acknowledged) co_return std::unexpected(acknowledged.error());
  sent = shown = status.acknowledged = *acknowledged;
  plan.budgets().use(ports.exchange.key());
  plan.budgets().recall(spent->value_or(""), now(), ports.timers.utc_now());

  history = named->value_or("");
  if (history.empty()) {
    history = ports.random.uuid().to_string();
    if (const auto kept = co_await ports.store.set(history_key, history); !kept) co_return kept;
  }
  const std::string known = stored->value_or("");
  if (settings.agent_id.empty() || settings.agent_id == known) {
    agent = known;
    operations_seq = number_of(*operations);
    assets_revision = number_of(*assets);
    // A version that did not write it down had epoch 1, unless there was a restore before.
    const auto last_orders = *orders_epoch ? number_of(*orders_epoch) : std::uint64_t{1};
    orders_may_be_old = !known.empty() && last_orders != ports.store.report().epoch.value;
  } else if (const auto begun = co_await begin_with(settings.agent_id); !begun) {
    co_return begun;
  }
  if (!agent.empty()) plan.on_known_agent();
  co_return Result<>{};
}

/// An agent that has seen nothing of this database.
Task<Result<>> HostedLink::State::begin_with(std::string agent_id) {
  store::Change change;
  for (const auto& [key, value] :
       {std::pair{agent_key, agent_id}, std::pair{operations_key, std::string("0")},
        std::pair{assets_key, std::string("0")},
        std::pair{orders_epoch_key, std::to_string(ports.store.report().epoch.value)}}) {
    change.batch.writes.emplace_back(workflows::SettingRow{key, value});
  }
  if (auto kept = co_await ports.store.commit_change(std::move(change)); !kept) co_return kept;
  agent = std::move(agent_id);
  operations_seq = assets_revision = 0;
  orders_may_be_old = false;
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
  (void)co_await ports.store.set(spent_key, plan.budgets().remember(now(), ports.timers.utc_now()));
}

Task<> HostedLink::State::push_lane() {
  for (;;) {
    check_key();
    const auto& marks = ports.store.marks();
    const Backlog backlog{.events = marks.last_event.value - std::min(sent, marks.last_event).value,
                          .assets = marks.last_revision > assets_revision};
    const PushStep step = plan.next_push(now(), backlog);
    if (const auto* wait = std::get_if<WaitUntil>(&step)) {
      (void)co_await push_wake.wait_until(std::min(wait->at, next_key_check));
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
    plan.on_poll(outcome, now());
    if (polled.nothing_usable) plan.on_unreadable_poll(now());
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
  const auto kept =
      plan.mode() == LinkPlan::Mode::documented ? settings.kept_without_receiver : settings.kept_at_most;
  // In steps: each costs a commit. What was sent and not yet acknowledged counts as waiting.
  const auto waiting = last - status.acknowledged.value;
  if (waiting < kept + unlinked_step) co_return;
  const core::EventSeq given_up{last - kept};
  if (!co_await ports.store.acknowledge(given_up)) co_return;
  if (given_up <= status.acknowledged) co_return;  // the hosted side took them meanwhile
  if (status.given_up == 0) {
    ports.log.warn("hosted.given_up", "events that the hosted side does not take are given up, oldest first",
                   {{"kept", kept}});
  }
  status.given_up += given_up.value - status.acknowledged.value;
  status.acknowledged = given_up;
  sent = std::max(sent, given_up);
}

void HostedLink::State::check_key() {
  if (now() < next_key_check) return;
  next_key_check = now() + key_check_every;
  if (now() >= next_refused_key) {
    next_refused_key = BootTime::max();
    ports.exchange.ask_for_key_again();
  }
  const bool is_another = ports.exchange.take_up_new_key();
  const auto fault = ports.exchange.key_fault();
  if (fault) {
    if (!status.key_not_taken || status.key_not_taken->code != fault->code) {
      ports.log.error("hosted.key_not_taken", "the API key that is there now is not taken up",
                      {{"code", fault->code}, {"why", fault->message}});
    }
    status.key_not_taken = fault;
    return;
  }
  // The reason for a key that was refused stays until the file holds another one.
  if (is_another || next_refused_key == BootTime::max()) status.key_not_taken.reset();
  if (!is_another) return;
  ports.log.info("hosted.key_replaced", "another API key is used from now on");
  // A key that is refused itself is nothing to go back to.
  if (plan.mode() == LinkPlan::Mode::locked_out) ports.exchange.settle_key();
  plan.budgets().use(ports.exchange.key());
  plan.on_new_key(now());
  plan.beat_now(now());
  poll_wake.wake();
}

/// Looks at the answer as one about its key. While a key is replaced two are about: a refusal may come for
/// the old one, after the new one was taken up or just before that; and a new one that is refused gives way
/// to the old one. True when the call is to be made again with another key than it was made with.
bool HostedLink::State::is_superseded(const KeyIdentity& used, const Judged& judged) {
  if (judged.succeeded() && used == ports.exchange.key()) {
    ports.exchange.settle_key();
    status.key = used.text();
  }
  const bool is_refused = std::holds_alternative<Unauthorized>(judged.outcome);
  // A good key of another datacenter does not know this one's agent.
  if (!is_refused && !std::holds_alternative<AgentUnknown>(judged.outcome)) return false;
  if (is_refused && used == ports.exchange.key()) {
    next_key_check = {};
    check_key();
  }
  if (used != ports.exchange.key()) return true;
  if (!ports.exchange.go_back_to_old_key()) {
    if (is_refused) ports.exchange.ask_for_key_again();  // better a doubtful one than none
    return false;
  }
  status.key_not_taken = judged.problem;
  next_refused_key = now() + refused_key_pause;
  ports.log.error("hosted.key_not_taken", "the hosted side refuses the new API key: the old one stays in use",
                  {{"code", judged.problem.code}, {"why", judged.problem.message}});
  plan.budgets().use(ports.exchange.key());
  return true;
}

}  // namespace colony::daemon::hosted
