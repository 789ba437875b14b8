#include "workflows/engine/timelines.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr core::Duration repeat_window = 1s;
constexpr std::size_t kept_disks = 256;

}  // namespace

Timelines::Timelines(Ledger& ledger, core::Timers& timers, const core::Log& log, Attribute attribute)
    : ledger_(ledger), timers_(timers), log_(log), attribute_(std::move(attribute)) {
  ledger_.observe_durable([this](const StagedBatch& batch) {
    for (const auto& row : batch.timeline) {
      append(lane(row.asset), row, opened_ ? timers_.now() : core::BootTime::min());
    }
    opened_ = true;  // the first batch is what open() read
  });
}

void Timelines::emit(core::Evidence evidence) {
  if (!evidence.asset) evidence.asset = attribute_(evidence);
  if (!evidence.asset) return remember_stranger(std::move(evidence));
  const core::AssetId asset = *evidence.asset;
  Lane& place = lane(asset);
  const auto running = ledger_.working().running(asset);
  if (const auto* progress = std::get_if<core::ScoutProgress>(&evidence.fact)) {
    if (place.progress.size() < kept_disks || place.progress.contains(progress->disk)) {
      place.progress[progress->disk] = *progress;
    }
    place.signal.notify();
    return;
  }
  if (!has_room() || is_noise(place, evidence.fact)) {
    ++dropped_;
    return;
  }
  Batch batch;
  batch.writes.emplace_back(
      TimelineRow{asset, running ? std::optional(running->id) : std::nullopt, std::move(evidence)});
  ledger_.post(std::move(batch));
}

TimelineRow Timelines::row(const core::AssetId& asset, std::string_view source, core::Fact fact) const {
  const auto running = ledger_.working().running(asset);
  core::Evidence evidence;
  evidence.asset = asset;
  evidence.at = timers_.utc_now();
  evidence.source = source;
  evidence.fact = std::move(fact);
  return {asset, running ? std::optional(running->id) : std::nullopt, std::move(evidence)};
}

const std::deque<SeenEvidence>& Timelines::of(const core::AssetId& asset) const {
  static const std::deque<SeenEvidence> nothing;
  const auto found = lanes_.find(asset);
  return found == lanes_.end() ? nothing : found->second.seen;
}

core::Signal& Timelines::signal(const core::AssetId& asset) {
  return lane(asset).signal;
}

const std::map<std::string, core::ScoutProgress>& Timelines::progress(const core::AssetId& asset) const {
  static const std::map<std::string, core::ScoutProgress> nothing;
  const auto found = lanes_.find(asset);
  return found == lanes_.end() ? nothing : found->second.progress;
}

void Timelines::forget_progress(const core::AssetId& asset) {
  lane(asset).progress.clear();
}

std::optional<core::PowerState> Timelines::last_power(const core::AssetId& asset) const {
  const auto found = lanes_.find(asset);
  return found == lanes_.end() ? std::nullopt : found->second.power;
}

Timelines::Lane& Timelines::lane(const core::AssetId& asset) {
  return lanes_.try_emplace(asset, timers_).first->second;
}

void Timelines::append(Lane& lane, TimelineRow row, core::BootTime seen_at) {
  if (const auto* power = std::get_if<core::PowerObserved>(&row.evidence.fact)) lane.power = power->state;
  // What an intent begins is new, also when it looks like what was seen just before.
  if (std::holds_alternative<core::Note>(row.evidence.fact)) lane.repeats.clear();
  // Of the console only the newest words stay in memory: they must not push out what steps wait for.
  if (const auto* console = std::get_if<core::ConsoleOutput>(&row.evidence.fact)) {
    std::erase_if(lane.seen, [](const SeenEvidence& seen) {
      return std::holds_alternative<core::ConsoleOutput>(seen.row.evidence.fact);
    });
    row.evidence.fact = core::ConsoleOutput{console->boot, core::describe(*console).substr(9), console->cut};
  }
  lane.seen.push_back({std::move(row), seen_at});
  if (lane.seen.size() > kept_per_asset) lane.seen.pop_front();
  lane.signal.notify();
}

/// Told once until the journal has caught up.
bool Timelines::has_room() {
  const std::size_t waiting = ledger_.waiting();
  if (waiting >= most_waiting) {
    if (++crowded_out_ == 1) {
      log_.warn("evidence.dropped", "The store does not keep up: what machines are seen doing is not noted.",
                {{"waiting", waiting}});
    }
    return false;
  }
  if (crowded_out_ > 0 && waiting < most_waiting / 2) {
    log_.info("evidence.noted_again", "The store keeps up again.", {{"dropped", crowded_out_}});
    crowded_out_ = 0;
  }
  return true;
}

bool Timelines::is_noise(Lane& lane, const core::Fact& fact) {
  const core::BootTime now = timers_.now();
  if (now - lane.window_start >= flood_window) {
    lane.window_start = now;
    lane.in_window = 0;
    std::erase_if(lane.repeats, [now](const auto& entry) { return now - entry.second >= repeat_window; });
  }
  if (++lane.in_window > facts_per_window) return true;
  const auto [entry, is_new] =
      lane.repeats.try_emplace(fmt::format("{} {}", core::fact_name(fact), core::describe(fact)), now);
  if (is_new) return false;
  if (now - entry->second < repeat_window) return true;
  entry->second = now;
  return false;
}

void Timelines::remember_stranger(core::Evidence evidence) {
  if (!evidence.mac) return;
  auto known = std::ranges::find(strangers_, *evidence.mac, &Stranger::mac);
  if (known == strangers_.end()) {
    if (strangers_.size() >= kept_strangers) strangers_.pop_front();
    strangers_.push_back({*evidence.mac, evidence.at, evidence.at, 0, {}});
    known = std::prev(strangers_.end());
    log_.info("evidence.stranger",
              "An unknown machine was seen; it boots from us only in a discovery window.",
              {{"mac", *evidence.mac}, {"seen", core::describe(evidence.fact)}});
  }
  known->last = evidence.at;
  ++known->times;
  auto& facts = known->facts;
  const bool repeated = !facts.empty() && evidence.at - facts.back().at < repeat_window &&
                        core::describe(facts.back().fact) == core::describe(evidence.fact);
  if (repeated || std::holds_alternative<core::ScoutProgress>(evidence.fact)) return;
  facts.push_back(std::move(evidence));
  if (facts.size() > facts_of_stranger) facts.pop_front();
}

std::vector<TimelineRow> Timelines::adopt(const core::MacAddress& mac, const core::AssetId& asset) {
  std::vector<TimelineRow> rows;
  const auto known = std::ranges::find(strangers_, mac, &Stranger::mac);
  if (known == strangers_.end()) return rows;
  const core::UtcTime oldest =
      timers_.utc_now() - std::chrono::duration_cast<std::chrono::milliseconds>(stranger_memory);
  for (core::Evidence& fact : known->facts) {
    if (fact.asset) continue;
    fact.asset = asset;
    if (fact.at < oldest) continue;
    TimelineRow adopted = row(asset, fact.source, fact.fact);
    adopted.evidence = fact;
    rows.push_back(std::move(adopted));
  }
  return rows;
}

void Timelines::settle_adoption(const core::MacAddress& mac, bool stored) {
  const auto known = std::ranges::find(strangers_, mac, &Stranger::mac);
  if (known == strangers_.end()) return;
  if (!stored) {
    for (core::Evidence& fact : known->facts) fact.asset.reset();
    return;
  }
  std::erase_if(known->facts, [](const core::Evidence& fact) { return fact.asset.has_value(); });
  if (known->facts.empty()) strangers_.erase(known);
}

}  // namespace colony::workflows
