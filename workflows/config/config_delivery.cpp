#include "workflows/config/config_delivery.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/boot/boot_policy.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_token = 128;
constexpr std::size_t max_remembered = 1024;
constexpr unsigned wrong_tokens_noted = 3;

// The steps of recipes/provision.cpp during which the node may come for its config, or come back for it.
constexpr std::array<std::string_view, 5> awaiting_steps{"power_on", "seen_on", "load", "await_config",
                                                         "await_boot_from_disk"};

core::Result<> refuse(const char* code, const char* message) {
  return core::fail(core::ErrorKind::refused, code, message);
}

/// A journaled UTC time on this run's clock; never in the future, and long ago when the wall clock jumped.
core::BootTime on_boot_clock(core::UtcTime at, core::Timers& timers) {
  const core::Duration ago = std::clamp<core::Duration>(timers.utc_now() - at, core::Duration{0}, 24h);
  return timers.now() - ago;
}

}  // namespace

core::Result<> may_fetch(const DeliveryState& state, core::Ipv4Address peer, core::BootTime now) {
  if (state.over) return refuse("config.over", "this attempt has ended; a new attempt has a new token");
  if (state.checked_in) return refuse("config.checked_in", "the node has its config and has checked in");
  if (state.powered_off) return refuse("config.powered_off", "the node was powered off since");
  if (now - state.intended >= config_lifetime)
    return refuse("config.expired", "the token is older than 3 hours");
  if (!state.last_complete) {
    if (!state.awaited) return refuse("config.not_awaited", "no step waits for this config now");
    if (!state.is_boot_peer)
      return refuse("config.other_peer", "this is not the machine that was booted for it");
    return {};
  }
  if (state.peer != peer) return refuse("config.other_peer", "another peer has fetched this config");
  if (now - *state.last_complete >= config_refetch) {
    return refuse("config.expired", "the last completed delivery is more than 15 minutes ago");
  }
  return {};
}

IntentPtr ConfigDelivery::find(std::string_view token) const {
  if (token.empty() || token.size() > max_token) return nullptr;
  const core::Sha256Digest hash = core::sha256(token);
  for (const auto& [id, work] : parts_.ledger.durable().workflows()) {
    if (work->status != WorkflowStatus::running) continue;
    for (const auto& intent : parts_.ledger.durable().intents_of(id)) {
      if (intent->act == boot_act::talos && intent->token_hash == hash) return intent;
    }
  }
  return nullptr;
}

ConfigDelivery::Memory& ConfigDelivery::memory_of(const IntentRow& intent) {
  if (const auto known = memory_.find(intent.id); known != memory_.end()) return known->second;
  if (memory_.size() >= max_remembered) memory_.clear();  // the journal has it too, to the second
  Memory memory{on_boot_clock(intent.intended_at, parts_.timers), std::nullopt};
  if (const auto json = core::parse_json(intent.result_json)) {
    if (const auto at = core::parse_utc(core::json_text(*json, "last_complete").value_or(""))) {
      memory.last_complete = on_boot_clock(*at, parts_.timers);
    }
  }
  return memory_.emplace(intent.id, memory).first->second;
}

DeliveryState ConfigDelivery::state_of(const IntentRow& intent, core::Ipv4Address peer) {
  const Memory& memory = memory_of(intent);
  DeliveryState state;
  state.intended = memory.intended;
  state.last_complete = memory.last_complete;
  if (const auto json = core::parse_json(intent.result_json)) {
    state.peer = core::Ipv4Address::parse(core::json_text(*json, "peer").value_or(""));
  }
  const WorkflowPtr work = parts_.ledger.durable().running(intent.asset);
  const IntentPtr newest = parts_.ledger.working().newest_intent(intent.workflow, boot_act::talos);
  const bool open = intent.state == IntentState::intended || intent.state == IntentState::done;
  state.over = !work || work->id != intent.workflow || !work->error_code.empty() || !open || !newest ||
               newest->id != intent.id;
  state.awaited =
      work && std::ranges::find(awaiting_steps, std::string_view(work->step)) != awaiting_steps.end();

  const KnownAsset* const asset = parts_.registry.known(intent.asset);
  const auto mac = parts_.mac_of ? parts_.mac_of(peer) : std::nullopt;
  // Who holds the address decides; only where nobody can tell does it count under which addresses it was
  // seen.
  state.is_boot_peer =
      mac && asset != nullptr && std::ranges::find(asset->identity.macs, *mac) != asset->identity.macs.end();
  // From the intent row on: the addresses under which this boot was seen, and what ended it.
  bool since_intent = false;
  const std::string mark = "intent:" + intent.id.to_string();
  bool seen_on = false;
  for (const auto& entry : parts_.timelines.of(intent.asset)) {
    const core::Evidence& evidence = entry.row.evidence;
    if (const auto* note = std::get_if<core::Note>(&evidence.fact); note != nullptr && note->code == mark) {
      since_intent = true;
    }
    if (!since_intent) continue;
    if (!mac && evidence.address == peer && !std::holds_alternative<core::ConfigFetched>(evidence.fact)) {
      state.is_boot_peer = true;
    }
    if (std::holds_alternative<core::TalosStage>(evidence.fact))
      state.checked_in = state.last_complete.has_value();
    if (const auto* power = std::get_if<core::PowerObserved>(&evidence.fact)) {
      if (power->state == core::PowerState::off && seen_on) state.powered_off = true;
      seen_on = seen_on || power->state == core::PowerState::on;
    }
  }
  return state;
}

void ConfigDelivery::count_wrong_token(core::Ipv4Address peer) {
  if (wrong_.size() >= max_remembered && !wrong_.contains(peer)) wrong_.clear();
  if (++wrong_[peer] != wrong_tokens_noted) return;
  parts_.log.warn("config.wrong_token", "A peer asks for machine configs with tokens that nobody gave it.",
                  {{"peer", peer}});
  core::Evidence evidence;
  evidence.address = peer;
  evidence.at = parts_.timers.utc_now();
  evidence.source = "config";
  evidence.fact =
      core::Note{"config.wrong_token", fmt::format("{} tried wrong config tokens", peer.to_string())};
  parts_.timelines.emit(std::move(evidence));
}

core::Task<core::Result<ConfigDelivery::Grant>> ConfigDelivery::fetch(std::string token,
                                                                      core::Ipv4Address peer) {
  if (!ready_) co_return core::fail(core::ErrorKind::exhausted, "config.not_ready", "starting");
  const IntentPtr intent = find(token);
  if (!intent) {
    count_wrong_token(peer);
    co_return core::fail(core::ErrorKind::not_found, "config.unknown_token",
                         "no config is waiting under this token");
  }
  if (auto allowed = may_fetch(state_of(*intent, peer), peer, parts_.timers.now()); !allowed) {
    parts_.log.warn("config.refused", "A machine config was not handed out.",
                    {{"asset", intent->asset}, {"peer", peer}, {"code", allowed.error().code}});
    parts_.timelines.emit({intent->asset,
                           {},
                           peer,
                           {},
                           parts_.timers.utc_now(),
                           "config",
                           core::Note{allowed.error().code, allowed.error().message}});
    co_return std::unexpected(allowed.error());
  }
  const SecretPtr text = parts_.ledger.durable().secret("workflow:" + intent->workflow.to_string());
  if (!text)
    co_return core::fail(core::ErrorKind::internal, "config.missing",
                         "the journal has no config for this token");
  Batch begun;
  TimelineRow row = parts_.timelines.row(
      intent->asset, "config", core::ConfigFetched{intent->token_hash.to_string().substr(0, 12), false});
  row.evidence.address = peer;
  begun.writes.emplace_back(std::move(row));
  if (auto committed = co_await parts_.ledger.commit(std::move(begun)); !committed) {
    co_return std::unexpected(committed.error());
  }
  co_return Grant{intent->id, peer, text};
}

core::Task<> ConfigDelivery::delivered(Grant grant, bool complete) {
  const IntentPtr intent = parts_.ledger.working().intent(grant.intent);
  if (!intent) co_return;
  if (!complete) {
    // That it was begun stands on the timeline already; without this its end would be unknown after a
    // restart.
    Batch cut;
    cut.writes.emplace_back(
        parts_.timelines.row(intent->asset, "config",
                             core::Note{std::string(config_truncated),
                                        "the connection broke before the node had its whole config"}));
    (void)co_await parts_.ledger.commit(std::move(cut));
    co_return;
  }
  memory_of(*intent).last_complete = parts_.timers.now();
  IntentRow row = *intent;
  row.result_json = core::dump_json(core::Json{{"peer", grant.peer.to_string()},
                                               {"last_complete", core::format_utc(parts_.timers.utc_now())}});
  Batch batch;
  batch.writes.emplace_back(std::move(row));
  TimelineRow seen = parts_.timelines.row(
      intent->asset, "config", core::ConfigFetched{intent->token_hash.to_string().substr(0, 12), true});
  seen.evidence.address = grant.peer;
  batch.writes.emplace_back(std::move(seen));
  parts_.log.info("config.delivered", "A node has its machine config.",
                  {{"asset", intent->asset}, {"peer", grant.peer}});
  (void)co_await parts_.ledger.commit(std::move(batch));
}

}  // namespace colony::workflows
