#pragma once
// One function per workflow: each reads like the runbook an operator would write.

#include "workflows/engine/recipe.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

[[nodiscard]] Recipe discover_recipe(const Pacing& pacing);    // "discovery"
[[nodiscard]] Recipe provision_recipe(const Pacing& pacing);   // "cluster-provision"
[[nodiscard]] Recipe wipe_recipe(const Pacing& pacing);        // "disk-wipe"
[[nodiscard]] Recipe power_recipe(const Pacing& pacing);       // "power"
[[nodiscard]] Recipe reboot_recipe(const Pacing& pacing);      // "reboot"
[[nodiscard]] Recipe bmc_rotate_recipe(const Pacing& pacing);  // "bmc-rotate"

}  // namespace colony::workflows
