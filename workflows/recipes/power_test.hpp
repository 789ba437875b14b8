#pragma once
// The last way to find the machine behind a BMC: switch it off and see which of the unmatched scouts falls
// silent, switch it on and see the same one come back. Never timing alone: exactly one must react, to both
// acts.

#include "workflows/recipes/boot_steps.hpp"

namespace colony::workflows {

/// Scouts that talk to us and whose BMC nobody knows.
[[nodiscard]] std::vector<core::MacAddress> unmatched_scouts(StepContext& step);

[[nodiscard]] core::Task<StepOutcome> power_test(StepContext& step);
[[nodiscard]] Step power_test_step(const Pacing& pacing);

}  // namespace colony::workflows
