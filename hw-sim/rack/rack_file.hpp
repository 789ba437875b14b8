#pragma once
// RACK.yaml: which servers stand in the rack, and what goes wrong with them (docs/hw-sim.md). Pure: text in,
// profiles out. Everything about a server that the file leaves open follows from its number, so that two runs
// of one file have the same MACs, serials and UUIDs.

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "hw-sim/bmc/bmc_faults.hpp"
#include "hw-sim/bmc/bmc_profile.hpp"
#include "hw-sim/faults/fault_plan.hpp"
#include "hw-sim/rack/server_profile.hpp"

namespace colony::hw_sim {

struct RackServer {
  ServerProfile profile;
  BmcProfile bmc;
  std::vector<Fault> faults;
  std::vector<BmcFault> bmc_faults;
};

struct RackFile {
  std::string interface;
  double speed = 20;  // how much faster than real machines
  std::vector<RackServer> servers;
};

inline constexpr std::size_t max_rack_servers = 10'000;

/// Errors: rack.file; the message is one line for each fault: the key's path, what is wrong, what is
/// accepted.
[[nodiscard]] core::Result<RackFile> parse_rack_file(std::string_view text);

}  // namespace colony::hw_sim
