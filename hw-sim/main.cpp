// hw-sim: the world around the appliance, simulated. Each subcommand lives in its own room.

#include <CLI/CLI.hpp>

#include "hw-sim/bmc/bmc_main.hpp"
#include "hw-sim/hosted/hosted_main.hpp"
#include "hw-sim/rack/rack_runner.hpp"
#include "hw-sim/subcommand.hpp"

int main(int argc, char** argv) {
  CLI::App program("The world around the Colony appliance, simulated", "hw-sim");
  program.require_subcommand(1);
  colony::hw_sim::Subcommands subcommands(program);
  colony::hw_sim::register_bmc(subcommands);
  colony::hw_sim::register_hosted(subcommands);
  colony::hw_sim::register_rack(subcommands);
  CLI11_PARSE(program, argc, argv);
  for (const auto& subcommand : subcommands.list()) {
    if (*subcommand.app) return subcommand.run();
  }
  return 2;
}
