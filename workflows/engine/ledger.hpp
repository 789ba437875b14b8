#pragma once
// Memory in front of the journal.
//
// stage() is synchronous: it changes `working` at once, in the order of the calls, so that a read and the
// change built on it are one step that nobody comes between. `durable` follows when the journal has answered.
// What goes out to the world (boot decisions, deliveries, views) is read from `durable` only; what is decided
// next is built on `working`. Batches that wait together are written as one (group commit).
//
// A full store (ErrorKind::exhausted) is tried again until there is room: nothing is lost, everybody waits,
// new orders are refused. Any other failure ends the ledger: every later commit answers with it, the daemon
// stops.

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
  /// The same without waiting.
  void post(Batch batch);

  [[nodiscard]] const State& working() const { return working_; }
  [[nodiscard]] const State& durable() const { return durable_; }
  [[nodiscard]] core::Epoch epoch() const { return epoch_; }
  [[nodiscard]] Journal& journal() { return journal_; }
  [[nodiscard]] const std::optional<core::Error>& failure() const { return failure_; }
  [[nodiscard]] bool stalled() const { return stalled_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

  /// Notified whenever something became durable, and at a failure.
  [[nodiscard]] core::Signal& changed() { return changed_; }
  /// Called with every batch when it is applied to working, and when it is durable.
  using Observer = std::function<void(const StagedBatch&)>;
  void observe_working(Observer observer) { on_working_.push_back(std::move(observer)); }
  void observe_durable(Observer observer) { on_durable_.push_back(std::move(observer)); }

 private:
  struct Ticket {
    explicit Ticket(core::Timers& timers) : finished(timers) {}
    StagedBatch batch;
    bool done = false;
    core::Result<> result;
    core::Wakeup finished;
  };
  using TicketPtr = std::shared_ptr<Ticket>;

  TicketPtr stage(Batch batch);
  [[nodiscard]] core::Task<> write();
  [[nodiscard]] core::Task<core::Result<>> write_one(const StagedBatch& merged);
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
