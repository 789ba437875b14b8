#pragma once
// Runs recipes. Every asset has a lane: one workflow at a time, the others wait in their order. Every
// transition is one transaction with its event. After a start the current step of every running workflow is
// entered again. docs/adr/0003-engine.md says why it is built this way.

#include <deque>
#include <map>
#include <set>

#include "core/async/task_group.hpp"
#include "workflows/engine/step_context.hpp"

namespace colony::workflows {

class Engine {
 public:
  static constexpr std::size_t max_queued_per_asset = 8;
  /// A step entered again after a crash has at least this long to look at the world.
  static constexpr core::Duration least_time = std::chrono::seconds(30);

  Engine(EngineParts parts, std::vector<Recipe> recipes);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() = default;

  /// Re-enters all unfinished workflows of the opened ledger. After a change of epoch (a restored backup,
  /// another machine) none is entered: the machines may have moved on since, so the workflows are given up
  /// and what was running is indeterminate.
  [[nodiscard]] core::Task<core::Result<>> resume();
  /// Cancels and joins every running step; the journal knows where they were.
  [[nodiscard]] core::Task<> stop();

  /// Stages a new pending workflow with `together` and starts it when its turn comes. Errors:
  /// asset.queue_full.
  struct NewWorkflow {
    core::AssetId asset;
    std::string type;
    std::string order_json;
    std::string operation_id;
    Batch together;
    core::Secret secret{};  // kept sealed under "workflow:ID" until the workflow ends
  };
  [[nodiscard]] core::Task<core::Result<WorkflowPtr>> submit(NewWorkflow order);
  /// See Orders::cancel.
  [[nodiscard]] core::Task<core::Result<>> cancel(core::WorkflowId id);

  [[nodiscard]] const Recipe* recipe(const WorkflowRow& row) const;
  [[nodiscard]] const Recipe* newest_recipe(std::string_view type) const;
  /// Why a workflow is not run by this program; null when it is.
  [[nodiscard]] const core::Error* held(const core::WorkflowId& id) const;
  /// Orders of this asset that have not ended, the one in hand included.
  [[nodiscard]] unsigned waiting(const core::AssetId& asset) const;
  /// The same without the one in hand.
  [[nodiscard]] unsigned queued(const core::AssetId& asset) const;
  /// When the current step's time is over.
  [[nodiscard]] std::optional<core::BootTime> deadline(const core::WorkflowId& id) const;

 private:
  struct Lane {
    std::deque<core::WorkflowId> queue;
    std::optional<core::WorkflowId> current;
    bool cancelled = false;
    core::BootTime deadline;
    bool driving = false;
  };
  void enqueue(const core::AssetId& asset, const core::WorkflowId& id);
  [[nodiscard]] core::Task<> drive(core::AssetId asset);
  /// False when the workflow is held or the ledger has failed.
  [[nodiscard]] core::Task<bool> run(core::WorkflowId id);
  [[nodiscard]] core::Task<core::Result<>> begin(WorkflowRow row, const Recipe& recipe);
  [[nodiscard]] core::Task<core::Result<>> turn_away(WorkflowRow row, core::Error reason);
  [[nodiscard]] Batch turned_away(WorkflowRow row, core::Error reason);
  [[nodiscard]] core::Task<core::Result<>> enter(WorkflowPtr row, const Recipe& recipe, bool again);
  [[nodiscard]] core::Task<core::Result<>> leave(StepContext& context, const Recipe& recipe,
                                                 StepOutcome outcome);
  [[nodiscard]] core::Task<core::Result<>> move_to(StepContext& context, const Recipe& recipe,
                                                   const Step& step, const core::Error* failure);
  [[nodiscard]] core::Task<core::Result<>> finish(StepContext& context, const Recipe& recipe,
                                                  const core::Error* failure);
  [[nodiscard]] core::Task<core::Result<>> drop(WorkflowRow row);
  void hold(const WorkflowRow& row, core::Error reason);
  void give_up(Batch& batch, WorkflowRow row, const core::Error& why) const;
  [[nodiscard]] core::Task<core::Result<>> enter_epoch();
  Lane& lane(const core::AssetId& asset) { return lanes_[asset]; }

  EngineParts parts_;
  std::vector<Recipe> recipes_;
  core::TaskGroup tasks_;
  std::map<core::AssetId, Lane> lanes_;
  std::map<core::WorkflowId, core::Error> held_;
};

}  // namespace colony::workflows
