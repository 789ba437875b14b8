#pragma once
// Network boot as a closed loop. A boot-device setting counts as done when the boot is seen; a machine that
// is switched on and never asks is tried again with the next rung of the ladder
// (workflows/boot/boot_ladder.hpp). What worked is remembered for every BMC of the same model.

#include "workflows/boot/boot_ladder.hpp"
#include "workflows/recipes/power_steps.hpp"
#include "workflows/recipes/self_test.hpp"

namespace colony::workflows {

/// Tells the BMC the rung in hand. One that it refuses or does not keep is passed over at once.
[[nodiscard]] core::Task<StepOutcome> arm_network_boot(StepContext& step);

/// This boot was seen: remembers the rung and the time of the self-test, takes a persistent setting back.
[[nodiscard]] core::Task<> boot_was_seen(StepContext& step, IntentPtr boot);

/// What the BMC is told now.
[[nodiscard]] BootRung rung_in_hand(StepContext& step);
/// To the next rung; false when there is none.
[[nodiscard]] bool climb(StepContext& step);
/// "one-time EFI, one-time legacy": the rungs so far.
[[nodiscard]] std::string rungs_tried(StepContext& step);
/// Takes a persistent network boot back, if this order left one in the BMC, so that the machine does not
/// depend on it. Best effort, noted.
[[nodiscard]] core::Task<> release_boot_device(StepContext& step);

}  // namespace colony::workflows
