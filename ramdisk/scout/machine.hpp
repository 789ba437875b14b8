#pragma once
// The server that scout runs on. KernelMachine (kernel_machine.hpp) is a real one; hw-sim has simulated ones.
// Calls block: they run on a BlockingPool.

#include <map>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/scout/block_device.hpp"

namespace colony::ramdisk {

/// What was heard on each port, by the port's name.
using Neighbours = std::map<std::string, drivers::scout::LldpNeighbour>;

class Machine {
 public:
  virtual ~Machine() = default;
  /// What the machine is made of now; looked at anew by each call.
  [[nodiscard]] virtual core::Result<drivers::scout::Inventory> inventory() = 0;
  /// Whether neighbours() may grow while the machine waits.
  [[nodiscard]] virtual bool hears_neighbours() const { return false; }
  /// What the switches have said until now; quick. May be called while inventory() runs.
  [[nodiscard]] virtual Neighbours neighbours() { return {}; }
  /// Opens a disk of the last inventory for its erasure, exclusively: kind conflict when it is mounted or
  /// held by somebody. Writes nothing.
  [[nodiscard]] virtual core::Result<std::shared_ptr<BlockDevice>> open(const drivers::scout::Disk& disk) = 0;
};

/// Puts each neighbour to its port.
void add_neighbours(drivers::scout::Inventory& inventory, const Neighbours& heard);

}  // namespace colony::ramdisk
