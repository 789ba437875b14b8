#include "drivers/sweep.hpp"

#include <algorithm>

#include "core/async/wakeup.hpp"

namespace colony::drivers {

namespace {

struct Sweep {
  explicit Sweep(core::Timers& with) : timers(with), ended(with) {}
  core::Timers& timers;
  std::vector<SweepTarget> targets;
  OpenBmc open;
  OnRow on_row;
  core::Duration patience{};
  std::size_t next = 0;
  std::size_t working = 0;
  core::Wakeup ended;
};

/// Takes targets until none is left.
core::Task<> take_turns(std::shared_ptr<Sweep> shared) {
  Sweep& sweep = *shared;
  while (sweep.next < sweep.targets.size()) {
    SweepTarget target = std::move(sweep.targets[sweep.next++]);
    const auto bmc = sweep.open(target.endpoint, std::move(target.credentials));
    SweepRow row{target.endpoint, co_await bmc->power_state(sweep.timers.now() + sweep.patience)};
    sweep.on_row(row);
    co_await bmc->close();
  }
  if (--sweep.working == 0) sweep.ended.wake();
}

}  // namespace

core::Task<core::Result<BmcProbe>> probe(Bmc& bmc, core::BootTime deadline) {
  BmcProbe out;
  auto identity = co_await bmc.identity(deadline);
  if (identity) out.identity = std::move(*identity);
  const auto power = identity ? co_await bmc.power_state(deadline)
                              : core::Result<core::PowerState>(std::unexpected(identity.error()));
  if (power) {
    out.power = *power;
    if (const auto boot = co_await bmc.boot_device(deadline)) out.boot_device = *boot;
  }
  co_await bmc.close();
  if (!power) co_return std::unexpected(power.error());
  co_return out;
}

core::Task<> sweep_power(core::Timers& timers, core::TaskGroup& group, std::vector<SweepTarget> targets,
                         OpenBmc open, OnRow on_row, std::size_t at_once, core::Duration patience) {
  if (targets.empty()) co_return;
  // Shared with the workers: a caller that is cancelled leaves before they end.
  const auto sweep = std::make_shared<Sweep>(timers);
  sweep->targets = std::move(targets);
  sweep->open = std::move(open);
  sweep->on_row = std::move(on_row);
  sweep->patience = patience;
  sweep->working = std::clamp<std::size_t>(at_once, 1, sweep->targets.size());
  const std::size_t workers = sweep->working;
  for (std::size_t i = 0; i < workers; ++i) group.spawn("bmc.sweep", take_turns(sweep));
  co_await sweep->ended.wait();
}

}  // namespace colony::drivers
