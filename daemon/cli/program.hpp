#pragma once
// `colony` from its arguments to its exit code.

#include <functional>
#include <string>
#include <vector>

#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

struct GlobalOptions {
  std::string output = "table";
  std::string socket = "/run/colony/colonyd.sock";
};

/// The chosen command, or the exit code after help, or after what was wrong with the arguments.
struct Parsed {
  Command* command = nullptr;
  ExitCode exit_code = ExitCode::success;
};

/// Fills `globals` and the members of the chosen command.
[[nodiscard]] Parsed parse_command_line(const std::vector<std::string>& arguments, const Commands& commands,
                                        GlobalOptions& globals, Console& console);

/// A command's words and options, for completion scripts.
struct CommandSketch {
  std::string name;
  std::vector<std::string> options;
};
[[nodiscard]] std::vector<CommandSketch> sketch(const Commands& commands);

}  // namespace colony::daemon::cli
