#include "ramdisk/scout/wipe_run.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ramdisk/scout/erase.hpp"
#include "ramdisk/scout/wipe_plan.hpp"

namespace colony::ramdisk {

using namespace std::chrono_literals;
using core::Result;
using core::Task;
using drivers::scout::WipeOrder;
using drivers::scout::WipeResult;

namespace {

// colonyd takes three minutes without a word for a dead scout.
constexpr core::Duration longest_silence = 30s;

WipeResult result_of(const WipeOrder& order) {
  WipeResult result;
  result.workflow = order.workflow;
  result.attempt = order.attempt;
  result.epoch = order.epoch;
  return result;
}

}  // namespace

Result<std::vector<PreparedDisk>> prepare_disks(Machine& machine, const WipeOrder& order) {
  const auto inventory = machine.inventory();
  if (!inventory) return std::unexpected(inventory.error());
  auto matched = match_disks(order.disks, inventory->disks);
  if (!matched) return std::unexpected(matched.error());
  std::vector<PreparedDisk> prepared;
  for (auto& disk : *matched) {
    auto device = machine.open(disk);
    if (!device) return std::unexpected(device.error());
    if ((*device)->size_bytes() != disk.size_bytes ||
        (*device)->logical_block_bytes() != disk.logical_block_bytes) {
      return core::fail(
          core::ErrorKind::conflict, "scout.disk_changed",
          fmt::format("disk {} changed its size while it was opened", core::printable(disk.device)));
    }
    prepared.push_back({std::move(disk), std::move(*device)});
  }
  return prepared;
}

WipeResult not_begun(const WipeOrder& order, std::string_view reason) {
  WipeResult result = result_of(order);
  for (const auto& disk : order.disks) {
    drivers::scout::DiskWipe wipe;
    wipe.disk = disk;
    wipe.error = core::printable(reason, drivers::scout::max_error_text - 16);
    result.disks.push_back(std::move(wipe));
  }
  return result;
}

WipeRun::WipeRun(core::Timers& timers, core::BlockingPool& pool, Conversation conversation,
                 const WipeOrder& order, std::vector<PreparedDisk> disks)
    : timers_(timers),
      pool_(pool),
      conversation_(conversation),
      methods_(order.methods),
      verify_permille_(order.verify_permille),
      result_(result_of(order)),
      done_(timers) {
  for (auto& disk : disks) {
    Lane& lane = lanes_.emplace_back();
    lane.progress.disk = disk.disk.id;
    if (!methods_.empty()) lane.progress.phase = name(methods_.front());
    lane.prepared = std::move(disk);
    lane.told = timers_.now();
  }
  result_.disks.resize(lanes_.size());
  running_ = lanes_.size();
}

void WipeRun::start(const std::shared_ptr<WipeRun>& self, core::TaskGroup& tasks, core::Random& random) {
  for (std::size_t i = 0; i < self->lanes_.size(); ++i) {
    tasks.spawn("erase", erase_one(self, i, random.u64()));
  }
  tasks.spawn("progress", report(self));
}

Task<> WipeRun::erase_one(std::shared_ptr<WipeRun> self, std::size_t index, std::uint64_t seed) {
  Lane& lane = self->lanes_[index];
  EraseRequest request{.disk = lane.prepared.disk,
                       .methods = self->methods_,
                       .verify_permille = self->verify_permille_,
                       .seed = seed};
  EraseProgress progress = [&lane](std::string_view phase, unsigned percent) {
    if (lane.progress.phase == phase && lane.progress.percent == percent) return;
    lane.progress = {.disk = lane.prepared.disk.id, .phase = std::string(phase), .percent = percent};
    lane.changed = true;
  };
  auto device = std::move(lane.prepared.device);
  self->result_.disks[index] = co_await erase_disk(self->timers_, self->pool_, std::move(device),
                                                   std::move(request), std::move(progress));
  lane.running = false;
  if (--self->running_ == 0) self->done_.wake();
}

Task<> WipeRun::report(std::shared_ptr<WipeRun> self) {
  while (self->running_ > 0) {
    co_await self->timers_.sleep_for(1s);
    for (std::size_t i = 0; i < self->lanes_.size() && self->running_ > 0; ++i) {
      Lane& lane = self->lanes_[i];
      // One percent of a large disk takes minutes; silence would be taken for a dead scout.
      const bool overdue = lane.running && self->timers_.now() - lane.told >= longest_silence;
      if (!lane.changed && !overdue) continue;
      lane.changed = false;
      lane.told = self->timers_.now();
      auto body = core::dump_json(to_json(lane.progress));
      // Progress is a courtesy: whether it arrives changes nothing.
      (void)co_await self->conversation_.once("progress", std::move(body), 5s);
    }
  }
}

Task<WipeResult> WipeRun::finished() {
  while (running_ > 0) co_await done_.wait();
  co_return std::move(result_);
}

}  // namespace colony::ramdisk
