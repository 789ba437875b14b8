#pragma once
// Memory in front of the journal.
//
// stage() is synchronous: it changes `working` at once, in the order of the calls, so that a read and the
// change built on it are one step that nobody comes between. `durable` follows when the journal has answered.
// What goes out to the world (boot decisions, deliveries, views) is read from `durable` only; what is decided
// next is built on `working`. Batches that wait together are written as one (group commit).
//
// A full store (ErrorKind::exhausted) is tried again until there is room: nothing is lost, work in hand
// waits, new orders are refused, the one that found the store full among them. Any other failure ends the
// ledger: every later commit answers with it, the daemon stops.

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "core/async/signal.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "workflows/engine/state.hpp"

namespace colony::workflows {

class Ledger {
 public:
  Ledger(Journal& journal, core::Timers& timers, const core::Log& log);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger() = default;

  /// Reads the journal, once, before anything else; then runs the writer.
  [[nodiscard]] core::Task<core::Result<>> open();
  /// Writes what is staged, then ends the writer.
  [[nodiscard]] core::Task<> close();
  /// Ends without writing what is left: a crash, on purpose or not.
  [[nodiscard]] core::Task<> abandon();

  /// Applied to working() at once; durable when it returns success. The caller's cancellation takes nothing
  /// back.
  [[nodiscard]] core::Task<core::Result<>> commit(Batch batch);
  /// For what nobody was promised yet: when the store turns out to be full, `take_back` completes the batch,
  /// both are written together once there is room, and the answer is store.full now.
  [[nodiscard]] core::Task<core::Result<>> commit_or_take_back(Batch batch, std::function<Batch()> take_back);
  /// The same as commit, without waiting.
  void post(Batch batch);

  [[nodiscard]] const State& working() const { return working_; }
  [[nodiscard]] const State& durable() const { return durable_; }
  [[nodiscard]] core::Epoch epoch() const { return epoch_; }
  [[nodiscard]] Journal& journal() { return journal_; }
  [[nodiscard]] const std::optional<core::Error>& failure() const { return failure_; }
  /// Why nothing is written now, if so.
  [[nodiscard]] std::optional<core::Error> full() const;
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

  /// Notified whenever something became durable, and at a failure.
  [[nodiscard]] core::Signal& changed() { return changed_; }
  /// Called with every batch when it is applied to working, and when it is durable.
  using Observer = std::function<void(const StagedBatch&)>;
  void observe_working(Observer observer) { on_working_.push_back(std::move(observer)); }
  void observe_durable(Observer observer) { on_durable_.push_back(std::move(observer)); }

 private:
  struct Ticket {
    explicit Ticket(core::Timers& timers) : news(timers) {}
    StagedBatch batch;
    bool in_write = false;  // the journal has it in hand: nothing can be added
    bool done = false;
    core::Result<> result;
    core::Wakeup news;  // done, or the store is full
  };
  using TicketPtr = std::shared_ptr<Ticket>;

  TicketPtr stage(Batch batch);
  void apply_to_working(const StagedBatch& batch);
  [[nodiscard]] core::Task<> write();
  [[nodiscard]] core::Task<core::Result<>> write_together(const std::vector<TicketPtr>& tickets);
  void finish(const std::vector<TicketPtr>& tickets, const core::Result<>& result);

  Journal& journal_;
  core::Timers& timers_;
  const core::Log& log_;
  core::TaskGroup tasks_;
  State working_, durable_;
  core::Epoch epoch_;
  std::list<TicketPtr> queue_;
  core::Wakeup queued_;
  core::Signal changed_;
  std::vector<Observer> on_working_, on_durable_;
  std::optional<core::Error> failure_;
  bool stalled_ = false;
  bool closing_ = false;
};

}  // namespace colony::workflows
