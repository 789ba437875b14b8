// The part of OrderDesk that says what was seen of an asset, and why nothing happens.

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "workflows/boot/boot_stages.hpp"
#include "workflows/desk/order_desk.hpp"

namespace colony::workflows {

namespace {

constexpr unsigned max_limit = 1000;

TimelineEntry entry_of(const TimelineRow& row) {
  return {row.evidence, row.workflow, core::describe(row.evidence.fact)};
}

/// What was seen again and again is said once, at its last time.
std::vector<TimelineEntry> folded(std::vector<TimelineEntry> entries) {
  constexpr unsigned often = 4;
  struct Seen {
    unsigned times = 0;
    core::UtcTime first;
  };
  std::map<std::string, Seen> seen;
  for (const auto& entry : entries) {
    Seen& same = seen[entry.text];
    if (same.times++ == 0) same.first = entry.evidence.at;
  }
  std::map<std::string, unsigned> passed;
  std::erase_if(entries, [&](TimelineEntry& entry) {
    const Seen& same = seen[entry.text];
    if (same.times < often) return false;
    if (++passed[entry.text] < same.times) return true;
    entry.text += fmt::format(" ({} times since {})", same.times, core::format_utc(same.first));
    return false;
  });
  return entries;
}

/// A node that takes its machine config fetches it once.
void explain_fetches(Why& why) {
  const auto whole = std::ranges::count_if(why.evidence, [](const TimelineEntry& entry) {
    const auto* fetched = std::get_if<core::ConfigFetched>(&entry.evidence.fact);
    return fetched != nullptr && fetched->complete;
  });
  if (whole < 3) return;
  why.advice.insert(
      why.advice.begin(),
      fmt::format("the node fetched its machine config {} times and does not take it: its console "
                  "says why, and so may: talosctl validate --mode metal --config FILE",
                  whole));
}

}  // namespace

core::Task<core::Result<std::vector<TimelineEntry>>> OrderDesk::timeline(core::AssetId asset,
                                                                         unsigned limit) {
  const auto rows =
      co_await parts_.ledger.journal().timeline(parts_.registry.resolve(asset), std::min(limit, max_limit));
  if (!rows) co_return std::unexpected(rows.error());
  std::vector<TimelineEntry> entries;
  for (auto row = rows->rbegin(); row != rows->rend(); ++row) entries.push_back(entry_of(*row));
  co_return entries;
}

core::Result<Why> OrderDesk::why(const AssetRef& asset) const {
  auto why = why_by_itself(asset);
  if (why) {
    const auto& bmc = why->asset.bmc;
    const auto quiet = bmc ? bmc->quiet : std::nullopt;
    if (quiet) why->advice.insert(why->advice.begin(), drivers::describe(*quiet));
  }
  // Whatever it waits for, it goes no further while nothing can be written down.
  if (const auto full = parts_.ledger.full(); why && full) {
    why->waits_for = "room in the store";
    why->advice.insert(why->advice.begin(), full->message);
  }
  return why;
}

core::Result<Why> OrderDesk::why_by_itself(const AssetRef& asset) const {
  auto found = this->asset(asset);
  if (!found) return std::unexpected(found.error());
  Why why;
  why.asset = std::move(*found);
  why.since = why.asset.updated_at;
  const auto& seen = parts_.timelines.of(why.asset.id);
  why.boot = boot_stages(seen);
  if (const WorkflowPtr work = parts_.ledger.durable().running(why.asset.id)) {
    why.workflow = view(*work);
    why.since = work->step_started_at;
    why.waits_for = why.workflow->waits_for;
    why.gives_up_at = why.workflow->step_ends_by;
    const Recipe* const recipe = parts_.engine.recipe(*work);
    const Step* const step = recipe == nullptr ? nullptr : recipe->find(work->step);
    if (step != nullptr) {
      why.usual = step->usual;
      why.advice.emplace_back(step->advice);
    }
    if (why.workflow->held) {
      why.waits_for = "a program that knows this workflow, or an operator who gives it up";
      why.advice.insert(why.advice.begin(), why.workflow->error_message);
    } else if (!work->error_code.empty()) {
      why.advice.insert(why.advice.begin(), "it failed and is being cleaned up: " + work->error_message);
    }
    for (const auto& entry : seen) {
      if (entry.row.workflow == work->id && entry.row.evidence.at >= work->step_started_at) {
        why.evidence.push_back(entry_of(entry.row));
      }
    }
    explain_fetches(why);
    why.evidence = folded(std::move(why.evidence));
    return why;
  }
  const auto is_latest = [](const WorkflowPtr& a, const WorkflowPtr& b) {
    return !b || a->updated_at > b->updated_at;
  };
  WorkflowPtr last;
  for (const auto& [id, row] : parts_.ledger.durable().workflows()) {
    if (row->asset == why.asset.id && is_latest(row, last)) last = row;
  }
  if (last) why.workflow = view(*last);
  if (last && last->status == WorkflowStatus::failed) {
    why.advice.push_back(
        fmt::format("its last {} failed ({}): {}", last->type, last->error_code, last->error_message));
  }
  if (why.asset.condition != AssetCondition::normal) {
    why.waits_for = fmt::format("a person: it is {}", name(why.asset.condition));
    why.advice.push_back(why.asset.condition_reason);
    if (why.asset.condition != AssetCondition::unreachable) {
      why.advice.emplace_back("when the machine has been looked at, wipe it again: colony wipe");
    }
  } else if (why.asset.status == AssetStatus::discovering && !why.asset.inventory) {
    why.waits_for = "its inventory";
    why.advice.emplace_back(why.asset.bmc ? "colony discover, or switch it on inside a discovery window"
                                          : "enrol its BMC (colony add-ipmi --auto-discover)");
  } else if (why.asset.status == AssetStatus::discovering) {
    why.waits_for = "an operator to say that it is ours";
    why.advice.push_back("colony accept " + why.asset.name);
  } else {
    why.waits_for = "nothing: no order is in hand";
  }
  for (const auto& entry : seen) why.evidence.push_back(entry_of(entry.row));
  why.evidence = folded(std::move(why.evidence));
  return why;
}

}  // namespace colony::workflows
