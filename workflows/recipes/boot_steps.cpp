#include "workflows/recipes/boot_steps.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "workflows/boot/boot_policy.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr unsigned most_boots = 3;

void end_boot(StepContext& step, std::string_view act, const core::Error& because) {
  if (const IntentPtr boot = step.newest(act)) {
    step.resolve_later(boot->id, IntentState::failed, core::Json{{"code", because.code}});
  }
}

}  // namespace

core::Task<StepOutcome> boot_again(StepContext& step, std::string_view act, core::Error because) {
  end_boot(step, act, because);
  if (step.count_up("attempt") >= boot_attempts) co_return Failed{std::move(because)};
  step.note("boot.again", fmt::format("{}; starting over", because.message));
  co_return GoTo{"power_off"};
}

core::BootTime served_deadline(StepContext& step, core::BootTime from) {
  const core::BootTime since = step.tools().serving.since(step.timers().now());
  return since > from ? since + (step.deadline() - from) : step.deadline();
}

core::Error in_vain(StepContext& step, core::BootTime from, core::Error because) {
  if (step.tools().serving.since(step.timers().now()) <= from) return because;
  return {core::ErrorKind::timed_out, "boot.not_served",
          "the appliance was without its address for a part of this time and answered nobody; since then: " +
              because.message};
}

namespace {

/// When a machine must have asked for the first time.
core::BootTime first_sign_by(StepContext& step, core::BootTime from) {
  const core::BootTime since = std::max(from, step.tools().serving.since(step.timers().now()));
  return std::min(served_deadline(step, from), since + boot_patience(step));
}

/// Starts over with a machine that was never heard since `from`: with the next rung of the ladder, as long as
/// there is one.
core::Task<StepOutcome> boot_otherwise(StepContext& step, std::string_view act, core::BootTime from) {
  const std::string tried = rungs_tried(step);
  core::Error because{
      core::ErrorKind::timed_out, "boot.no_request",
      fmt::format("the machine was switched on and never asked to boot from us, with a network "
                  "boot that was {}: is network boot enabled on this segment?",
                  tried)};
  // What the BMC was told may have been right: the machine asked, and nobody answered.
  if (auto reason = in_vain(step, from, because); reason.code != because.code) {
    co_return co_await boot_again(step, act, std::move(reason));
  }
  end_boot(step, act, because);
  if (!climb(step)) co_return Failed{std::move(because)};
  step.note("boot.again", fmt::format("no boot was seen; starting over with a {} network boot",
                                      describe(rung_in_hand(step))));
  co_return GoTo{"power_off"};
}

}  // namespace

core::Task<std::optional<StepOutcome>> wait_for_boot(StepContext& step, std::string_view act,
                                                     core::BootTime entered, BootSigns signs,
                                                     core::Error in_vain_because) {
  const bool heard = signs.asked || signs.script;
  const core::BootTime end = heard ? served_deadline(step, entered) : first_sign_by(step, entered);
  if (step.timers().now() < end) {
    co_await step.wait(end);
    co_return std::nullopt;
  }
  if (!heard) co_return co_await boot_otherwise(step, act, entered);
  co_return co_await boot_again(step, act, in_vain(step, entered, std::move(in_vain_because)));
}

std::optional<core::Error> boot_loop(const BootSigns& signs, std::string_view what) {
  if (signs.scripts <= most_boots) return std::nullopt;
  return core::Error{core::ErrorKind::timed_out, "boot.loop",
                     fmt::format("the machine booted from the network {} times and never {}: see its console",
                                 signs.scripts, what)};
}

BootSigns boot_signs(StepContext& step, const IntentPtr& intent) {
  BootSigns signs;
  for (const SeenEvidence* fact : step.since(intent)) {
    const core::Fact& seen = fact->row.evidence.fact;
    if (std::holds_alternative<core::DhcpSeen>(seen)) signs.asked = true;
    if (const auto* script = std::get_if<core::ScriptServed>(&seen)) {
      signs.script = true;
      if (script->script != "hold") ++signs.scripts;
    }
    if (const auto* note = std::get_if<core::Note>(&seen);
        note != nullptr && (note->code == "asset.mismatch" || note->code == "asset.conflict" ||
                            note->code == "asset.contradiction" || note->code == "asset.no_identity")) {
      signs.refused = core::Error{core::ErrorKind::conflict, note->code, note->text};
    }
  }
  return signs;
}

core::Task<StepOutcome> release_boot(StepContext& step) {
  co_await release_boot_device(step);
  co_return Next{};
}

core::Task<StepOutcome> arm_scout(StepContext& step) {
  const IntentPtr open = step.newest(boot_act::scout);
  if (!open || open->state != IntentState::intended) {
    const auto intent = co_await step.intend(boot_act::scout, core::Json::object());
    if (!intent) co_return Failed{intent.error()};
  }
  co_return co_await arm_network_boot(step);
}

core::Task<StepOutcome> await_inventory(StepContext& step) {
  const IntentPtr boot = step.newest(boot_act::scout);
  const core::BootTime entered = step.timers().now();
  for (;;) {
    for (const SeenEvidence* fact : step.since(boot)) {
      if (!std::holds_alternative<core::ScoutInventory>(fact->row.evidence.fact)) continue;
      co_await boot_was_seen(step, boot);
      co_return Next{};
    }
    const BootSigns signs = boot_signs(step, boot);
    if (signs.refused) co_return Failed{*signs.refused};
    if (auto loop = boot_loop(signs, "ran scout")) co_return Failed{std::move(*loop)};
    if (step.cancelled()) co_return Next{};
    auto over =
        co_await wait_for_boot(step, boot_act::scout, entered, signs,
                               {core::ErrorKind::timed_out, "boot.no_scout",
                                "the machine asked to boot and scout never reported: see its console"});
    if (over) co_return std::move(*over);
  }
}

Step arm_scout_step(const Pacing& pacing) {
  return {.name = "arm_scout",
          .allowed = pacing.bmc_call * 12,
          .usual = 2s,
          .tries = 6,
          .waits_for = "the BMC to keep the one-time network boot",
          .advice = "colony bmc bootdev --ip ADDRESS shows what the BMC holds",
          .run = arm_scout};
}

Step release_boot_step(const Pacing& pacing) {
  return {.name = release_boot_after_failure,
          .allowed = pacing.bmc_call * 4,
          .usual = 1s,
          .tries = 1,
          .waits_for = "the BMC to take a persistent network boot back",
          .advice = "colony bmc bootdev none --ip ADDRESS takes it back by hand",
          .run = release_boot};
}

Step await_inventory_step(const Pacing& pacing) {
  return {.name = "await_inventory",
          .allowed = pacing.boot + pacing.load,
          .usual = 3min,
          .tries = 2,
          .waits_for = "the machine to boot into scout and send its inventory",
          .advice = "watch its console: it must network-boot on the appliance's segment",
          .run = await_inventory};
}

}  // namespace colony::workflows
