#include "workflows/recipes/self_test.hpp"

#include <algorithm>
#include <chrono>

#include "workflows/boot/self_test_memory.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr core::Duration shortest_patience = 3min;
constexpr int patience_in_self_tests = 3;  // memory is trained now and then
constexpr core::Duration longest_rest = 5min;

std::optional<core::Duration> self_test(StepContext& step) {
  return known_self_test(step.tools().ledger.working(), step.asset_id());
}

bool is_from_machine(const core::Fact& fact) {
  return !std::holds_alternative<core::PowerObserved>(fact) && !std::holds_alternative<core::Note>(fact) &&
         !std::holds_alternative<core::BootDeviceSet>(fact);
}

}  // namespace

core::Duration boot_patience(StepContext& step) {
  const core::Duration longest = step.tools().site.pacing.boot;
  const auto known = self_test(step);
  if (!known) return longest;
  return std::clamp<core::Duration>(*known * patience_in_self_tests, std::min(shortest_patience, longest),
                                    longest);
}

void learn_self_test(StepContext& step, const IntentPtr& boot) {
  std::optional<core::UtcTime> on;
  for (const SeenEvidence* fact : step.since(boot)) {
    const core::Evidence& seen = fact->row.evidence;
    if (const auto* power = std::get_if<core::PowerObserved>(&seen.fact)) {
      on = power->state == core::PowerState::on ? std::optional(seen.at) : std::nullopt;
    }
    if (!std::holds_alternative<core::DhcpSeen>(seen.fact) || !on) continue;
    // Neither a clock that was set nor a machine that asked at once makes a useful figure.
    const auto took = std::chrono::ceil<std::chrono::seconds>(seen.at - *on);
    if (took < 1s || took > step.tools().site.pacing.boot) return;
    step.add(SettingRow{self_test_setting(step.asset_id()), std::to_string(took.count())});
    return;
  }
}

core::Duration left_of_self_test(StepContext& step) {
  const auto takes = self_test(step);
  if (!takes) return {};
  std::optional<core::UtcTime> on;
  for (const SeenEvidence& fact : step.tools().timelines.of(step.asset_id())) {
    const core::Evidence& seen = fact.row.evidence;
    if (const auto* power = std::get_if<core::PowerObserved>(&seen.fact)) {
      on = power->state == core::PowerState::on ? std::optional(seen.at) : std::nullopt;
    } else if (is_from_machine(seen.fact)) {
      on.reset();
    }
  }
  if (!on) return {};
  const core::Duration since = step.timers().utc_now() - *on;
  if (since < core::Duration{0} || since >= *takes) return {};
  return std::min<core::Duration>(*takes - since, longest_rest);
}

}  // namespace colony::workflows
