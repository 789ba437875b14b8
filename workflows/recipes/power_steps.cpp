#include "workflows/recipes/power_steps.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/recipes/self_test.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;
using core::PowerState;
using drivers::PowerAction;

namespace {

constexpr core::Duration longest_bmc_pause = 1min;

core::BootTime call_deadline(StepContext& step) {
  return step.timers().now() + step.tools().site.pacing.bmc_call;
}

bool may_have_happened(const core::Error& error) {
  return error.kind == core::ErrorKind::timed_out || error.kind == core::ErrorKind::unreachable ||
         error.kind == core::ErrorKind::cancelled;
}

/// The act itself: look, intend, send once.
core::Task<StepOutcome> change_power(StepContext& step, PowerAction action, PowerState wanted) {
  const std::string act = action == PowerAction::off ? "power_off" : "power_on";
  const auto seen = co_await look_at_power(step);
  if (!seen) co_return bmc_trouble(step, seen.error());
  if (const IntentPtr open = step.newest(act); open && open->state == IntentState::intended) {
    // We died after the intention: whether it was sent is unknown. The next step looks at what becomes of it.
    step.resolve_later(open->id, *seen == wanted ? IntentState::done : IntentState::indeterminate,
                       core::Json{{"seen", name(*seen)}});
    co_return Next{};
  }
  if (*seen == wanted) co_return Next{};
  const auto bmc = bmc_of(step);
  if (!bmc) co_return Failed{bmc.error()};
  const auto intent = co_await step.intend(act, core::Json::object());
  if (!intent) co_return Failed{intent.error()};
  const auto sent = co_await (*bmc)->power(action, call_deadline(step));
  if (sent) {
    step.resolve_later((*intent)->id, IntentState::done, core::Json{{"accepted", true}});
    co_return Next{};
  }
  step.log().warn("bmc.power_unclear", "A power command was not confirmed.",
                  {{"asset", step.asset_id()},
                   {"act", act},
                   {"code", sent.error().code},
                   {"reason", sent.error().message}});
  const core::Json result{{"code", sent.error().code}};
  if (may_have_happened(sent.error())) {
    step.resolve_later((*intent)->id, IntentState::indeterminate, result);
    co_return Next{};
  }
  step.resolve_later((*intent)->id, IntentState::failed, result);
  co_return bmc_trouble(step, sent.error());
}

/// The step that acts, of each step that watches what becomes of it.
std::string_view act_step_of(std::string_view watching) {
  constexpr std::pair<std::string_view, std::string_view> steps[] = {
      {"seen_on", "power_on"},
      {"seen_off", "power_off"},
      {"seen_switched_off", "switch_off"},
      {"seen_off_after_failure", "power_off_after_failure"}};
  const auto* const found =
      std::ranges::find(steps, watching, &std::pair<std::string_view, std::string_view>::first);
  assert(found != std::end(steps));
  return found->second;
}

/// Looks until the power is as wanted for `steady`; when nothing happens, back to the act for a new
/// intention.
core::Task<StepOutcome> watch_power(StepContext& step, PowerState wanted, core::Duration steady,
                                    const char* counter) {
  const Pacing& pacing = step.tools().site.pacing;
  const core::BootTime patience = std::min(step.deadline(), step.timers().now() + pacing.power_change);
  std::optional<core::BootTime> since;
  core::Error trouble;
  while (!step.cancelled()) {
    const auto seen = co_await look_at_power(step);
    const core::BootTime now = step.timers().now();
    if (!seen) {
      if (seen.error().kind == core::ErrorKind::unauthorized) co_return bmc_trouble(step, seen.error());
      trouble = seen.error();
      since.reset();
    } else if (*seen != wanted) {
      trouble = {};
      since.reset();
    } else {
      trouble = {};
      if (!since) since = now;
      if (now - *since >= steady) {
        step.data().erase(counter);
        co_return Next{};
      }
    }
    if (now >= patience && !since) break;
    co_await step.pause(since ? std::min(pacing.power_poll, std::max<core::Duration>(steady, 100ms))
                              : pacing.power_poll);
  }
  if (!trouble.code.empty()) co_return bmc_trouble(step, trouble);
  if (step.count_up(counter) >= power_attempts) {
    co_return Failed{
        {core::ErrorKind::timed_out, "bmc.power_ignored",
         fmt::format("the BMC accepted power {} {} times, and the machine stayed {}", name(wanted),
                     power_attempts, name(wanted == PowerState::on ? PowerState::off : PowerState::on))}};
  }
  co_return GoTo{act_step_of(step.step().name)};
}

}  // namespace

core::Result<std::shared_ptr<drivers::Bmc>> bmc_of(StepContext& step) {
  const AssetPtr asset = step.asset();
  const auto& bmc = asset->bmc;
  if (!bmc) {
    return core::fail(core::ErrorKind::refused, "asset.no_bmc",
                      "the asset has no BMC; enrol it with add-ipmi");
  }
  return step.tools().bmcs.at(*bmc);
}

core::Task<core::Result<PowerState>> look_at_power(StepContext& step) {
  const auto bmc = bmc_of(step);
  if (!bmc) co_return std::unexpected(bmc.error());
  const auto state = co_await (*bmc)->power_state(call_deadline(step));
  if (!state) co_return std::unexpected(state.error());
  if (step.tools().timelines.last_power(step.asset_id()) != *state) {
    core::Evidence evidence;
    evidence.asset = step.asset_id();
    evidence.at = step.timers().utc_now();
    evidence.source = "bmc";
    evidence.fact = core::PowerObserved{*state};
    step.tools().timelines.emit(std::move(evidence));
  }
  co_return *state;
}

StepOutcome bmc_trouble(StepContext& step, const core::Error& error) {
  switch (error.kind) {
    case core::ErrorKind::unauthorized:
      return Failed{
          {error.kind, "bmc.credentials",
           "the BMC refuses our credentials; enrol it again with the right ones. " + error.message}};
    case core::ErrorKind::unsupported:
    case core::ErrorKind::invalid_input: return Failed{error};
    case core::ErrorKind::timed_out:
    case core::ErrorKind::unreachable: {
      const unsigned doublings = std::min(step.workflow()->tries, 4U);
      core::Duration pause = std::min<core::Duration>(5s * (1U << doublings), longest_bmc_pause);
      // Left alone: the next try should be the probe, not another one that fails at once.
      const AssetPtr asset = step.asset();
      const auto& bmc = asset->bmc;
      const auto standing = bmc ? step.tools().bmcs.standing(*bmc) : std::nullopt;
      if (standing && standing->quiet) {
        pause = std::clamp<core::Duration>(standing->quiet->until - step.timers().utc_now() + 1s, pause,
                                           longest_bmc_pause * 2);
      }
      return Again{pause, {error.kind, "bmc.unreachable", "the BMC does not answer: " + error.message}};
    }
    default: break;
  }
  if (error.code.starts_with("asset.") || error.code.starts_with("store.")) return Failed{error};
  return Again{5s, error};
}

core::Task<StepOutcome> power_off(StepContext& step) {
  // An operator who says off means now; our own restarts leave a self-test in peace.
  if (step.workflow()->type != "power") {
    if (const auto rest = left_of_self_test(step); rest > core::Duration{0}) co_await step.pause(rest);
    if (step.cancelled()) co_return Next{};
  }
  co_return co_await change_power(step, PowerAction::off, PowerState::off);
}
core::Task<StepOutcome> power_on(StepContext& step) {
  return change_power(step, PowerAction::on, PowerState::on);
}
core::Task<StepOutcome> seen_off(StepContext& step) {
  return watch_power(step, PowerState::off, step.tools().site.pacing.off_confirmed, "off_attempts");
}
core::Task<StepOutcome> seen_on(StepContext& step) {
  return watch_power(step, PowerState::on, core::Duration{0}, "on_attempts");
}

drivers::BootFirmware likely_firmware(StepContext& step) {
  const auto ordered = core::json_text(step.order(), "firmware");
  if (ordered) return *ordered == "legacy" ? drivers::BootFirmware::legacy : drivers::BootFirmware::efi;
  const KnownAsset* const asset = step.tools().registry.known(step.asset_id());
  if (asset != nullptr && asset->inventory) {
    return asset->inventory->boot_firmware == "bios" ? drivers::BootFirmware::legacy
                                                     : drivers::BootFirmware::efi;
  }
  return drivers::BootFirmware::efi;
}

core::Task<StepOutcome> set_boot_device(StepContext& step, drivers::BootDeviceSetting setting) {
  const auto bmc = bmc_of(step);
  if (!bmc) co_return Failed{bmc.error()};
  const auto set = co_await (*bmc)->set_boot_device(setting, call_deadline(step));
  if (!set) co_return bmc_trouble(step, set.error());
  const auto read = co_await (*bmc)->boot_device(call_deadline(step));
  // The driver has compared the selector already. "none" here is a BMC that keeps the device and drops the
  // valid bit (OpenIPMI's ipmi_sim does): no evidence for it, none against it. What counts is the boot that
  // is seen.
  const bool told = read && read->device != drivers::BootDevice::none;
  if (told && read->device != setting.device) {
    co_return Again{5s,
                    {core::ErrorKind::refused, "bmc.boot_device_not_kept",
                     fmt::format("boot device {} was set, but {} is read back", name(setting.device),
                                 name(read->device))}};
  }
  step.add(step.tools().timelines.row(step.asset_id(), "bmc",
                                      core::BootDeviceSet{std::string(name(setting.device)), told}));
  co_return Next{};
}

Step power_off_step(const Pacing& pacing, std::string_view step_name) {
  return {.name = step_name,
          .allowed = pacing.bmc_call * 12,
          .usual = 2s,
          .tries = 8,
          .waits_for = "the BMC to take the order to switch off",
          .advice = "check that the BMC answers: colony bmc power status --ip ADDRESS",
          .run = power_off};
}
Step seen_off_step(const Pacing& pacing, std::string_view step_name) {
  return {.name = step_name,
          .allowed = pacing.power_change + pacing.bmc_call * 4,
          .usual = pacing.off_confirmed + 3s,
          .tries = 8,
          .waits_for = "the machine to be seen switched off",
          .advice = "look at the machine: a BMC may say on while it is off, or ignore the order",
          .run = seen_off};
}
Step power_on_step(const Pacing& pacing) {
  return {.name = "power_on",
          .allowed = pacing.bmc_call * 12,
          .usual = 2s,
          .tries = 8,
          .waits_for = "the BMC to take the order to switch on",
          .advice = "check that the BMC answers: colony bmc power status --ip ADDRESS",
          .run = power_on};
}
Step seen_on_step(const Pacing& pacing) {
  return {.name = "seen_on",
          .allowed = pacing.power_change + pacing.bmc_call * 4,
          .usual = 5s,
          .tries = 8,
          .waits_for = "the machine to be seen switched on",
          .advice = "check the power supply: the BMC took the order and the machine stays off",
          .run = seen_on};
}

Step journal_step(std::string_view step_name, core::Task<StepOutcome> (*run)(StepContext&)) {
  return {.name = step_name,
          .allowed = 1min,
          .usual = 1s,
          .tries = 2,
          .waits_for = "the journal",
          .advice = "see colony status",
          .run = run};
}

void settle_reachability(const WorkflowRow& row, Ending ending, AssetRow& asset) {
  if (ending == Ending::failed &&
      (row.error_code == "bmc.unreachable" || row.error_code == "bmc.credentials")) {
    if (asset.condition == AssetCondition::normal) {
      asset.condition = AssetCondition::unreachable;
      asset.condition_reason = row.error_message;
    }
  } else if (asset.condition == AssetCondition::unreachable && ending == Ending::completed) {
    asset.condition = AssetCondition::normal;
    asset.condition_reason.clear();
  }
}

}  // namespace colony::workflows
