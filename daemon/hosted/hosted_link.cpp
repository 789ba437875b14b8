#include "daemon/hosted/hosted_link.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/wakeup.hpp"
#include "core/http/target.hpp"
#include "daemon/hosted/outcome.hpp"

namespace colony::daemon::hosted {

using namespace std::chrono_literals;
using core::BootTime;
using core::ErrorKind;
using core::Result;
using core::Task;
using core::http::ClientRequest;
using core::http::ClientResponse;
using core::http::Method;
using store::Change;
using store::OperationRow;
using store::OperationState;

namespace {

constexpr core::Duration call_time = 30s;
constexpr unsigned poll_seconds = 50;
constexpr core::Duration poll_time = 70s;  // the held time and an ordinary call's slack
constexpr core::Duration key_check_every = 5s;
constexpr core::Duration resubmit_every = 10s;
constexpr std::size_t largest_events_body = 1 << 20;
constexpr unsigned snapshot_workflows = 32;
constexpr std::size_t largest_answer = 4 << 20;

constexpr const char* agent_key = "hosted.agent_id";
constexpr const char* operations_key = "hosted.operations_seq";
constexpr const char* assets_key = "hosted.assets_revision";

std::uint64_t number_of(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) (void)std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

/// Kinds of errors that pass by themselves.
bool passes(ErrorKind kind) {
  return kind == ErrorKind::exhausted || kind == ErrorKind::io || kind == ErrorKind::timed_out ||
         kind == ErrorKind::unreachable || kind == ErrorKind::cancelled;
}

ClientRequest request_to(Method method, std::string target, std::string body = {}) {
  ClientRequest request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  request.body_limit = largest_answer;
  return request;
}

OperationRow row_of(const Operation& operation, core::UtcTime now) {
  return {.id = operation.id,
          .generation = operation.generation,
          .seq = operation.seq,
          .type = operation.type,
          .target = operation.target,
          .body_json = operation.body_json,
          .state = OperationState::received,
          .result_json = "{}",
          .received_at = now,
          .updated_at = now};
}

}  // namespace

struct HostedLink::State {
  LinkPorts ports;
  LinkSettings settings;
  LinkPlan plan;
  core::TaskGroup tasks;
  core::Wakeup push_wake, poll_wake, submit_wake;
  LinkStatus status;
  std::string agent;
  core::EventSeq sent;  // the outbox is sent from here on; behind `acknowledged` only when asked for again
  std::uint64_t operations_seq = 0;
  std::uint64_t assets_revision = 0;
  BootTime next_key_check{};

  State(LinkPorts p, LinkSettings s)
      : ports(std::move(p)),
        settings(std::move(s)),
        plan(settings.limits, ports.random),
        tasks(ports.timers),
        push_wake(ports.timers),
        poll_wake(ports.timers),
        submit_wake(ports.timers) {}

  [[nodiscard]] BootTime now() const { return ports.timers.now(); }
  [[nodiscard]] std::string agent_path(std::string_view rest) const {
    return fmt::format("/agents/{}/{}", core::http::percent_encode(agent), rest);
  }

  Task<> run();
  Task<> push_lane();
  Task<> poll_lane();
  Task<> submit_lane();
  Task<> forward_changes();

  Task<Result<>> recall();
  Task<Judged> exchange(Part part, ClientRequest request, core::Duration time, Result<ClientResponse>& out);
  Task<Outcome> carry_out(PushNow step);
  Task<Outcome> register_agent();
  Task<Outcome> send_heartbeat();
  Task<Outcome> send_events(unsigned most);
  Task<Outcome> send_assets(unsigned most);
  Task<Outcome> ask_for_workflows();
  Task<Outcome> ask_for_operations(unsigned& received);
  Task<Result<>> keep(std::vector<Operation> operations, std::optional<std::uint64_t> cursor);
  Task<bool> submit(OperationRow row);

  void note(const Judged& judged);
  void check_key();
};

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
  const auto acknowledged = co_await ports.store.acknowledged();
  for (const auto* setting : {&stored, &operations, &assets}) {
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
  co_return Result<>{};
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
    plan.on_begin(now());
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
    plan.on_begin(now());
    unsigned received = 0;
    const Outcome outcome = co_await ask_for_operations(received);
    plan.on_poll(outcome, received, now());
    push_wake.wake();
  }
}

Task<> HostedLink::State::submit_lane() {
  for (;;) {
    bool all = true;
    auto rows = co_await ports.store.received_operations(100);
    if (rows) {
      for (auto& row : *rows) all = co_await submit(std::move(row)) && all;
    }
    (void)co_await submit_wake.wait_until(all && rows ? BootTime::max() : now() + resubmit_every);
  }
}

Task<> HostedLink::State::forward_changes() {
  for (;;) {
    (void)co_await ports.store.changed().wait_until(BootTime::max());
    push_wake.wake();
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

// ---- Calls ----

Task<Judged> HostedLink::State::exchange(Part part, ClientRequest request, core::Duration time,
                                         Result<ClientResponse>& out) {
  out = co_await ports.exchange.exchange(std::move(request), now() + time);
  Judged judged = judge(part, out, ports.timers.utc_now());
  note(judged);
  co_return judged;
}

/// A state of affairs is told once, however many calls meet it.
void HostedLink::State::note(const Judged& judged) {
  if (judged.succeeded()) {
    status.last_success = ports.timers.utc_now();
    if (!status.problem.empty()) ports.log.info("hosted.back", "the hosted side answers again");
    status.problem.clear();
    return;
  }
  if (status.problem == judged.problem.code) return;
  status.problem = judged.problem.code;
  const core::Log::Fields fields{{"code", judged.problem.code}, {"why", judged.problem.message}};
  if (std::holds_alternative<Unauthorized>(judged.outcome)) {
    ports.log.error(
        "hosted.key_refused",
        "the hosted side refuses the API key: nothing is sent until its file changes; work goes on", fields);
  } else if (std::holds_alternative<TryLater>(judged.outcome)) {
    ports.log.warn("hosted.unreachable", "the hosted side cannot be used now: events wait in the outbox",
                   fields);
  } else if (std::holds_alternative<CallUnknown>(judged.outcome)) {
    ports.log.warn("hosted.documented_only", "the hosted side has no agent part: heartbeats and polling only",
                   fields);
  } else {
    ports.log.warn("hosted.refused", "the hosted side refuses a call", fields);
  }
}

Task<Outcome> HostedLink::State::carry_out(PushNow step) {
  switch (step.call) {
    case Push::registration: co_return co_await register_agent();
    case Push::heartbeat: co_return co_await send_heartbeat();
    case Push::events: co_return co_await send_events(step.most);
    case Push::assets: co_return co_await send_assets(step.most);
    case Push::workflows: co_return co_await ask_for_workflows();
  }
  co_return Refused{};
}

Task<Outcome> HostedLink::State::register_agent() {
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(
      Part::documented, request_to(Method::post, "/agents", encode_registration(settings.datacenter_id)),
      call_time, answer);
  const bool exists = std::holds_alternative<Conflict>(judged.outcome);
  if (!judged.succeeded() && !exists) co_return judged.outcome;
  const auto id = decode_agent_id(answer->body);
  if (!id) {
    if (exists) {
      ports.log.error("hosted.agent_exists",
                      "the datacenter has an agent already: give its id with --agent-id");
      co_return Conflict{};
    }
    co_return TryLater{};
  }
  Change change;
  change.batch.writes.emplace_back(workflows::SettingRow{agent_key, *id});
  change.batch.writes.emplace_back(workflows::SettingRow{operations_key, "0"});
  change.batch.writes.emplace_back(workflows::SettingRow{assets_key, "0"});
  if (const auto kept = co_await ports.store.commit_change(std::move(change)); !kept) co_return TryLater{};
  agent = *id;
  operations_seq = assets_revision = 0;
  ports.log.info("hosted.registered", "registered with the hosted side", {{"agent", agent}});
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::send_heartbeat() {
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(
      Part::documented,
      request_to(Method::patch, agent_path("heartbeat"), encode_heartbeat(ports.heartbeat_state())),
      call_time, answer);
  co_return judged.outcome;
}

Task<Outcome> HostedLink::State::send_events(unsigned most) {
  auto events = co_await ports.store.events(sent, most);
  const auto snapshot = co_await ports.store.recent_workflows(snapshot_workflows);
  if (!events || events->empty() || !snapshot) co_return TryLater{};
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < events->size() && (count == 0 || bytes < largest_events_body)) {
    bytes += (*events)[count++].event.body_json.size();
  }
  events->resize(count);
  const auto post = encode_events(agent, ports.store.report().epoch, *events, *snapshot);
  auto request = request_to(Method::post, agent_path("events"), post.body);
  (void)request.headers.add("Idempotency-Key", post.idempotency_key);
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(Part::ours, std::move(request), call_time, answer);
  if (!judged.succeeded()) co_return judged.outcome;
  const auto acknowledged = decode_acknowledgement(answer->body);
  if (!acknowledged) co_return TryLater{};
  if (*acknowledged > ports.store.marks().last_event) {
    ports.log.error("hosted.ahead",
                    "the hosted side has events that this database never made: an old copy was put in place",
                    {{"acknowledged", acknowledged->value}});
    co_return Refused{};
  }
  if (acknowledged->value + 1 < events->front().seq.value) {
    // It lost what it had acknowledged: again from there, as far as we still have it.
    ports.log.warn("hosted.resend", "the hosted side asks for older events again",
                   {{"after", acknowledged->value}});
    const auto older = co_await ports.store.events(*acknowledged, 1);
    if (!older || older->empty() || older->front().seq.value != acknowledged->value + 1) co_return Refused{};
  }
  if (*acknowledged < events->front().seq && acknowledged->value + 1 == events->front().seq.value)
    co_return TryLater{};
  sent = *acknowledged;
  if (const auto kept = co_await ports.store.acknowledge(*acknowledged); kept) {
    status.acknowledged = std::max(status.acknowledged, *acknowledged);
  }
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::send_assets(unsigned most) {
  const auto assets = co_await ports.store.changed_assets(assets_revision, most);
  if (!assets || assets->empty()) co_return TryLater{};
  Result<ClientResponse> answer;
  const auto judged = co_await exchange(
      Part::ours, request_to(Method::put, agent_path("assets"), encode_assets(*assets)), call_time, answer);
  if (!judged.succeeded()) co_return judged.outcome;
  assets_revision = assets->back().revision;
  // Only a hint for the next start: without it some assets are sent once more.
  (void)co_await ports.store.set(assets_key, std::to_string(assets_revision));
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::ask_for_workflows() {
  Result<ClientResponse> answer;
  const auto judged =
      co_await exchange(Part::documented, request_to(Method::get, "/workflows"), call_time, answer);
  if (!judged.succeeded()) {
    co_return std::holds_alternative<AgentUnknown>(judged.outcome) ? Outcome(CallUnknown{}) : judged.outcome;
  }
  auto pending = decode_pending_workflows(answer->body);
  if (!pending) co_return TryLater{};
  if (const auto kept = co_await keep(std::move(*pending), std::nullopt); !kept) co_return TryLater{};
  co_return Succeeded{};
}

Task<Outcome> HostedLink::State::ask_for_operations(unsigned& received) {
  Result<ClientResponse> answer;
  const auto target =
      fmt::format("{}?after={}&wait={}", agent_path("operations"), operations_seq, poll_seconds);
  const auto judged = co_await exchange(Part::ours, request_to(Method::get, target), poll_time, answer);
  if (!judged.succeeded()) co_return judged.outcome;
  auto list = decode_operations(answer->body, operations_seq);
  if (!list) {
    note({TryLater{}, list.error()});
    co_return TryLater{};
  }
  if (list->unusable > 0) {
    ports.log.warn("hosted.unusable_operations", "operations without id, seq or type were left out",
                   {{"count", list->unusable}});
  }
  received = static_cast<unsigned>(list->operations.size());
  if (list->last_seq == operations_seq) co_return Succeeded{};
  const auto last = list->last_seq;
  if (const auto kept = co_await keep(std::move(list->operations), last); !kept) co_return TryLater{};
  operations_seq = last;
  co_return Succeeded{};
}

// ---- Operations ----

/// Durable before anything is done with them. One that is known is answered again with its stored result.
Task<Result<>> HostedLink::State::keep(std::vector<Operation> operations,
                                       std::optional<std::uint64_t> cursor) {
  Change change;
  const auto utc = ports.timers.utc_now();
  for (const auto& operation : operations) {
    const auto known = co_await ports.store.operation(operation.id);
    if (!known) co_return std::unexpected(known.error());
    if (!known->has_value() || (*known)->generation < operation.generation) {
      ports.log.info("hosted.operation", "an operation was received",
                     {{"operation", operation.id}, {"type", operation.type}, {"target", operation.target}});
      change.operations.push_back(row_of(operation, utc));
    } else if (cursor && (*known)->state != OperationState::received) {
      change.batch.events.push_back(operation_event(**known, utc));
    }
  }
  if (cursor)
    change.batch.writes.emplace_back(workflows::SettingRow{operations_key, std::to_string(*cursor)});
  if (change.operations.empty() && change.batch.writes.empty()) co_return Result<>{};
  const auto kept = co_await ports.store.commit_change(std::move(change));
  submit_wake.wake();
  co_return kept;
}

/// True when it is settled.
Task<bool> HostedLink::State::submit(OperationRow row) {
  Operation operation{row.id, row.generation, row.seq, row.type, row.target, row.body_json};
  const auto taken = co_await ports.sink.submit(std::move(operation));
  if (!taken && passes(taken.error().kind)) {
    ports.log.warn("hosted.operation_waits", "an operation cannot be taken now and is tried again",
                   {{"operation", row.id}, {"why", taken.error().message}});
    co_return false;
  }
  row.state = taken ? OperationState::accepted : OperationState::refused;
  row.updated_at = ports.timers.utc_now();
  const core::Json result =
      taken ? core::Json{{"workflow_id", *taken}}
            : core::Json{{"code", taken.error().code}, {"message", taken.error().message}};
  row.result_json = core::dump_json(result);
  if (!taken) {
    ports.log.warn("hosted.operation_refused", "an operation was refused",
                   {{"operation", row.id}, {"code", taken.error().code}, {"why", taken.error().message}});
  }
  Change change;
  change.batch.events.push_back(operation_event(row, row.updated_at));
  change.operations.push_back(std::move(row));
  const auto kept = co_await ports.store.commit_change(std::move(change));
  co_return kept.has_value();
}

}  // namespace colony::daemon::hosted
