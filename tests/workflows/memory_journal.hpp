#pragma once
// A journal whose stable storage outlives it: a crash is a new MemoryJournal on the same Disk. It can die at
// the k-th commit, just before or just after the rows are on the disk, and it can fail or be full.

#include <map>
#include <set>

#include "core/async/timers.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

/// What a power cut leaves.
struct Disk {
  core::Epoch epoch{1};
  std::map<core::AssetId, AssetRow> assets;
  std::map<core::WorkflowId, WorkflowRow> workflows;
  std::map<core::IntentId, IntentRow> intents;
  std::map<core::Sha256Digest, RedeemToken> redeemed;
  std::vector<TimelineRow> timeline;
  std::vector<WipeRecordRow> wipe_records;
  std::map<std::string, std::string> settings;
  std::map<std::string, core::Secret> secrets;
  std::vector<StoredEvent> events;
  unsigned commits = 0;
};

struct Crash {
  enum class When : std::uint8_t { before, after };
  unsigned at_commit = 0;  // from 1; 0 = never
  When when = When::before;
};

class MemoryJournal final : public Journal {
 public:
  MemoryJournal(Disk& disk, core::Timers& timers, Crash crash = {})
      : disk_(disk), timers_(timers), changed_(timers), crash_(crash) {}

  core::Task<core::Result<>> commit(Batch batch) override;
  core::Task<core::Result<Snapshot>> load() override;
  core::Task<core::Result<std::optional<WorkflowRow>>> workflow(core::WorkflowId id) override;
  core::Task<core::Result<std::optional<WorkflowRow>>> workflow_of_operation(
      std::string operation_id) override;
  core::Task<core::Result<std::vector<WorkflowRow>>> workflows(std::optional<core::AssetId> asset,
                                                               unsigned limit) override;
  core::Task<core::Result<std::vector<TimelineRow>>> timeline(core::AssetId asset, unsigned limit) override;
  core::Task<core::Result<std::vector<IntentRow>>> intents(core::WorkflowId workflow) override;
  core::Task<core::Result<std::vector<WipeRecordRow>>> wipe_records(std::optional<core::AssetId> asset,
                                                                    unsigned limit) override;
  core::Task<core::Result<std::vector<StoredEvent>>> events(core::EventSeq after, unsigned limit) override;

  core::EventSeq last_event() const override { return {disk_.events.size()}; }
  core::Signal& changed() override { return changed_; }

  [[nodiscard]] bool dead() const { return dead_; }
  void fail_from_now(core::Error error) { failing_ = std::move(error); }
  void work_again() { failing_.reset(); }

 private:
  core::Result<> apply(Batch batch);

  Disk& disk_;
  core::Timers& timers_;
  core::Signal changed_;
  Crash crash_;
  bool dead_ = false;
  std::optional<core::Error> failing_;
};

}  // namespace colony::workflows
