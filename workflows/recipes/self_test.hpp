#pragma once
// How long a machine's power-on self-test takes: learnt from its boots, per machine. A server with much
// memory needs ten minutes, another one half a minute: to wait longer than needed for a boot that does not
// come, or to switch a machine off in the middle of it, are both wrong.

#include "workflows/engine/step_context.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::workflows {

/// How long after it was switched on this machine may take to its first request.
[[nodiscard]] core::Duration boot_patience(StepContext& step);

/// From seen on to the first request of the boot that `boot` stands for; goes with the step's next
/// transaction.
void learn_self_test(StepContext& step, const IntentPtr& boot);

/// How long the machine should still be left alone: it was switched on and is in its self-test.
[[nodiscard]] core::Duration left_of_self_test(StepContext& step);

}  // namespace colony::workflows
