// Discover the machine behind an enrolled BMC: off, one-time network boot, on; scout looks at it and tells;
// the registry recognises it as this BMC's machine; off again. Accepted, because an operator enrolled its
// BMC.

#include <algorithm>
#include <chrono>

#include "workflows/boot/boot_policy.hpp"
#include "workflows/recipes/power_test.hpp"
#include "workflows/recipes/preconditions.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

// How long a machine that told its inventory may stay unmatched before power is used to find out.
constexpr core::Duration patience_with_strangers = 1min;

core::Task<StepOutcome> await_machine(StepContext& step) {
  const IntentPtr boot = step.newest(boot_act::scout);
  const core::BootTime entered = step.timers().now();
  const core::BootTime patience = entered + patience_with_strangers;
  // Its own inventory comes first, if anything tells that it is this BMC's.
  const bool known = !step.asset()->inventory_json.empty();
  while (!known && !step.cancelled()) {
    const bool told = std::ranges::any_of(step.since(boot), [](const SeenEvidence* fact) {
      return std::holds_alternative<core::ScoutInventory>(fact->row.evidence.fact);
    });
    const BootSigns signs = boot_signs(step, boot);
    if (told || signs.refused || step.timers().now() >= step.deadline()) break;
    const core::BootTime now = step.timers().now();
    const core::BootTime served = std::max(entered, step.tools().serving.since(now));
    if (now >= served + patience_with_strangers && !unmatched_scouts(step).empty())
      co_return Next{};  // to the power test
    if (now >= patience + step.tools().site.pacing.boot) break;
    co_await step.wait(std::min(step.deadline(), step.timers().now() + 15s));
  }
  auto outcome = co_await await_inventory(step);
  if (std::holds_alternative<Next>(outcome)) co_return GoTo{"switch_off"};
  co_return outcome;
}

void begin(const WorkflowRow&, AssetRow& asset) {
  asset.status = AssetStatus::discovering;
}

void settle(const WorkflowRow& row, const core::Json&, Ending ending, AssetRow& asset) {
  const bool known = !asset.inventory_json.empty();
  asset.status = known && asset.accepted ? AssetStatus::available : AssetStatus::discovering;
  settle_reachability(row, ending, asset);
}

}  // namespace

Recipe discover_recipe(const Pacing& pacing) {
  Recipe recipe;
  recipe.type = "discovery";
  Step machine = await_inventory_step(pacing);
  machine.run = await_machine;
  recipe.steps = {
      power_off_step(pacing),
      seen_off_step(pacing),
      arm_scout_step(pacing),
      power_on_step(pacing),
      seen_on_step(pacing),
      machine,
      power_test_step(pacing),
      power_off_step(pacing, "switch_off"),  // scout runs from memory: nothing is lost
      seen_off_step(pacing, "seen_switched_off"),
      release_boot_step(pacing),
  };
  recipe.after_failure = release_boot_after_failure;
  recipe.may_begin = may_discover;
  recipe.begin = begin;
  recipe.settle = settle;
  return recipe;
}

}  // namespace colony::workflows
