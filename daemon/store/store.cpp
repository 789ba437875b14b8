#include "daemon/store/store.hpp"

#include <cassert>
#include <deque>
#include <utility>

#include <fmt/format.h>

namespace colony::daemon::store {

using core::Result;
using core::Task;
using namespace workflows;

namespace {

/// Changes waiting while the disk works: far above what one loop produces, so reaching it means that the disk
/// hangs.
constexpr std::size_t largest_backlog = 4096;
/// One transaction's share of it: bounds how long the first change waits for the last.
constexpr std::size_t largest_group = 256;

struct Waiter {
  explicit Waiter(core::Timers& timers) : settled(timers) {}
  std::optional<Result<>> result;
  core::Wakeup settled;
};

}  // namespace

/// Work holds a plain pointer to it, because its end waits for the work in hand; completions hold a weak one,
/// because they may still lie in the loop after that.
struct Store::Queue : std::enable_shared_from_this<Store::Queue> {
  struct Pending {
    Change change;
    std::shared_ptr<Waiter> waiter;
  };

  Queue(core::Timers& clock, std::unique_ptr<StoreFile> opened, std::unique_ptr<core::BlockingPool> workers,
        std::function<void(const core::Error&)> finished)
      : timers(clock),
        file(std::move(opened)),
        on_finished(std::move(finished)),
        marks(file->marks()),
        changed(clock),
        pool(std::move(workers)) {}

  core::Timers& timers;
  // The file is the pool thread's, except for report(), which never changes after the start.
  std::unique_ptr<StoreFile> file;
  std::function<void(const core::Error&)> on_finished;
  Marks marks;
  core::Signal changed;
  std::deque<Pending> pending;
  std::vector<std::shared_ptr<Waiter>> in_flight;
  bool busy = false;
  std::deque<core::BootTime> asked;          // of the work in hand; one thread answers in order
  std::unique_ptr<core::BlockingPool> pool;  // last: its end waits for work that uses the rest

  /// `done` is not called once the store is gone.
  void execute(std::function<void()> work, std::function<void(Queue&)> done) {
    asked.push_back(timers.now());
    pool->execute(std::move(work), [self = weak_from_this(), done = std::move(done)] {
      const auto queue = self.lock();
      if (!queue) return;
      queue->asked.pop_front();
      done(*queue);
    });
  }

  void push(Change change, std::shared_ptr<Waiter> waiter) {
    if (pending.size() >= largest_backlog) {
      waiter->result = core::fail(core::ErrorKind::exhausted, "store.backlog",
                                  fmt::format("{} changes wait for the disk already", largest_backlog));
      waiter->settled.wake();
      return;
    }
    pending.push_back({std::move(change), std::move(waiter)});
    if (!busy) start();
  }

  void start() {
    struct Group {
      std::vector<Change> changes;
      std::vector<Result<>> results;
      std::optional<core::Error> finished;
      Marks marks;
    };
    auto group = std::make_shared<Group>();
    while (!pending.empty() && group->changes.size() < largest_group) {
      group->changes.push_back(std::move(pending.front().change));
      in_flight.push_back(std::move(pending.front().waiter));
      pending.pop_front();
    }
    busy = true;
    execute(
        [this, group] {
          group->results = file->commit(group->changes);
          group->finished = file->finished();
          group->marks = file->marks();
        },
        [group](Queue& queue) {
          queue.marks = group->marks;
          queue.deliver(group->results);
          queue.continue_after(group->finished);
        });
  }

  void deliver(std::vector<Result<>>& results) {
    assert(results.size() == in_flight.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      in_flight[i]->result = std::move(results[i]);
      in_flight[i]->settled.wake();
    }
    in_flight.clear();
    changed.notify();
  }

  /// The results are out; only now the log may be moved, and then the next group.
  void continue_after(const std::optional<core::Error>& finished) {
    report_end(finished);
    auto end = std::make_shared<std::optional<core::Error>>();
    execute(
        [this, end] {
          (void)file->tidy();  // its error is in finished()
          *end = file->finished();
        },
        [end](Queue& queue) {
          queue.report_end(*end);
          queue.busy = false;
          if (!queue.pending.empty()) queue.start();
        });
  }

  void report_end(const std::optional<core::Error>& finished) {
    if (!finished || !on_finished) return;
    const auto report = std::exchange(on_finished, nullptr);
    report(*finished);
  }
};

Store::Store(core::Timers& timers, std::unique_ptr<StoreFile> file, StoreOptions options) : timers_(timers) {
  std::unique_ptr<core::BlockingPool> pool;
  switch (options.threading) {
    case Threading::own_thread: pool = std::make_unique<core::ThreadedPool>(timers, 1); break;
    case Threading::inline_calls: pool = std::make_unique<core::InlinePool>(); break;
    case Threading::next_turn: pool = std::make_unique<core::NextTurnPool>(timers); break;
  }
  queue_ = std::make_shared<Queue>(timers, std::move(file), std::move(pool), std::move(options.on_finished));
}

Store::~Store() {
  queue_->on_finished = nullptr;
}

Result<std::unique_ptr<Store>> Store::open(core::Timers& timers, StoreOptions options) {
  auto file = StoreFile::open(options.file, timers.utc_now());
  if (!file) return std::unexpected(std::move(file.error()));
  return std::unique_ptr<Store>(new Store(timers, std::move(*file), std::move(options)));
}

const OpenReport& Store::report() const {
  return queue_->file->report();
}

const Marks& Store::marks() const {
  return queue_->marks;
}

core::EventSeq Store::last_event() const {
  return queue_->marks.last_event;
}

core::Signal& Store::changed() {
  return queue_->changed;
}

std::optional<core::BootTime> Store::waiting_since() const {
  if (queue_->asked.empty()) return std::nullopt;
  return queue_->asked.front();
}

namespace {

Task<Result<>> result_of(std::shared_ptr<Waiter> waiter) {
  for (std::optional<Result<>>& result = waiter->result;;) {
    if (result) co_return std::move(*result);
    co_await waiter->settled.wait();
  }
}

}  // namespace

Task<Result<>> Store::commit_change(Change change) {
  auto waiter = std::make_shared<Waiter>(timers_);
  queue_->push(std::move(change), waiter);
  return result_of(std::move(waiter));
}

Task<Result<>> Store::commit(Batch batch) {
  return commit_change(
      {.batch = std::move(batch), .operations = {}, .leases = {}, .access = {}, .acknowledge = {}});
}

Task<Result<>> Store::acknowledge(core::EventSeq seq) {
  return commit_change({.batch = {}, .operations = {}, .leases = {}, .access = {}, .acknowledge = seq});
}

Task<Result<>> Store::set(std::string key, std::string value) {
  Batch batch;
  batch.writes.emplace_back(SettingRow{std::move(key), std::move(value)});
  return commit(std::move(batch));
}

template <class T>
Task<Result<T>> Store::read(std::function<Result<T>(StoreFile&)> work) {
  struct Answer {
    Result<T> value =
        core::fail(core::ErrorKind::internal, "store.unread", "the store did not answer a read");
    std::optional<core::Error> finished;
  };
  const auto answer = std::make_shared<Answer>();
  const auto answered = std::make_shared<core::Wakeup>(timers_);
  Queue* const queue = queue_.get();
  queue->execute(
      [queue, answer, work = std::move(work)] {
        answer->value = work(*queue->file);
        answer->finished = queue->file->finished();
      },
      [reader = std::weak_ptr(answered)](Queue&) {
        if (const auto waiting = reader.lock()) waiting->wake();
      });
  co_await answered->wait();
  queue->report_end(answer->finished);
  co_return std::move(answer->value);
}

Task<Result<Snapshot>> Store::load() {
  return read<Snapshot>([](StoreFile& file) { return file.load(); });
}

Task<Result<std::optional<WorkflowRow>>> Store::workflow(core::WorkflowId id) {
  return read<std::optional<WorkflowRow>>([id](StoreFile& file) { return file.workflow(id); });
}

Task<Result<std::optional<WorkflowRow>>> Store::workflow_of_operation(std::string operation_id) {
  return read<std::optional<WorkflowRow>>(
      [id = std::move(operation_id)](StoreFile& file) { return file.workflow_of_operation(id); });
}

Task<Result<std::vector<WorkflowRow>>> Store::workflows(std::optional<core::AssetId> asset, unsigned limit) {
  return read<std::vector<WorkflowRow>>(
      [asset, limit](StoreFile& file) { return file.workflows(asset, limit); });
}

Task<Result<std::vector<TimelineRow>>> Store::timeline(core::AssetId asset, unsigned limit) {
  return read<std::vector<TimelineRow>>(
      [asset, limit](StoreFile& file) { return file.timeline(asset, limit); });
}

Task<Result<std::vector<IntentRow>>> Store::intents(core::WorkflowId workflow) {
  return read<std::vector<IntentRow>>([workflow](StoreFile& file) { return file.intents(workflow); });
}

Task<Result<std::vector<WipeRecordRow>>> Store::wipe_records(std::optional<core::AssetId> asset,
                                                             unsigned limit) {
  return read<std::vector<WipeRecordRow>>(
      [asset, limit](StoreFile& file) { return file.wipe_records(asset, limit); });
}

Task<Result<std::vector<StoredEvent>>> Store::events(core::EventSeq after, unsigned limit) {
  return read<std::vector<StoredEvent>>(
      [after, limit](StoreFile& file) { return file.events(after, limit); });
}

Task<Result<core::EventSeq>> Store::acknowledged() {
  return read<core::EventSeq>([](StoreFile& file) { return file.acknowledged(); });
}

Task<Result<std::optional<std::string>>> Store::setting(std::string key) {
  return read<std::optional<std::string>>(
      [key = std::move(key)](StoreFile& file) { return file.setting(key); });
}

Task<Result<std::optional<OperationRow>>> Store::operation(std::string id) {
  return read<std::optional<OperationRow>>(
      [id = std::move(id)](StoreFile& file) { return file.operation(id); });
}

Task<Result<std::vector<OperationRow>>> Store::received_operations(unsigned limit, unsigned after_first) {
  return read<std::vector<OperationRow>>(
      [limit, after_first](StoreFile& file) { return file.received_operations(limit, after_first); });
}

Task<Result<ReceivedLoad>> Store::received_load() {
  return read<ReceivedLoad>([](StoreFile& file) { return file.received_load(); });
}

Task<Result<std::vector<pxe::dhcp::LeaseRecord>>> Store::load_leases() {
  return read<std::vector<pxe::dhcp::LeaseRecord>>([](StoreFile& file) { return file.leases(); });
}

Task<Result<>> Store::commit_leases(std::vector<pxe::dhcp::LeaseRecord> leases) {
  return commit_change(
      {.batch = {}, .operations = {}, .leases = std::move(leases), .access = {}, .acknowledge = {}});
}

Task<Result<keys::AccessSnapshot>> Store::load_access() {
  return read<keys::AccessSnapshot>([](StoreFile& file) { return file.access(); });
}

Task<Result<>> Store::commit_access(keys::AccessChange change) {
  return commit_change(
      {.batch = {}, .operations = {}, .leases = {}, .access = std::move(change), .acknowledge = {}});
}

Task<Result<std::vector<keys::AuditRow>>> Store::audit(std::uint64_t before, unsigned limit) {
  return read<std::vector<keys::AuditRow>>(
      [before, limit](StoreFile& file) { return file.audit(before, limit); });
}

Task<Result<std::vector<StoredAsset>>> Store::changed_assets(std::uint64_t after, unsigned limit) {
  return read<std::vector<StoredAsset>>(
      [after, limit](StoreFile& file) { return file.changed_assets(after, limit); });
}

Task<Result<EndedWorkflows>> Store::ended_workflows(core::EventSeq after, unsigned limit) {
  return read<EndedWorkflows>([after, limit](StoreFile& file) { return file.ended_workflows(after, limit); });
}

Task<Result<std::vector<WorkflowRow>>> Store::recent_workflows(unsigned limit) {
  return read<std::vector<WorkflowRow>>([limit](StoreFile& file) { return file.recent_workflows(limit); });
}

}  // namespace colony::daemon::store
