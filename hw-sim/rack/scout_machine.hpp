#pragma once
// A simulated server as scout sees it from inside: its inventory and its disks. There is one scout; here it
// looks at these instead of at sysfs.

#include "hw-sim/faults/fault_plan.hpp"
#include "hw-sim/rack/server.hpp"
#include "ramdisk/scout/machine.hpp"

namespace colony::hw_sim {

/// `server` outlives it.
[[nodiscard]] std::shared_ptr<ramdisk::Machine> make_scout_machine(Server& server);

}  // namespace colony::hw_sim
