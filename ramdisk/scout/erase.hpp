#pragma once
// Erases one disk: method after method until one reads back clean. Never says `erased` without a read-back.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/async/blocking_pool.hpp"
#include "core/async/task.hpp"
#include "core/async/timers.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/scout/block_device.hpp"

namespace colony::ramdisk {

struct EraseRequest {
  drivers::scout::Disk disk;  // as it is now
  std::vector<drivers::scout::WipeMethod> methods;
  unsigned verify_permille = 100;
  std::uint64_t seed = 0;  // of the samples; unknown to the disk beforehand
};

/// Called between slices; must not block.
using EraseProgress = std::function<void(std::string_view phase, unsigned percent)>;

[[nodiscard]] core::Task<drivers::scout::DiskWipe> erase_disk(core::Timers& timers, core::BlockingPool& pool,
                                                              std::shared_ptr<BlockDevice> device,
                                                              EraseRequest request, EraseProgress progress);

}  // namespace colony::ramdisk
