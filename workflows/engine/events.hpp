#pragma once
// What the outbox says: docs/wire/events.md.

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/engine/journal.hpp"
#include "workflows/engine/recipe.hpp"

namespace colony::workflows {

/// "workflow.step" for a transition, "workflow.finished" for the last one. `recipe` may be unknown.
[[nodiscard]] Event workflow_event(const WorkflowRow& row, const Recipe* recipe);
/// "asset.updated".
[[nodiscard]] Event asset_event(const AssetRow& row);

/// The note that stands for an intent row on the timeline.
[[nodiscard]] core::Note intent_note(const IntentRow& intent);

/// A step's context as journaled: {"v":1,"data":{...}}.
struct StepData {
  unsigned version = 1;
  core::Json data;
};
[[nodiscard]] std::string to_text(const StepData& context);
[[nodiscard]] core::Result<StepData> step_data_from_text(std::string_view text);

}  // namespace colony::workflows
