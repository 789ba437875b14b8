#pragma once
// Steps that bring a machine into a program of ours, and the rule for doing it again.

#include "workflows/recipes/network_boot.hpp"

namespace colony::workflows {

inline constexpr unsigned boot_attempts = 3;

/// Makes scout what this machine boots: the intent row that BootPolicy reads, then the one-time PXE device.
[[nodiscard]] core::Task<StepOutcome> arm_scout(StepContext& step);
/// Waits for this boot's inventory. No request at all, or no scout in good time: once more from power off.
[[nodiscard]] core::Task<StepOutcome> await_inventory(StepContext& step);

/// Ends the boot in hand (`act`'s open intent) and starts over at power off; after `boot_attempts`, fails.
[[nodiscard]] core::Task<StepOutcome> boot_again(StepContext& step, std::string_view act,
                                                 core::Error because);
/// A wait for what the machine asks of us, begun at `from`, does not count the time in which the appliance
/// did not serve: the step's time begins anew when it serves again.
[[nodiscard]] core::BootTime served_deadline(StepContext& step, core::BootTime from);
/// Why a wait since `from` was in vain: `because`, unless the appliance did not serve all the time.
[[nodiscard]] core::Error in_vain(StepContext& step, core::BootTime from, core::Error because);

/// Whether this boot has been heard of at all, and why it was refused if it was.
struct BootSigns {
  bool asked = false;    // DHCP
  bool script = false;   // its boot script was fetched
  unsigned scripts = 0;  // how often, holding scripts apart: a loop shows here
  std::optional<core::Error> refused;
};
[[nodiscard]] BootSigns boot_signs(StepContext& step, const IntentPtr& intent);
/// Waits for the next sign of a boot of which these are known, begun at `entered`; what to do when its time
/// is over. `in_vain_because`: why a machine that was heard has come no further.
[[nodiscard]] core::Task<std::optional<StepOutcome>> wait_for_boot(StepContext& step, std::string_view act,
                                                                   core::BootTime entered, BootSigns signs,
                                                                   core::Error in_vain_because);

/// More than three network boots that came no further: another one would not either.
[[nodiscard]] std::optional<core::Error> boot_loop(const BootSigns& signs, std::string_view what);

/// Every recipe that arms a network boot is cleaned up from here on, whatever ended it: a persistent one is
/// taken back. It never fails, so that what stands behind it is done in any case.
inline constexpr std::string_view release_boot_after_failure = "release_boot_after_failure";
[[nodiscard]] Step release_boot_step(const Pacing& pacing);
[[nodiscard]] Step arm_scout_step(const Pacing& pacing);
[[nodiscard]] Step await_inventory_step(const Pacing& pacing);

}  // namespace colony::workflows
