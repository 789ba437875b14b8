#include "hw-sim/strike/strike.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <CLI/CLI.hpp>

namespace colony::hw_sim {

void add_strike_options(CLI::App& app, StrikeOptions& options) {
  app.add_option("--kill-at", options.at, "Strike on receipt of the K-th message");
  app.add_option("--kill-pid", options.pid, "Strike: SIGKILL to this process");
  app.add_option("--kill-command", options.command, "Strike: this shell command");
}

void strike(const StrikeOptions& options, const core::Log& log) {
  log.info("sim.strike", "The message to strike at has come", {{"k", options.at}});
  if (options.pid > 0 && ::kill(static_cast<pid_t>(options.pid), SIGKILL) != 0) {
    log.warn("sim.strike", "The process was not killed", {{"error", std::strerror(errno)}});
  }
  // From the command line of who started us, as documented: no text from the wire gets near it.
  if (!options.command.empty() && std::system(options.command.c_str()) != 0) {
    log.warn("sim.strike", "The kill command failed");
  }
}

}  // namespace colony::hw_sim
