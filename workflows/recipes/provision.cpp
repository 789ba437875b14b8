// Provision a Talos node: off, one-time network boot, on; it loads kernel and initramfs, fetches its machine
// config by the attempt's token, installs, and boots from its disk.
//
// Boot from disk counts as seen when
//   - the node told so (TalosStage "booted-from-disk", "running" or "ready"), or
//   - it asked to boot, was sent to its local disk, and then an operating system came up and asked for an
//     address, or it did not come back to us within `disk_boot_settle`, or
//   - without asking to boot (the one-time boot device is used up, so a node that restarts may go straight to
//     its disk) an operating system came up later after the delivery than this machine takes to get through
//     its self-test, or it did not ask to boot for `quiet_after_install`, and its power is on. The installer
//     could look the same, so this is weaker than the others, and a note on the timeline says so.
// A node that comes back after every way to its disk (workflows/boot/handover) has no bootable disk: the
// attempt fails. How often it was sent there says nothing: each network entry before the disk in its boot
// order asks once.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/boot/boot_policy.hpp"
#include "workflows/boot/handover.hpp"
#include "workflows/config/config_delivery.hpp"
#include "workflows/recipes/boot_steps.hpp"
#include "workflows/recipes/preconditions.hpp"
#include "workflows/recipes/recipes.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

std::string token_id(const IntentRow& intent) {
  return intent.token_hash.to_string().substr(0, 12);
}

core::Task<StepOutcome> arm_talos(StepContext& step) {
  const IntentPtr open = step.newest(boot_act::talos);
  if (!open || open->state != IntentState::intended) {
    // A new attempt is a new intention with a new token. From here on the disk may be written.
    const core::IntentId id = step.draw_intent_id();
    core::Json detail = core::Json::object();
    if (const core::Json* const more = core::json_member(step.order(), "arguments"))
      detail["arguments"] = *more;
    step.edit_asset([](AssetRow& asset) { asset.wiped_by_us = false; });
    const auto hash = core::sha256(step.tools().tokens.of_intent("config", id));
    const auto intent = co_await step.intend(id, boot_act::talos, detail, hash);
    if (!intent) co_return Failed{intent.error()};
  }
  co_return co_await arm_network_boot(step);
}

enum class Delivery : std::uint8_t {
  none,
  unknown,  // an earlier run of ours began it and did not live to see its end: the node may have it whole
  complete
};

Delivery delivery(StepContext& step, const IntentPtr& boot) {
  const std::string token = token_id(*boot);
  Delivery state = Delivery::none;
  for (const SeenEvidence* fact : step.since(boot)) {
    const core::Fact& what = fact->row.evidence.fact;
    if (const auto* note = std::get_if<core::Note>(&what); note != nullptr && note->code == config_truncated)
      state = Delivery::none;
    const auto* fetched = std::get_if<core::ConfigFetched>(&what);
    if (fetched == nullptr || fetched->token_id != token) continue;
    if (fetched->complete) return Delivery::complete;
    state = fact->seen_at == core::BootTime::min() ? Delivery::unknown : Delivery::none;
  }
  return state;
}

core::Task<StepOutcome> load(StepContext& step) {
  const IntentPtr boot = step.newest(boot_act::talos);
  const core::BootTime entered = step.timers().now();
  for (;;) {
    // The config says more than the kernel: who fetched it has loaded it.
    bool loaded = delivery(step, boot) != Delivery::none;
    for (const SeenEvidence* fact : step.since(boot)) {
      const auto* artifact = std::get_if<core::ArtifactServed>(&fact->row.evidence.fact);
      loaded = loaded || (artifact != nullptr && artifact->complete);
    }
    if (loaded) co_await boot_was_seen(step, boot);
    if (loaded || step.cancelled()) co_return Next{};
    const BootSigns signs = boot_signs(step, boot);
    if (auto loop = boot_loop(signs, "loaded its kernel")) co_return Failed{std::move(*loop)};
    auto over =
        co_await wait_for_boot(step, boot_act::talos, entered, signs,
                               {core::ErrorKind::timed_out, "boot.no_kernel",
                                "the machine asked to boot and never loaded its kernel: see its console"});
    if (over) co_return std::move(*over);
  }
}

core::Task<StepOutcome> await_config(StepContext& step) {
  const IntentPtr boot = step.newest(boot_act::talos);
  const core::BootTime entered = step.timers().now();
  while (!step.cancelled() && step.timers().now() < served_deadline(step, entered)) {
    const Delivery state = delivery(step, boot);
    if (state == Delivery::unknown) {
      // A node that has it never asks again, and would wait in vain for an order to boot; one that has not
      // may still fetch it while we wait for its boot from disk.
      step.note("provision.delivery_unknown",
                "colonyd ended while the node fetched its config: it fetches again, or boots from its disk");
    }
    if (state != Delivery::none) co_return Next{};
    co_await step.wait(served_deadline(step, entered));
  }
  if (step.cancelled()) co_return Next{};
  co_return co_await boot_again(
      step, boot_act::talos,
      in_vain(step, entered,
              {core::ErrorKind::timed_out, "provision.config_not_fetched",
               "the node booted and never fetched its whole machine config: does it reach the appliance, "
               "and is the kernel that of a Talos node?"}));
}

core::Task<StepOutcome> hand_over(StepContext& step) {
  if (const IntentPtr boot = step.newest(boot_act::talos)) {
    step.resolve_later(boot->id, IntentState::done, core::Json::object());
  }
  const IntentPtr open = step.newest(boot_act::local);
  if (!open || open->state != IntentState::intended) {
    const auto intent = co_await step.intend(boot_act::local, core::Json::object());
    if (!intent) co_return Failed{intent.error()};
  }
  co_return Next{};
}

/// From the order to boot (arming the BMC included) to this machine's first request: what a restart takes at
/// most.
std::optional<core::Duration> start_time(StepContext& step) {
  const IntentPtr boot = step.newest(boot_act::talos);
  if (!boot) return std::nullopt;
  for (const SeenEvidence* fact : step.since(boot)) {
    if (std::holds_alternative<core::DhcpSeen>(fact->row.evidence.fact)) {
      const core::Duration took = fact->row.evidence.at - boot->intended_at;
      // A wall clock that was set back tells nothing.
      return took > core::Duration{0} ? std::optional(took) : std::nullopt;
    }
  }
  return std::nullopt;
}

struct DiskBoot {
  bool told = false;
  unsigned sent_to_disk = 0;
  bool came_up = false;        // an operating system, after the machine was last sent to its disk
  bool came_up_alone = false;  // without having asked us, and too late for the installer's own start
  bool nothing_left = false;   // it came back after each way to its disk
  unsigned asked = 0;          // signs of a network boot or of a node that has no config yet
};

DiskBoot disk_boot(StepContext& step, const IntentPtr& local) {
  DiskBoot seen;
  const auto restart = start_time(step);
  for (const SeenEvidence* fact : step.since(local)) {
    const core::Fact& what = fact->row.evidence.fact;
    if (std::holds_alternative<core::SystemAsked>(what)) {
      seen.came_up = seen.sent_to_disk > 0;
      seen.came_up_alone = seen.came_up_alone || (seen.sent_to_disk == 0 && restart &&
                                                  fact->row.evidence.at - local->intended_at >= *restart);
    }
    if (std::holds_alternative<core::DhcpSeen>(what)) seen.came_up_alone = false;
    if (const auto* note = std::get_if<core::Note>(&what); note != nullptr && note->code == handover_none)
      seen.nothing_left = true;
    if (const auto* talos = std::get_if<core::TalosStage>(&what)) {
      seen.told = seen.told || talos->stage == "booted-from-disk" || talos->stage == "running" ||
                  talos->stage == "ready";
    }
    if (std::holds_alternative<core::DhcpSeen>(what) || std::holds_alternative<core::NbpSent>(what) ||
        std::holds_alternative<core::ScriptServed>(what) ||
        std::holds_alternative<core::ConfigFetched>(what)) {
      ++seen.asked;
    }
    if (const auto* script = std::get_if<core::ScriptServed>(&what);
        script != nullptr && script->script == "local-disk") {
      ++seen.sent_to_disk;
      seen.came_up = false;
    }
  }
  return seen;
}

core::Task<StepOutcome> await_boot_from_disk(StepContext& step) {
  const Pacing& pacing = step.tools().site.pacing;
  const IntentPtr local = step.newest(boot_act::local);
  unsigned counted = 0;
  unsigned asked = 0;
  const core::BootTime entered = step.timers().now();
  core::BootTime quiet_since = entered;
  while (!step.cancelled()) {
    const DiskBoot seen = disk_boot(step, local);
    if (seen.told || seen.came_up) co_return Next{};
    if (seen.nothing_left) {
      co_return co_await boot_again(
          step, boot_act::local,
          {core::ErrorKind::refused, "provision.disk_does_not_boot",
           "the node was sent to its disk and came back for a network boot after every way to get there"});
    }
    const core::BootTime now = step.timers().now();
    // Whoever asks, in whatever way, has not gone to its disk.
    const unsigned signs = seen.sent_to_disk + (seen.came_up_alone ? 1 : 0);
    if (signs != counted || seen.asked != asked) quiet_since = now;
    quiet_since = std::max(quiet_since, step.tools().serving.since(now));  // who asked then was not heard
    counted = signs;
    asked = seen.asked;
    const core::Duration needed = counted > 0 ? pacing.disk_boot_settle : pacing.quiet_after_install;
    if (now - quiet_since >= needed) {
      const auto power = co_await look_at_power(step);
      if (!power) co_return bmc_trouble(step, power.error());
      if (*power != core::PowerState::on) {
        co_return co_await boot_again(
            step, boot_act::local,
            {core::ErrorKind::refused, "provision.powered_off", "the node switched itself off"});
      }
      if (seen.sent_to_disk == 0) {
        step.note("provision.boot_assumed",
                  fmt::format("boot from disk assumed: power is on, {}the node did not ask to boot for {}",
                              seen.came_up_alone ? "an operating system came up, and " : "",
                              core::format_duration(needed)));
      }
      co_return Next{};
    }
    const core::BootTime end = served_deadline(step, entered);
    if (now >= end) break;
    co_await step.wait(std::min(end, quiet_since + needed));
  }
  if (step.cancelled()) co_return Next{};
  co_return co_await boot_again(
      step, boot_act::local,
      in_vain(step, entered,
              {core::ErrorKind::timed_out, "provision.no_boot_from_disk",
               "the node has its config and was never seen to boot from its disk"}));
}

void begin(const WorkflowRow&, AssetRow& asset) {
  asset.status = AssetStatus::provisioning;
}

void settle(const WorkflowRow& row, const core::Json&, Ending ending, AssetRow& asset) {
  asset.status = ending == Ending::completed ? AssetStatus::provisioned : AssetStatus::available;
  settle_reachability(row, ending, asset);
}

}  // namespace

Recipe provision_recipe(const Pacing& pacing) {
  Recipe recipe;
  recipe.type = "cluster-provision";
  recipe.steps = {
      power_off_step(pacing),
      seen_off_step(pacing),
      {.name = "arm_talos",
       .allowed = pacing.bmc_call * 12,
       .usual = 2s,
       .tries = 6,
       .waits_for = "the BMC to keep the one-time network boot",
       .advice = "colony bmc bootdev --ip ADDRESS shows what the BMC holds",
       .run = arm_talos},
      power_on_step(pacing),
      seen_on_step(pacing),
      {.name = "load",
       .allowed = pacing.boot + pacing.load,
       .usual = 3min,
       .tries = 2,
       .waits_for = "the machine to load the Talos kernel",
       .advice = "watch its console: it must network-boot on the appliance's segment",
       .run = load},
      {.name = "await_config",
       .allowed = pacing.load,
       .usual = 1min,
       .tries = 2,
       .waits_for = "the node to fetch its machine config",
       .advice = "watch its console: Talos says why it cannot fetch talos.config",
       .run = await_config},
      journal_step("hand_over", hand_over),
      {.name = "await_boot_from_disk",
       .allowed = pacing.install,
       .usual = pacing.quiet_after_install,
       .tries = 8,
       .waits_for = "the node to install and to boot from its disk",
       .advice = "watch its console: does it pull the installer image, is the install disk right?",
       .run = await_boot_from_disk},
      release_boot_step(pacing),
      power_off_step(pacing, "power_off_after_failure"),
      seen_off_step(pacing, "seen_off_after_failure"),
  };
  recipe.after_failure = release_boot_after_failure;
  recipe.may_begin = may_provision;
  recipe.begin = begin;
  recipe.settle = settle;
  return recipe;
}

}  // namespace colony::workflows
