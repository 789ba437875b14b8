#pragma once
// `hw-sim bmc`: one simulated BMC with a plain machine behind it.

#include "hw-sim/subcommand.hpp"

namespace colony::hw_sim {

void register_bmc(Subcommands& subcommands);

}  // namespace colony::hw_sim
