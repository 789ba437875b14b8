// Operations: durable before they are acted on, acted on once, answered as often as asked; and no more of
// them than OperationLimits says.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/hosted/link_state.hpp"

namespace colony::daemon::hosted {

using core::ErrorKind;
using core::Result;
using core::Task;
using store::Change;
using store::OperationRow;
using store::OperationState;

namespace {

/// Kinds of errors that pass by themselves.
bool passes(ErrorKind kind) {
  return kind == ErrorKind::exhausted || kind == ErrorKind::io || kind == ErrorKind::timed_out ||
         kind == ErrorKind::unreachable || kind == ErrorKind::cancelled;
}

constexpr const char* old_order_code = "hosted.order_before_restore";
constexpr const char* old_order_reason =
    "this appliance's database was restored from a copy: the order may have been carried out in the time "
    "that is "
    "missing; if it is still wanted, give it again";

/// What passes, but not soon: for a person, a budget, or its asset's turn. A store without room and a start
/// in hand are over for all at once.
bool lasts(const core::Error& why) {
  return why.kind == ErrorKind::exhausted && !why.code.starts_with("store.") &&
         !why.code.starts_with("appliance.");
}

core::Error too_many_wait(std::uint64_t waiting, const core::Error& why) {
  return {ErrorKind::refused, "hosted.too_many_waiting",
          fmt::format("{} orders of the hosted side wait here already; this one would wait too: {}", waiting,
                      why.message)};
}

/// What passes by itself is nobody's business over there; this may last.
bool waits_for_a_person(const core::Error& why) {
  return why.code.starts_with("policy.");
}

std::string result_of(const core::Error& why) {
  return core::dump_json(core::Json{{"code", why.code}, {"message", why.message}});
}

void refuse_as_old(OperationRow& row) {
  row.state = OperationState::refused;
  row.result_json = core::dump_json(core::Json{{"code", old_order_code}, {"message", old_order_reason}});
  row.body_json.clear();
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

/// What was received before the restore and not yet handed on may have been done after the backup was made.
Task<Result<>> HostedLink::State::refuse_what_waited() {
  for (;;) {
    auto waiting = co_await ports.store.received_operations(100);
    if (!waiting) co_return std::unexpected(waiting.error());
    if (waiting->empty()) co_return Result<>{};
    Change change;
    for (auto& row : *waiting) {
      row.updated_at = ports.timers.utc_now();
      refuse_as_old(row);
      change.batch.events.push_back(operation_event(row, row.updated_at));
      change.operations.push_back(std::move(row));
    }
    if (const auto kept = co_await ports.store.commit_change(std::move(change)); !kept) co_return kept;
  }
}

Task<Result<>> HostedLink::State::trust_orders_again() {
  const auto kept =
      co_await ports.store.set(orders_epoch_key, std::to_string(ports.store.report().epoch.value));
  if (kept) orders_may_be_old = false;
  co_return kept;
}

/// Durable before anything is done with them. One that is known is answered again with its stored result.
/// Where there is no room for a new one the list ends: with `cursor` it is asked for again from there on.
Task<Result<Kept>> HostedLink::State::keep(std::vector<Operation> operations,
                                           std::optional<std::uint64_t> cursor) {
  Change change;
  const auto utc = ports.timers.utc_now();
  const OperationLimits& limits = settings.operations;
  auto load = co_await ports.store.received_load();
  if (!load) co_return std::unexpected(load.error());
  Pace pace = new_orders;
  Kept kept{.up_to = operations_seq};
  for (const auto& operation : operations) {
    const auto known = co_await ports.store.operation(operation.id);
    if (!known) co_return std::unexpected(known.error());
    const std::optional<OperationRow>& row = *known;
    if (!row || row->generation < operation.generation) {
      load->count += 1;
      load->body_bytes += operation.body_json.size();
      kept.all =
          pace.next() <= now() && load->count <= limits.received && load->body_bytes <= limits.received_bytes;
      if (!kept.all) break;
      pace.take(now());
      ports.log.info("hosted.operation", "an operation was received",
                     {{"operation", operation.id}, {"type", operation.type}, {"target", operation.target}});
      auto received = row_of(operation, utc);
      if (orders_may_be_old) {
        refuse_as_old(received);
        change.batch.events.push_back(operation_event(received, utc));
        ports.log.warn("hosted.operation_refused", "an operation was refused",
                       {{"operation", operation.id}, {"code", old_order_code}, {"why", old_order_reason}});
      }
      change.operations.push_back(std::move(received));
    } else if (cursor && row->state != OperationState::received) {
      change.batch.events.push_back(operation_event(*row, utc));
    }
    kept.up_to = operation.seq;
  }
  if (kept.all && cursor) kept.up_to = *cursor;
  note_held_back(!kept.all);
  if (cursor && kept.up_to != operations_seq) {
    change.batch.writes.emplace_back(workflows::SettingRow{operations_key, std::to_string(kept.up_to)});
  }
  if (change.operations.empty() && change.batch.writes.empty()) co_return kept;
  const auto written = co_await ports.store.commit_change(std::move(change));
  submit_wake.wake();
  if (!written) co_return std::unexpected(written.error());
  new_orders = pace;
  co_return kept;
}

/// Told once, and over when a whole list was taken.
void HostedLink::State::note_held_back(bool held_back) {
  if (held_back && !status.orders_held_back) {
    ports.log.warn("hosted.orders_held_back",
                   "the hosted side gives more orders than are taken: the rest is asked for again later");
  }
  status.orders_held_back = held_back;
}

/// True when all are settled. One that waits, for a disk's turn or a budget, holds up none behind it.
Task<bool> HostedLink::State::submit_received() {
  constexpr unsigned page = 100;
  std::set<std::string> waiting;
  store::ReceivedLoad lasting;
  unsigned passed = 0;  // those that wait stay in the list: the next page begins behind them
  for (;;) {
    auto rows = co_await ports.store.received_operations(page, passed);
    if (!rows) co_return false;
    for (auto& row : *rows) {
      std::string id = row.id;
      if (co_await submit(std::move(row), lasting)) continue;
      ++passed;
      waiting.insert(std::move(id));
    }
    if (rows->size() < page) break;
  }
  told_waiting = std::move(waiting);
  const bool all_settled = told_waiting.empty();
  co_return all_settled;
}

Task<> HostedLink::State::tell_waiting(OperationRow row, core::Error why) {
  row.result_json = result_of(why);
  Change change;
  change.batch.events.push_back(operation_event(row, ports.timers.utc_now()));
  (void)co_await ports.store.commit_change(std::move(change));
}

/// True when it is settled. `waiting`: those before it that wait for long.
Task<bool> HostedLink::State::submit(OperationRow row, store::ReceivedLoad& waiting) {
  Operation operation{row.id, row.generation, row.seq, row.type, row.target, row.body_json};
  auto taken = co_await ports.sink.submit(std::move(operation));
  if (!taken && lasts(taken.error())) {
    const OperationLimits& limits = settings.operations;
    if (waiting.count >= limits.waiting || waiting.body_bytes + row.body_json.size() > limits.waiting_bytes) {
      taken = std::unexpected(too_many_wait(waiting.count, taken.error()));
      ports.sink.give_up(row.id);
    } else {
      waiting.count += 1;
      waiting.body_bytes += row.body_json.size();
    }
  }
  if (!taken && passes(taken.error().kind)) {
    if (told_waiting.insert(row.id).second) {
      ports.log.warn("hosted.operation_waits", "an operation cannot be taken now and is tried again",
                     {{"operation", row.id}, {"why", taken.error().message}});
      if (waits_for_a_person(taken.error())) co_await tell_waiting(row, taken.error());
    }
    co_return false;
  }
  row.state = taken ? OperationState::accepted : OperationState::refused;
  row.updated_at = ports.timers.utc_now();
  row.result_json = taken ? core::dump_json(core::Json{{"workflow_id", *taken}}) : result_of(taken.error());
  row.body_json.clear();  // carried out or refused: nobody reads it again, and it may hold a cluster's keys
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
