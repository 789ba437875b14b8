#pragma once
// Steps that every recipe shares: power is off, seen off, on, seen on; never cycled or reset in one act.
//
// An act is sent at most once for one intention. When its answer is lost, or we died between the intention
// and the answer, nobody sends it again: the next step looks, and only if nothing happens in good time a new
// intention is made, at most `power_attempts` of them.

#include "drivers/bmc.hpp"
#include "workflows/engine/step_context.hpp"
#include "workflows/recipes/tools.hpp"

namespace colony::workflows {

inline constexpr unsigned power_attempts = 3;

[[nodiscard]] core::Task<StepOutcome> power_off(StepContext& step);
[[nodiscard]] core::Task<StepOutcome> seen_off(StepContext& step);
[[nodiscard]] core::Task<StepOutcome> power_on(StepContext& step);
[[nodiscard]] core::Task<StepOutcome> seen_on(StepContext& step);

/// One-time boot device, read back. What boots is the proof: a BMC that cannot tell is believed until then.
[[nodiscard]] core::Task<StepOutcome> set_boot_device(StepContext& step, drivers::BootDeviceSetting setting);
/// From the order, else from what was seen at the last boot, else EFI.
[[nodiscard]] drivers::BootFirmware likely_firmware(StepContext& step);

[[nodiscard]] core::Result<std::shared_ptr<drivers::Bmc>> bmc_of(StepContext& step);
/// Asks the BMC; what it says goes on the timeline when it is new.
[[nodiscard]] core::Task<core::Result<core::PowerState>> look_at_power(StepContext& step);
/// Wrong credentials end the workflow at once (a BMC locks accounts); silence is tried again.
[[nodiscard]] StepOutcome bmc_trouble(StepContext& step, const core::Error& error);

/// Each pair under its own names, so that a step that sees nothing happen goes back to its own act:
/// power_off and seen_off, switch_off and seen_switched_off at a good end, ..._after_failure at a bad one.
[[nodiscard]] Step power_off_step(const Pacing& pacing, std::string_view name = "power_off");
[[nodiscard]] Step seen_off_step(const Pacing& pacing, std::string_view name = "seen_off");
[[nodiscard]] Step power_on_step(const Pacing& pacing);
[[nodiscard]] Step seen_on_step(const Pacing& pacing);
/// One that only writes down.
[[nodiscard]] Step journal_step(std::string_view name, core::Task<StepOutcome> (*run)(StepContext&));

/// Marks an asset whose BMC does not answer, and clears the mark when a workflow succeeded.
void settle_reachability(const WorkflowRow& row, Ending ending, AssetRow& asset);

}  // namespace colony::workflows
