// Discover the machine behind an enrolled BMC: off, one-time network boot, on; scout looks at it and tells;
// the registry recognises it as this BMC's machine; off again. Accepted, because an operator enrolled its
// BMC.

#include <chrono>

#include "workflows/recipes/boot_steps.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

core::Task<StepOutcome> switch_off(StepContext& step) {
  return power_off(step);  // scout runs from memory: nothing is lost
}

core::Task<StepOutcome> seen_switched_off(StepContext& step) {
  auto outcome = co_await seen_off(step);
  // The shared step goes back to "power_off"; here that would boot the machine once more.
  if (std::holds_alternative<GoTo>(outcome)) co_return GoTo{"switch_off"};
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
  Step off = power_off_step(pacing, "switch_off");
  off.run = switch_off;
  Step seen = seen_off_step(pacing, "seen_switched_off");
  seen.run = seen_switched_off;
  recipe.steps = {
      power_off_step(pacing),
      seen_off_step(pacing),
      arm_scout_step(pacing),
      power_on_step(pacing),
      seen_on_step(pacing),
      await_inventory_step(pacing),
      off,
      seen,
  };
  recipe.begin = begin;
  recipe.settle = settle;
  return recipe;
}

}  // namespace colony::workflows
