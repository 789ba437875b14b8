// Power and reboot orders of an operator: the same careful steps as in every recipe.

#include <chrono>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/recipes/power_steps.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

// Order: {"action":"on|off|cycle","device":"pxe|disk|...", "firmware":"efi|legacy"}; device and firmware
// optional.

core::Task<StepOutcome> choose(StepContext& step) {
  if (core::json_text(step.order(), "action") == "on") co_return GoTo{"power_on"};
  co_return Next{};
}

core::Task<StepOutcome> after_off(StepContext& step) {
  if (core::json_text(step.order(), "action") == "off") co_return GoTo{"done"};
  const auto wanted = core::json_text(step.order(), "device");
  for (const auto device : {drivers::BootDevice::pxe, drivers::BootDevice::disk, drivers::BootDevice::cdrom,
                            drivers::BootDevice::bios_setup}) {
    if (wanted == name(device)) {
      co_return co_await set_boot_device(step,
                                         {device, drivers::BootPersistence::once, likely_firmware(step)});
    }
  }
  co_return Next{};
}

core::Task<StepOutcome> done(StepContext&) {
  co_return Next{};
}

void settle(const WorkflowRow& row, const core::Json&, Ending ending, AssetRow& asset) {
  settle_reachability(row, ending, asset);
}

Recipe recipe_of(std::string_view type, const Pacing& pacing) {
  Recipe recipe;
  recipe.type = type;
  const auto at_once = [&pacing](std::string_view name, core::Task<StepOutcome> (*run)(StepContext&)) {
    return Step{.name = name,
                .allowed = pacing.bmc_call * 12,
                .usual = 1s,
                .tries = 6,
                .waits_for = "the BMC",
                .advice = "check that the BMC answers: colony bmc power status --ip ADDRESS",
                .run = run};
  };
  recipe.steps = {at_once("choose", choose), power_off_step(pacing),
                  seen_off_step(pacing),     at_once("after_off", after_off),
                  power_on_step(pacing),     seen_on_step(pacing),
                  at_once("done", done)};
  recipe.settle = settle;
  return recipe;
}

}  // namespace

Recipe power_recipe(const Pacing& pacing) {
  return recipe_of("power", pacing);
}
Recipe reboot_recipe(const Pacing& pacing) {
  return recipe_of("reboot", pacing);
}

}  // namespace colony::workflows
