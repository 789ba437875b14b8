#pragma once
// The blow of a crash walk (docs/hw-sim.md): on receipt of the k-th message, before it is acted on or
// answered, a process is killed. What is a message is the room's affair.

#include <cstdint>
#include <string>

#include "core/log.hpp"

namespace CLI {
class App;
}

namespace colony::hw_sim {

struct StrikeOptions {
  std::uint64_t at = 0;  // 0: never
  std::int64_t pid = 0;
  std::string command;
};

/// --kill-at, --kill-pid and --kill-command.
void add_strike_options(CLI::App& app, StrikeOptions& options);
void strike(const StrikeOptions& options, const core::Log& log);

}  // namespace colony::hw_sim
