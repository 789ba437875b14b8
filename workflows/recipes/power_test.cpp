#include "workflows/recipes/power_test.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "workflows/boot/boot_policy.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;
using core::PowerState;
using drivers::PowerAction;

namespace {

// With orders not held open a scout is heard of every few seconds; what is older than this has gone.
constexpr core::Duration heard_lately = 10s;
constexpr core::Duration settle = 12s;

/// One test at a time on the whole site: two machines that are switched off together cannot be told apart.
class Turn {
 public:
  explicit Turn(bool& taken) : taken_(taken) { taken_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { taken_ = false; }

 private:
  bool& taken_;
};

const Visitor* visitor_of(StepContext& step, const core::MacAddress& mac) {
  const auto& visitors = step.tools().scout.visitors();
  const auto found = visitors.find(mac);
  return found == visitors.end() ? nullptr : &found->second;
}

core::Task<core::Result<>> act(StepContext& step, PowerAction action) {
  const auto bmc = bmc_of(step);
  if (!bmc) co_return std::unexpected(bmc.error());
  const auto intent = co_await step.intend(action == PowerAction::off ? "power_off" : "power_on",
                                           core::Json{{"for", "power test"}});
  if (!intent) co_return std::unexpected(intent.error());
  const auto sent = co_await (*bmc)->power(action, step.timers().now() + step.tools().site.pacing.bmc_call);
  co_return co_await step.resolve((*intent)->id, sent ? IntentState::done : IntentState::indeterminate,
                                  core::Json::object());
}

core::Task<bool> becomes(StepContext& step, PowerState wanted) {
  const core::BootTime end = step.timers().now() + step.tools().site.pacing.power_change;
  while (!step.cancelled() && step.timers().now() < end) {
    const auto seen = co_await look_at_power(step);
    if (seen && *seen == wanted) co_return true;
    co_await step.pause(step.tools().site.pacing.power_poll);
  }
  co_return false;
}

core::Error no_match(std::string why) {
  return {core::ErrorKind::not_found, "discover.no_match", std::move(why)};
}

core::Task<StepOutcome> give_up(StepContext& step, std::string why) {
  return boot_again(step, boot_act::scout, no_match(std::move(why)));
}

/// The same for what silence told, since `began`: while nobody is listened to, everybody is silent.
core::Task<StepOutcome> give_up(StepContext& step, core::BootTime began, std::string why) {
  return boot_again(step, boot_act::scout, in_vain(step, began, no_match(std::move(why))));
}

}  // namespace

std::vector<core::MacAddress> unmatched_scouts(StepContext& step) {
  std::vector<core::MacAddress> found;
  for (const auto& [mac, visitor] : step.tools().scout.visitors()) {
    if (!visitor.asset) continue;
    const AssetPtr row = step.tools().ledger.working().asset(step.tools().registry.resolve(*visitor.asset));
    const bool nobodys = row && !row->bmc && !row->accepted && row->status == AssetStatus::discovering;
    if (nobodys && !row->inventory_json.empty()) found.push_back(mac);
  }
  return found;
}

core::Task<StepOutcome> power_test(StepContext& step) {
  while (step.tools().power_test_runs && !step.cancelled() && step.timers().now() < step.deadline()) {
    co_await step.pause(5s);
  }
  if (step.cancelled()) co_return Next{};
  if (step.tools().power_test_runs || step.timers().now() >= step.deadline()) {
    // Not over from power off: that would look to the test in hand like an answer to its own acts.
    co_return Failed{{core::ErrorKind::timed_out, "discover.power_test_busy",
                      "power tests of other machines took all the time that this one had"}};
  }
  const Turn turn(step.tools().power_test_runs);
  const ScoutService::Brisk brisk(step.tools().scout);
  const core::BootTime began = step.timers().now();
  co_await step.pause(settle);
  if (step.cancelled()) co_return Next{};

  std::map<core::MacAddress, std::uint64_t> before;
  for (const auto& mac : unmatched_scouts(step)) {
    const Visitor* const visitor = visitor_of(step, mac);
    if (step.timers().now() - visitor->last_heard <= heard_lately) before[mac] = visitor->claims.number;
  }
  if (before.empty())
    co_return co_await give_up(step, began, "no machine that could be this BMC's runs scout");

  if (auto off = co_await act(step, PowerAction::off); !off) co_return bmc_trouble(step, off.error());
  if (!co_await becomes(step, PowerState::off))
    co_return co_await give_up(step, "the machine was not seen to switch off");
  const core::BootTime off_at = step.timers().now();
  co_await step.pause(step.tools().site.pacing.power_test_silence);
  if (step.cancelled()) co_return Next{};
  std::vector<core::MacAddress> silent;
  for (const auto& [mac, number] : before) {
    const Visitor* const visitor = visitor_of(step, mac);
    if (visitor != nullptr && visitor->last_heard > off_at + 5s) continue;
    silent.push_back(mac);
  }
  if (silent.size() != 1 || step.tools().serving.since(step.timers().now()) > began) {
    co_return co_await give_up(
        step, began, fmt::format("the BMC switched off, and {} machines fell silent", silent.size()));
  }

  auto armed = co_await arm_network_boot(step);
  if (!std::holds_alternative<Next>(armed)) co_return armed;
  if (auto on = co_await act(step, PowerAction::on); !on) co_return bmc_trouble(step, on.error());
  const Pacing& pacing = step.tools().site.pacing;
  const core::BootTime end = std::min(step.deadline(), step.timers().now() + pacing.boot + pacing.load);
  while (!step.cancelled()) {
    const Visitor* const visitor = visitor_of(step, silent.front());
    if (visitor != nullptr && visitor->claims.number > before[silent.front()]) break;
    if (step.timers().now() >= end)
      co_return co_await give_up(step, began, "the machine that fell silent did not come back");
    co_await step.pause(5s);
  }
  if (step.cancelled()) co_return Next{};  // it fell silent: that alone is no answer to both acts
  const Visitor* const back = visitor_of(step, silent.front());
  const auto returned = back == nullptr ? std::nullopt : back->asset;
  if (!returned) co_return co_await give_up(step, "the machine that came back is not known");
  auto admission = step.tools().registry.join(*returned, step.asset_id(), step.timers().utc_now());
  if (!admission) co_return Failed{admission.error()};
  if (auto joined = co_await step.tools().ledger.commit(std::move(admission->batch)); !joined) {
    co_return Failed{joined.error()};
  }
  co_await boot_was_seen(step, step.newest(boot_act::scout));
  step.note("asset.matched", "recognised as this BMC's machine by a power test");
  co_return Next{};
}

Step power_test_step(const Pacing& pacing) {
  return {.name = "power_test",
          .allowed = (pacing.boot + pacing.load) * 2,
          .usual = 5min,
          .tries = 2,
          .waits_for = "one of the unmatched machines to react to this BMC's power",
          .advice = "nothing tells which machine belongs to this BMC: give its firmware a UUID or serial",
          .run = power_test};
}

}  // namespace colony::workflows
