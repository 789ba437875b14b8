#include "workflows/recipes/bmc_reset.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "workflows/assets/bmc_papers.hpp"
#include "workflows/recipes/power_steps.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view act = "bmc_reset";
constexpr core::Duration rest_between_resets = 1h;
/// A BMC still answers for a moment after it took the order.
constexpr core::Duration going_down = 10s;
constexpr core::Duration look_every = 5s;

core::Task<StepOutcome> await_answer(StepContext& step, IntentPtr intent) {
  const core::BootTime end =
      std::min(step.deadline(), step.timers().now() + step.tools().site.pacing.bmc_restart);
  co_await step.pause(going_down);
  while (!step.cancelled()) {
    const auto seen = co_await look_at_power(step);
    if (seen) {
      step.resolve_later(intent->id, IntentState::done, core::Json::object());
      step.note("bmc.reset", "the BMC was restarted and answers again");
      co_return Next{};
    }
    if (seen.error().kind == core::ErrorKind::unauthorized) co_return bmc_trouble(step, seen.error());
    if (step.timers().now() >= end) {
      step.resolve_later(intent->id, IntentState::indeterminate, core::Json{{"code", seen.error().code}});
      co_return Failed{
          {core::ErrorKind::unreachable, "bmc.reset_lost",
           "the BMC was restarted as a last resort and does not answer any more: " + seen.error().message}};
    }
    co_await step.pause(look_every);
  }
  co_return Next{};
}

}  // namespace

bool may_reset_bmc(StepContext& step) {
  if (step.tools().site.bmc_reset != BmcReset::last_resort || step.newest(act)) return false;
  const AssetPtr asset = step.asset();
  const auto& place = asset->bmc;
  if (!place) return false;
  const auto last = core::parse_utc(step.tools().ledger.working().setting(reset_setting(*place)));
  if (!last) return true;
  const auto since = step.timers().utc_now() - *last;
  // A clock that was set back does not make it wait for ever.
  return since >= rest_between_resets || since < core::Duration{0};
}

core::Task<StepOutcome> reset_bmc(StepContext& step) {
  const IntentPtr before = step.newest(act);
  if (before && before->state != IntentState::intended) co_return Next{};
  // Died after the intention: whether it was sent is unknown, and it is not sent again.
  if (before) co_return co_await await_answer(step, before);
  const auto bmc = bmc_of(step);
  if (!bmc) co_return Failed{bmc.error()};
  const AssetPtr asset = step.asset();
  const auto& place = asset->bmc;
  if (!place) co_return Next{};  // bmc_of has looked
  step.add(SettingRow{reset_setting(*place), core::format_utc(step.timers().utc_now())});
  const auto intent = co_await step.intend(act, core::Json{{"bmc", place->address.to_string()}});
  if (!intent) co_return Failed{intent.error()};
  step.log().warn("bmc.reset", "A BMC is restarted as the last resort to boot its machine from the network.",
                  {{"asset", step.asset_id()}, {"address", place->address}});
  const auto sent =
      co_await (*bmc)->reset_controller(step.timers().now() + step.tools().site.pacing.bmc_call);
  // We are ending: whoever goes on with this sees what became of it.
  const bool refused = !sent && sent.error().kind != core::ErrorKind::cancelled;
  if (refused) {
    step.resolve_later((*intent)->id, IntentState::failed, core::Json{{"code", sent.error().code}});
    co_return Failed{
        {sent.error().kind, "bmc.reset_refused",
         "no network boot was seen, and the BMC does not take a reset either: " + sent.error().message}};
  }
  co_return co_await await_answer(step, *intent);
}

}  // namespace colony::workflows
