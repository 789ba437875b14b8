#pragma once
// `hw-sim hosted`: the hosted side, on a socket.

#include "hw-sim/subcommand.hpp"

namespace colony::hw_sim {

void register_hosted(Subcommands& subcommands);

}  // namespace colony::hw_sim
