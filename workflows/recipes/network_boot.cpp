#include "workflows/recipes/network_boot.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/recipes/bmc_reset.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

/// In data(): the persistent rung that the BMC may hold.
constexpr const char* held = "held_rung";
constexpr unsigned release_tries = 3;
constexpr core::Duration release_pause = 5s;

std::string bmc_model(StepContext& step) {
  const auto identity = bmc_identity_from_text(step.asset()->bmc_identity_json);
  return identity ? model_of(*identity) : std::string();
}

/// In the order's own context: what is remembered may change while this order climbs.
std::vector<BootRung> ladder(StepContext& step) {
  std::vector<BootRung> rungs;
  if (const core::Json* kept = core::json_member(step.data(), "ladder");
      kept != nullptr && kept->is_array()) {
    for (const auto& each : *kept) {
      const auto rung = each.is_string() ? parse_boot_rung(each.get<std::string>()) : std::nullopt;
      if (rung) rungs.push_back(*rung);
    }
  }
  if (!rungs.empty()) return rungs;
  const std::string model = bmc_model(step);
  const auto worked = model.empty()
                          ? std::nullopt
                          : parse_boot_rung(step.tools().ledger.working().setting(rung_setting(model)));
  rungs = boot_ladder(
      likely_firmware(step), worked,
      step.tools().site.bmc_reset == BmcReset::last_resort ? RungBefore::bmc_reset : RungBefore::nothing);
  core::Json kept = core::Json::array();
  for (const BootRung& rung : rungs) kept.push_back(to_text(rung));
  step.data()["ladder"] = std::move(kept);
  return rungs;
}

/// The BMC answered, and does not want this setting.
const core::Error* refusal_of(const StepOutcome& outcome) {
  const core::Error* error = nullptr;
  if (const auto* later = std::get_if<Again>(&outcome)) error = &later->because;
  if (const auto* failed = std::get_if<Failed>(&outcome)) error = &failed->error;
  const bool refused =
      error != nullptr &&
      (error->kind == core::ErrorKind::refused || error->kind == core::ErrorKind::unsupported ||
       error->code == "ipmi.boot_device_ignored" || error->kind == core::ErrorKind::invalid_input);
  return refused ? error : nullptr;
}

void remember_rung(StepContext& step) {
  const std::string model = bmc_model(step);
  // The first rung needs no memory: it is what is tried anyway.
  if (model.empty() || step.count("rung") == 0) return;
  const BootRung rung = rung_in_hand(step);
  // A BMC that had to be restarted says nothing about its model.
  if (rung.before == RungBefore::bmc_reset) return;
  step.add(SettingRow{rung_setting(model), to_text(rung)});
  step.note("boot.learnt",
            fmt::format("{} network boot is what this BMC honours; tried first from now on", describe(rung)));
}

}  // namespace

BootRung rung_in_hand(StepContext& step) {
  const auto rungs = ladder(step);
  return rungs[std::min<std::size_t>(step.count("rung"), rungs.size() - 1)];
}

core::Task<StepOutcome> arm_network_boot(StepContext& step) {
  bool tried_again = false;
  for (;;) {
    const BootRung rung = rung_in_hand(step);
    if (rung.before == RungBefore::bmc_reset) {
      auto restarted = co_await reset_bmc(step);
      if (!std::holds_alternative<Next>(restarted)) co_return restarted;
    }
    const bool persistent = rung.persistence == drivers::BootPersistence::persistent;
    if (persistent) {
      step.data()[held] = to_text(rung);
      if (auto kept = co_await step.keep(); !kept) co_return Failed{kept.error()};
    }
    auto outcome =
        co_await set_boot_device(step, {drivers::BootDevice::pxe, rung.persistence, rung.firmware});
    // The BMC has one setting: a one-time boot that it took stands in the place of a persistent one.
    if (!persistent && std::holds_alternative<Next>(outcome)) step.data().erase(held);
    const core::Error* const refusal = refusal_of(outcome);
    if (refusal == nullptr) co_return outcome;
    // Once may be a slip; twice is its way.
    if (refusal->code == "ipmi.boot_device_ignored" && !std::exchange(tried_again, true)) continue;
    tried_again = false;
    const std::string why = refusal->message;
    if (!climb(step)) co_return outcome;
    step.note("boot.rung_refused", fmt::format("the BMC does not take a {} network boot ({}); next: {}",
                                               describe(rung), why, describe(rung_in_hand(step))));
  }
}

core::Task<> boot_was_seen(StepContext& step, IntentPtr boot) {
  learn_self_test(step, boot);
  remember_rung(step);
  co_await release_boot_device(step);
}

bool climb(StepContext& step) {
  const unsigned next = step.count("rung") + 1;
  const auto rungs = ladder(step);
  if (next >= rungs.size()) return false;
  if (rungs[next].before == RungBefore::bmc_reset && !may_reset_bmc(step)) return false;
  step.data()["rung"] = next;
  return true;
}

std::string rungs_tried(StepContext& step) {
  auto rungs = ladder(step);
  rungs.resize(std::min<std::size_t>(rungs.size(), step.count("rung") + 1));
  std::vector<std::string> texts;
  texts.reserve(rungs.size());
  for (const BootRung& rung : rungs) texts.push_back(describe(rung));
  return fmt::format("{}", fmt::join(texts, ", "));
}

core::Task<> release_boot_device(StepContext& step) {
  const auto rung = parse_boot_rung(core::json_text(step.data(), held).value_or(""));
  if (!rung) co_return;
  core::Error trouble;
  for (unsigned tries = 1; tries <= release_tries; ++tries) {
    const auto bmc = bmc_of(step);
    if (!bmc) co_return;
    const auto released = co_await (*bmc)->set_boot_device(
        {drivers::BootDevice::none, drivers::BootPersistence::once, rung->firmware},
        step.timers().now() + step.tools().site.pacing.bmc_call);
    if (released) {
      step.data().erase(held);
      step.note("boot.released", "the persistent network boot was taken back");
      co_return;
    }
    trouble = released.error();
    if (trouble.kind == core::ErrorKind::unauthorized) break;  // a BMC locks accounts
    if (tries < release_tries) co_await step.pause(release_pause);
  }
  step.note("boot.released", fmt::format("the persistent network boot could not be taken back: {}; set it by "
                                         "hand: colony bmc bootdev none",
                                         trouble.message));
}

}  // namespace colony::workflows
