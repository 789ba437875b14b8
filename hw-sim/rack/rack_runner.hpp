#pragma once
// `hw-sim rack`: a rack of servers on a network interface.

#include "hw-sim/subcommand.hpp"

namespace colony::hw_sim {

void register_rack(Subcommands& subcommands);

}  // namespace colony::hw_sim
