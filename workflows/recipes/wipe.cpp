// Wipe named disks: off, one-time network boot, on; scout looks again; it is ordered to erase exactly these
// disks and redeems the attempt's token right before its first write; the result is read back by scout and
// recorded; off.
//
// An attempt of which we do not know what it wrote is indeterminate. Another one is a new intention with a
// new token, made only after the machine was booted and looked at again, at most three for one order. A
// failure is quarantined and powered off; when no attempt was ever intended, the asset is what it was before.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "drivers/scout/disk_names.hpp"
#include "workflows/boot/boot_policy.hpp"
#include "workflows/recipes/boot_steps.hpp"
#include "workflows/recipes/recipes.hpp"
#include "workflows/wipe/wipe_plan.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr unsigned wipe_attempts = 3;
constexpr core::Duration longest_wipe = 48h;  // one overwrite of the largest disks

core::Task<StepOutcome> plan(StepContext& step) {
  const AssetPtr asset = step.asset();
  step.data()["was"] = name(asset->status);
  step.data()["covers_all"] = core::json_bool(step.order(), "covers_all").value_or(false);
  step.edit_asset([](AssetRow& row) { row.status = AssetStatus::deprovisioning; });
  co_return Next{};
}

/// The disks that were ordered must be there, each once, unchanged, in what this boot's scout saw.
core::Result<WipeDetail> look_at_disks(StepContext& step) {
  auto ordered = wipe_detail_from_text(core::dump_json(step.order()));
  if (!ordered) return std::unexpected(ordered.error());
  const KnownAsset* const asset = step.tools().registry.known(step.asset_id());
  for (const auto& disk : ordered->disks) {
    const auto matches = asset == nullptr || !asset->inventory
                             ? 0
                             : std::ranges::count_if(asset->inventory->disks, [&disk](const auto& seen) {
                                 return is_same_disk(seen, disk);
                               });
    if (matches != 1) {
      return core::fail(core::ErrorKind::refused, "wipe.wrong_disks",
                        fmt::format("{} {} is not there as it was ordered; nothing was written", disk.model,
                                    disk.id.serial.empty() ? disk.id.wwn : disk.id.serial));
    }
  }
  if (!core::json_bool(step.order(), "covers_all").value_or(false) || asset == nullptr || !asset->inventory)
    return ordered;
  // The whole machine was ordered: what has come since must not survive in a machine that counts as empty.
  if (asset->inventory->more_disks) {
    return core::fail(
        core::ErrorKind::refused, "wipe.wrong_disks",
        "the machine has more disks than were ordered, and than are listed; nothing was written");
  }
  for (const auto& seen : asset->inventory->disks) {
    if (seen.removable ||
        std::ranges::any_of(ordered->disks, [&seen](const auto& disk) { return is_same_disk(seen, disk); })) {
      continue;
    }
    return core::fail(
        core::ErrorKind::refused, "wipe.wrong_disks",
        fmt::format("{} {} is there and was not ordered; nothing was written: order the wipe again",
                    seen.model, seen.id.serial.empty() ? seen.id.wwn : seen.id.serial));
  }
  return ordered;
}

/// After an attempt without a good end: boot scout once more to look, or give up.
StepOutcome attempt_again(StepContext& step, const IntentRow& attempt, core::Error because) {
  if (attempt.attempt.value >= wipe_attempts) return Failed{std::move(because)};
  if (const IntentPtr boot = step.newest(boot_act::scout)) {
    step.resolve_later(boot->id, IntentState::failed, core::Json{{"code", because.code}});
  }
  step.note("wipe.again", because.message + "; looking at the machine again before another attempt");
  return GoTo{"power_off"};
}

/// Why the result that scout told is no success, in scout's own words where it has any.
std::optional<std::string> reason_of(const IntentRow& attempt) {
  const auto outcome = core::parse_json(attempt.result_json);
  if (!outcome) return std::nullopt;
  const core::Json* const error = core::json_member(*outcome, "error");
  return error == nullptr ? std::nullopt : core::json_text(*error, "message");
}

/// What an attempt that has ended means for the order.
StepOutcome judge(StepContext& step, const IntentRow& attempt) {
  const WipeProgress progress = wipe_progress(attempt);
  switch (attempt.state) {
    case IntentState::done: return Next{};
    case IntentState::indeterminate:
      return attempt_again(
          step, attempt,
          {core::ErrorKind::timed_out, "wipe.indeterminate",
           fmt::format("attempt {} may have written, and its result is not known", attempt.attempt.value)});
    case IntentState::intended:
    case IntentState::failed: break;
  }
  const auto reason = reason_of(attempt);
  if (progress.any_write) {
    return Failed{{core::ErrorKind::refused, "wipe.failed", reason.value_or("a disk was not erased")}};
  }
  return attempt_again(step, attempt,
                       {core::ErrorKind::timed_out, "wipe.not_begun",
                        fmt::format("attempt {} ended without a write{}", attempt.attempt.value,
                                    reason ? ": " + *reason : std::string())});
}

/// Everybody counts as heard while we do not listen: an erasure goes on without us, and is not cut off.
core::BootTime last_heard(StepContext& step, core::BootTime since) {
  core::BootTime heard = std::max(since, step.tools().serving.since(step.timers().now()));
  for (const auto& [mac, visitor] : step.tools().scout.visitors()) {
    if (visitor.asset == step.asset_id()) heard = std::max(heard, visitor.last_heard);
  }
  return heard;
}

core::Task<core::Result<IntentPtr>> new_attempt(StepContext& step) {
  const auto detail = look_at_disks(step);
  if (!detail) co_return std::unexpected(detail.error());
  const core::IntentId id = step.draw_intent_id();
  const auto hash = core::sha256(step.tools().tokens.of_intent("wipe", id));
  const auto json = core::parse_json(to_text(*detail));
  if (!json) co_return std::unexpected(json.error());
  step.data()["attempt"] = 0;  // of booting: this boot has come as far as it should
  step.data()["wiping"] = true;
  co_return co_await step.intend(id, "wipe", *json, hash);
}

core::Task<StepOutcome> erase(StepContext& step) {
  IntentPtr attempt = step.newest("wipe");
  const IntentPtr boot = step.newest(boot_act::scout);
  const bool looked_since = attempt && boot && boot->state == IntentState::intended &&
                            attempt->state != IntentState::intended &&
                            boot->intended_at > attempt->intended_at;
  if (!attempt || (looked_since && attempt->state != IntentState::done)) {
    const auto fresh = co_await new_attempt(step);
    if (!fresh) co_return Failed{fresh.error()};
    attempt = *fresh;
  }
  const core::Duration silence = step.tools().site.pacing.scout_silence;
  const core::BootTime entered = step.timers().now();
  for (;;) {
    attempt = step.newest("wipe");
    if (attempt->state != IntentState::intended) co_return judge(step, *attempt);
    bool redeemed = false;
    bool booted_again = false;
    for (const SeenEvidence* fact : step.since(attempt)) {
      const core::Fact& seen = fact->row.evidence.fact;
      if (std::holds_alternative<core::ScoutRedeemed>(seen)) redeemed = true;
      if (std::holds_alternative<core::ScoutHello>(seen)) booted_again = booted_again || redeemed;
      if (const auto* note = std::get_if<core::Note>(&seen);
          note != nullptr && note->code == "fence.disks" && !redeemed) {
        step.resolve_later(attempt->id, IntentState::failed, core::Json{{"code", note->code}});
        co_return Failed{
            {core::ErrorKind::refused, "wipe.wrong_disks", note->text + "; nothing was written"}};
      }
    }
    redeemed = redeemed || wipe_progress(*attempt).redeemed;
    const core::BootTime now = step.timers().now();
    const core::BootTime silent_at = last_heard(step, entered) + silence;
    if (booted_again || now >= silent_at || now >= step.deadline()) {
      IntentRow ended = *attempt;
      ended.state = redeemed ? IntentState::indeterminate : IntentState::failed;
      step.resolve_later(attempt->id, ended.state,
                         core::Json{{"code", booted_again ? "scout.restarted" : "scout.silent"}});
      co_return judge(step, ended);
    }
    co_await step.wait(std::min(silent_at, step.deadline()));
  }
}

/// What the erasure did not reach: by what the disks told when they were erased, and by what this boot's
/// scout saw of the machine before.
core::Json limits_json(const drivers::scout::WipeResult& result, const KnownAsset* asset) {
  core::Json list = core::Json::array();
  std::vector<drivers::scout::Disk> disks;
  disks.reserve(result.disks.size());
  for (const auto& wipe : result.disks) disks.push_back(wipe.disk);
  auto limits = limits_of(disks);
  if (asset != nullptr && asset->inventory) {
    for (auto& limit : rest_of(*asset->inventory, disks)) limits.push_back(std::move(limit));
  }
  for (const auto& limit : limits) {
    list.push_back({{"serial", limit.disk.serial},
                    {"wwn", limit.disk.wwn},
                    {"code", limit.code},
                    {"bytes", limit.bytes},
                    {"text", limit.text}});
  }
  return list;
}

core::Task<StepOutcome> record(StepContext& step) {
  const IntentPtr attempt = step.newest("wipe");
  const auto outcome = core::parse_json(attempt->result_json);
  const AssetPtr asset = step.asset();
  core::Json body{{"version", 1},
                  {"workflow", step.workflow_id().to_string()},
                  {"asset", {{"id", asset->id.to_string()}, {"name", asset->name}}},
                  {"attempt", attempt->attempt.value},
                  {"epoch", attempt->epoch.value},
                  {"level", "clear"},
                  {"standard", "NIST SP 800-88r2"},
                  {"verify_permille", core::json_uint(step.order(), "verify_permille").value_or(0)},
                  {"ordered_at", core::format_utc(attempt->intended_at)},
                  {"recorded_at", core::format_utc(step.timers().utc_now())}};
  const KnownAsset* const known = step.tools().registry.known(asset->id);
  if (known != nullptr) body["asset"]["serial"] = best_serial(known->identity);
  const core::Json* const result = outcome ? core::json_member(*outcome, "result") : nullptr;
  const core::Error none{core::ErrorKind::corrupt, "wipe.no_result",
                         "the journal says that the disks were erased, and does not hold scout's result: no "
                         "record is made without it"};
  if (result == nullptr) co_return Failed{none};
  const auto decoded = drivers::scout::decode_wipe_result(*result);
  if (!decoded) co_return Failed{none};
  body["result"] = *result;
  body["limits"] = limits_json(*decoded, known);
  body["redeemed_at"] = core::json_text(*outcome, "redeemed_at").value_or("");
  const std::string text = core::dump_json(body);
  const core::UtcTime now = step.timers().utc_now();
  step.add(WipeRecordRow{step.workflow_id(), asset->id, attempt->attempt, text, now});
  step.add(Event{"wipe.record", step.workflow_id().to_string(), now, text});
  // A disk that was left out may still boot: only an empty machine is held back from its local disk.
  const bool empty = core::json_bool(step.order(), "covers_all").value_or(false);
  step.edit_asset([empty](AssetRow& row) { row.wiped_by_us = empty; });
  co_return Next{};
}

void settle(const WorkflowRow& row, const core::Json& data, Ending ending, AssetRow& asset) {
  const auto before = parse_asset_status(core::json_text(data, "was").value_or(""));
  if (ending == Ending::completed && !core::json_bool(data, "covers_all").value_or(false)) {
    // What stood on the other disks still does: a system, or the data that somebody was warned of.
    asset.status = before.value_or(asset.status);
    return;
  }
  if (ending == Ending::completed) {
    asset.status = asset.accepted ? AssetStatus::available : AssetStatus::discovering;
    asset.condition = AssetCondition::normal;
    asset.condition_reason.clear();
    return;
  }
  if (core::json_bool(data, "wiping").value_or(false)) {
    asset.condition =
        row.error_code == "wipe.indeterminate" ? AssetCondition::indeterminate : AssetCondition::quarantined;
    asset.condition_reason = row.error_message;
    return;
  }
  asset.status = before.value_or(asset.status);
  settle_reachability(row, ending, asset);
}

}  // namespace

Recipe wipe_recipe(const Pacing& pacing) {
  Recipe recipe;
  recipe.type = "disk-wipe";
  recipe.steps = {
      journal_step("plan", plan),
      power_off_step(pacing),
      seen_off_step(pacing),
      arm_scout_step(pacing),
      power_on_step(pacing),
      seen_on_step(pacing),
      await_inventory_step(pacing),
      {.name = "erase",
       .allowed = longest_wipe,
       .usual = 10min,
       .tries = 2,
       .destructive = Destructive::yes,
       .waits_for = "scout to erase the disks and to read them back",
       .advice = "progress is shown by colony workflows ID --follow; an overwrite takes hours per terabyte",
       .run = erase},
      journal_step("record", record),
      power_off_step(pacing, "switch_off"),
      seen_off_step(pacing, "seen_switched_off"),
      release_boot_step(pacing),
      power_off_step(pacing, "power_off_after_failure"),
      seen_off_step(pacing, "seen_off_after_failure"),
  };
  recipe.after_failure = release_boot_after_failure;
  recipe.settle = settle;
  return recipe;
}

}  // namespace colony::workflows
