#pragma once
// The rack's state as JSON, for verdicts that must not trust the appliance: computed from the disks, the BMCs
// and the boots themselves. docs/hw-sim.md explains the members.

#include "core/json.hpp"
#include "hw-sim/bmc/bmc_model.hpp"
#include "hw-sim/rack/server.hpp"
#include "hw-sim/rack/wire_count.hpp"

namespace colony::hw_sim {

[[nodiscard]] core::Json server_report(const Server& server, BmcModel& bmc);
[[nodiscard]] core::Json count_report(const WireCount& count);

}  // namespace colony::hw_sim
