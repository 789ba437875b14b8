#pragma once
// The operator's terminal while it is a machine's: raw, read key by key, and put back however this program
// ends.

#include <csignal>
#include <memory>
#include <string>

#include "core/async/timers.hpp"
#include "core/error.hpp"

namespace colony::daemon::cli {

/// Standard input and output. At most one at a time in a process.
class Terminal {
 public:
  /// Raw when standard input is a terminal. SIGINT, SIGTERM, SIGHUP and SIGQUIT end read(), so that the
  /// command ends in order; signals that end the process at once (a crash) put the terminal back first.
  [[nodiscard]] static std::unique_ptr<Terminal> open(core::Timers& timers);
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  virtual ~Terminal() = default;

  enum class End : std::uint8_t { none, input, signal };
  struct Input {
    std::string bytes;
    End end = End::none;
  };
  /// What was typed next; waits. After End::input there is nothing more to read.
  [[nodiscard]] virtual core::Task<Input> read() = 0;
};

}  // namespace colony::daemon::cli
