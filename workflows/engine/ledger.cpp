#include "workflows/engine/ledger.hpp"

#include <algorithm>
#include <chrono>

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

// One transaction holds at most this many rows, so that a burst does not make one commit slow.
constexpr std::size_t max_merged_rows = 256;
constexpr unsigned recent_at_open = 64;
constexpr core::Duration full_store_retry = 2s;

}  // namespace

Ledger::Ledger(Journal& journal, core::Timers& timers, const core::Log& log)
    : journal_(journal), timers_(timers), log_(log), tasks_(timers), queued_(timers), changed_(timers) {}

core::Task<core::Result<>> Ledger::open() {
  auto loaded = co_await journal_.load();
  if (!loaded) co_return std::unexpected(loaded.error());
  // Just-finished ones too: people look at them, and the hosted snapshot shows them.
  auto recent = co_await journal_.workflows(std::nullopt, recent_at_open);
  if (!recent) co_return std::unexpected(recent.error());
  std::erase_if(*recent, [](const WorkflowRow& row) { return !is_finished(row); });
  std::ranges::reverse(*recent);
  loaded->workflows.insert(loaded->workflows.end(), recent->begin(), recent->end());
  epoch_ = loaded->epoch;
  std::ranges::sort(loaded->intents, {},
                    [](const IntentRow& row) { return std::tuple(row.intended_at, row.attempt, row.id); });
  StagedBatch all;
  for (auto& row : loaded->assets) all.assets.push_back(std::make_shared<AssetRow>(std::move(row)));
  for (auto& row : loaded->workflows) all.workflows.push_back(std::make_shared<WorkflowRow>(std::move(row)));
  for (auto& row : loaded->intents) all.intents.push_back(std::make_shared<IntentRow>(std::move(row)));
  for (auto& row : loaded->secrets) {
    all.secrets.emplace_back(std::move(row.key), std::make_shared<core::Secret>(std::move(row.value)));
  }
  all.settings = std::move(loaded->settings);
  all.timeline = std::move(loaded->timeline);
  for (State* state : {&working_, &durable_}) state->apply(all);
  for (const auto& observer : on_working_) observer(all);
  for (const auto& observer : on_durable_) observer(all);
  tasks_.spawn("ledger writer", write());
  co_return core::Result<>{};
}

core::Task<> Ledger::close() {
  closing_ = true;
  queued_.wake();
  co_await tasks_.join();
}

core::Task<> Ledger::abandon() {
  if (!failure_) failure_ = core::Error{core::ErrorKind::cancelled, "store.closed", "the store is closed"};
  tasks_.cancel();
  co_await tasks_.join();
}

Ledger::TicketPtr Ledger::stage(Batch batch) {
  auto ticket = std::make_shared<Ticket>(timers_);
  if (failure_) {
    ticket->done = true;
    ticket->result = std::unexpected(*failure_);
    return ticket;
  }
  ticket->batch = StagedBatch::from(std::move(batch));
  apply_to_working(ticket->batch);
  queue_.push_back(ticket);
  queued_.wake();
  return ticket;
}

void Ledger::apply_to_working(const StagedBatch& batch) {
  working_.apply(batch);
  for (const auto& observer : on_working_) observer(batch);
}

std::optional<core::Error> Ledger::full() const {
  if (!stalled_) return std::nullopt;
  return core::Error{
      core::ErrorKind::exhausted, "store.full",
      "the store is full: free space under /var/lib/colony; work in hand goes on by itself then"};
}

core::Task<core::Result<>> Ledger::commit(Batch batch) {
  const TicketPtr ticket = stage(std::move(batch));
  while (!ticket->done) co_await ticket->news.wait();
  co_return ticket->result;
}

core::Task<core::Result<>> Ledger::commit_or_take_back(Batch batch, std::function<Batch()> take_back) {
  const TicketPtr ticket = stage(std::move(batch));
  while (!ticket->done) {
    if (auto why = full(); why && !ticket->in_write) {
      const auto undoing = StagedBatch::from(take_back());
      apply_to_working(undoing);
      ticket->batch.append(undoing);
      co_return std::unexpected(std::move(*why));
    }
    co_await ticket->news.wait();
  }
  co_return ticket->result;
}

void Ledger::post(Batch batch) {
  stage(std::move(batch));
}

core::Task<> Ledger::write() {
  while (!failure_) {
    if (queue_.empty()) {
      if (closing_) co_return;
      co_await queued_.wait();
      continue;
    }
    std::vector<TicketPtr> tickets;
    for (std::size_t rows = 0; !queue_.empty(); queue_.pop_front()) {
      rows += queue_.front()->batch.size();
      if (!tickets.empty() && rows > max_merged_rows) break;
      tickets.push_back(queue_.front());
    }
    const auto result = co_await write_together(tickets);
    if (!result) {
      failure_ = result.error();
      log_.error("store.failed",
                 "The journal failed; the daemon stops and recovers from disk at its next start.",
                 {{"code", result.error().code}, {"reason", result.error().message}});
    }
    finish(tickets, result);
    if (!result) {
      finish({queue_.begin(), queue_.end()}, result);
      queue_.clear();
    }
    changed_.notify();
  }
}

core::Task<core::Result<>> Ledger::write_together(const std::vector<TicketPtr>& tickets) {
  for (;;) {
    StagedBatch merged;
    for (const auto& ticket : tickets) {
      merged.append(ticket->batch);
      ticket->in_write = true;
    }
    auto result = co_await journal_.commit(merged.clone());
    for (const auto& ticket : tickets) ticket->in_write = false;
    if (result || result.error().kind != core::ErrorKind::exhausted) {
      if (stalled_) log_.info("store.room_again", "The store has room again; waiting work goes on.");
      stalled_ = false;
      co_return result;
    }
    if (!stalled_) {
      log_.error("store.full", "The store is full: running boots are served, new orders are refused.",
                 {{"reason", result.error().message}});
    }
    stalled_ = true;
    if (closing_) co_return result;  // the daemon ends; what waits was never promised to anybody
    for (const auto& ticket : tickets) ticket->news.wake();
    for (const auto& ticket : queue_) ticket->news.wake();
    co_await timers_.sleep_for(full_store_retry);
  }
}

void Ledger::finish(const std::vector<TicketPtr>& tickets, const core::Result<>& result) {
  for (const auto& ticket : tickets) {
    if (result) {
      durable_.apply(ticket->batch);
      for (const auto& observer : on_durable_) observer(ticket->batch);
    }
    ticket->done = true;
    ticket->result = result;
    ticket->news.wake();
  }
}

}  // namespace colony::workflows
