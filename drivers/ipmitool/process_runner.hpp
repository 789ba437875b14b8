#pragma once
// Runs one foreign program to its end or to a deadline. Output is bounded, secrets travel in the environment
// or on standard input only, and no child outlives its caller.

#include <string>
#include <vector>

#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::drivers {

struct ProcessOrder {
  std::string program;                 // a path, or a name looked up in PATH
  std::vector<std::string> arguments;  // without the program
  std::string secret_variable;         // name of the one environment variable that carries `secret`
  const core::Secret* secret = nullptr;
  /// What it finds on standard input, from a file in memory that only it and we have open; absent: nothing.
  const core::Secret* input = nullptr;
};

struct ProcessResult {
  int exit_code = 0;  // 128 + signal when killed
  std::string output;
  std::string diagnostics;
};

/// Of each stream; a program that writes more gets a write error.
inline constexpr std::size_t max_process_output = 64 << 10;

/// Errors: process.start (not_found when there is no such program), process.timed_out (it was killed).
[[nodiscard]] core::Task<core::Result<ProcessResult>> run_process(core::Timers& timers, ProcessOrder order,
                                                                  core::BootTime deadline);

}  // namespace colony::drivers
