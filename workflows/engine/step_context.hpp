#pragma once
// What a step has in its hands: its asset, its order, the little it remembers, intents, evidence, waits.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/async/task.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "workflows/engine/ledger.hpp"
#include "workflows/engine/recipe.hpp"
#include "workflows/engine/timelines.hpp"

namespace colony::workflows {

struct Tools;  // workflows/recipes/tools.hpp: what recipes need beside the engine

struct EngineParts {
  Ledger& ledger;
  Timelines& timelines;
  core::Timers& timers;
  core::Random& random;
  const core::Log& log;
  Tools* tools = nullptr;
};

class StepContext {
 public:
  struct Entry {
    const Step& step;
    WorkflowPtr row;
    std::unique_ptr<core::Json> data;
    unsigned context_version = 1;
    core::BootTime deadline;
    const bool& cancelled;
  };
  StepContext(EngineParts& parts, Entry entry);
  StepContext(const StepContext&) = delete;
  StepContext& operator=(const StepContext&) = delete;
  ~StepContext();

  [[nodiscard]] Tools& tools() const { return *parts_.tools; }
  [[nodiscard]] core::Timers& timers() const { return parts_.timers; }
  [[nodiscard]] core::Random& random() const { return parts_.random; }
  [[nodiscard]] const core::Log& log() const { return parts_.log; }
  [[nodiscard]] const Step& step() const { return step_; }
  [[nodiscard]] core::AssetId asset_id() const { return asset_; }
  [[nodiscard]] core::WorkflowId workflow_id() const { return workflow_; }
  [[nodiscard]] AssetPtr asset() const { return parts_.ledger.working().asset(asset_); }
  [[nodiscard]] WorkflowPtr workflow() const { return parts_.ledger.working().workflow(workflow_); }
  [[nodiscard]] const core::Json& order() const { return *order_; }
  [[nodiscard]] core::BootTime deadline() const { return deadline_; }
  [[nodiscard]] bool cancelled() const { return cancelled_; }

  /// What the steps remember; journaled with every intent and every transition.
  [[nodiscard]] core::Json& data() { return *data_; }
  /// What it remembers is durable when this returns: for what must be undone even if we die over doing it.
  [[nodiscard]] core::Task<core::Result<>> keep();
  /// Counts a named thing in data(): "attempt".
  unsigned count_up(const char* name);
  [[nodiscard]] unsigned count(const char* name) const;

  /// Applied to the asset in the next transaction of this step.
  void edit_asset(std::function<void(AssetRow&)> edit) { edits_.push_back(std::move(edit)); }
  void add(Write write) { extra_.writes.push_back(std::move(write)); }
  void add(Event event) { extra_.events.push_back(std::move(event)); }
  void note(std::string_view code, std::string text);

  /// The row before the act: durable when this returns. `token_hash` as IntentRow says.
  [[nodiscard]] core::Task<core::Result<IntentPtr>> intend(std::string_view act, const core::Json& detail);
  /// The same with an id that was drawn before, for an intent whose token is derived from its id.
  [[nodiscard]] core::Task<core::Result<IntentPtr>> intend(core::IntentId id, std::string_view act,
                                                           const core::Json& detail,
                                                           core::Sha256Digest token_hash);
  /// The row after it.
  [[nodiscard]] core::Task<core::Result<>> resolve(const core::IntentId& intent, IntentState state,
                                                   const core::Json& result);
  /// The same as part of the next transaction.
  void resolve_later(const core::IntentId& intent, IntentState state, const core::Json& result);
  /// The newest intent of this act in this workflow; null when there is none.
  [[nodiscard]] IntentPtr newest(std::string_view act) const;
  [[nodiscard]] core::IntentId draw_intent_id();

  /// The facts from an intent row on (from the start of what is kept, when there is none), oldest first.
  using Facts = std::vector<const SeenEvidence*>;
  [[nodiscard]] Facts since(const IntentPtr& intent) const;
  /// True as soon as `wanted` holds for one of them; false at the deadline or when cancelled.
  [[nodiscard]] core::Task<bool> wait_for(IntentPtr intent, std::function<bool(const core::Evidence&)> wanted,
                                          core::BootTime deadline);
  /// Until something happens to this asset, or `deadline`, or cancellation.
  [[nodiscard]] core::Task<> wait(core::BootTime deadline);
  /// A pause that only cancellation shortens.
  [[nodiscard]] core::Task<> pause(core::Duration span);

  /// What was staged, with `row` (its context filled in) and the asset as edited. Used by the engine for
  /// transitions, and here for intents.
  [[nodiscard]] Batch take_batch(WorkflowRow row, const std::function<void(AssetRow&)>& last_edit);

 private:
  EngineParts& parts_;
  const Step& step_;
  core::WorkflowId workflow_;
  core::AssetId asset_;
  std::unique_ptr<core::Json> data_;  // held apart: nlohmann is heavy
  std::unique_ptr<core::Json> order_;
  unsigned context_version_;
  core::BootTime deadline_;
  const bool& cancelled_;
  std::vector<std::function<void(AssetRow&)>> edits_;
  Batch extra_;
};

}  // namespace colony::workflows
