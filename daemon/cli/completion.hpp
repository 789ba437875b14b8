#pragma once
// Completion scripts, generated from the commands themselves.

#include <string>
#include <vector>

#include "daemon/cli/program.hpp"

namespace colony::daemon::cli {

/// `shell`: bash, zsh or fish.
[[nodiscard]] std::string completion_script(std::string_view shell,
                                            const std::vector<CommandSketch>& commands);

}  // namespace colony::daemon::cli
