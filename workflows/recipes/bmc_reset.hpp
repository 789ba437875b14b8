#pragma once
// Restarting a BMC, as the last thing that is tried (ADR 0004): by policy only, at most once in a workflow
// and once an hour for each BMC. An act like any other: an intent row before it, its result after it, and it
// is sent once.

#include "workflows/engine/step_context.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::workflows {

/// Is it allowed, in this workflow, now?
[[nodiscard]] bool may_reset_bmc(StepContext& step);

/// Restarts the BMC and waits until it answers again. Next also when this workflow did it before. Failed:
/// bmc.reset_refused, bmc.reset_lost.
[[nodiscard]] core::Task<StepOutcome> reset_bmc(StepContext& step);

}  // namespace colony::workflows
