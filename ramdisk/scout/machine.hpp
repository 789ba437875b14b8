#pragma once
// The server that scout runs on. KernelMachine (kernel_machine.hpp) is a real one; hw-sim has simulated ones.
// Calls block: they run on a BlockingPool.

#include <memory>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/scout/block_device.hpp"

namespace colony::ramdisk {

class Machine {
 public:
  virtual ~Machine() = default;
  /// What the machine is made of now; looked at anew by each call.
  [[nodiscard]] virtual core::Result<drivers::scout::Inventory> inventory() = 0;
  /// Opens a disk of the last inventory for its erasure, exclusively: kind conflict when it is mounted or
  /// held by somebody. Writes nothing.
  [[nodiscard]] virtual core::Result<std::shared_ptr<BlockDevice>> open(const drivers::scout::Disk& disk) = 0;
};

}  // namespace colony::ramdisk
