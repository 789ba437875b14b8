#pragma once
// One command of `colony`: its words, its arguments, its act. One file a command; program.cpp knows the list.

#include <memory>
#include <string>
#include <vector>

#include "core/async/task.hpp"
#include "core/async/timers.hpp"
#include "daemon/cli/api_client.hpp"
#include "daemon/cli/arguments.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/exit_code.hpp"

namespace colony::daemon::cli {

enum class Output : std::uint8_t { table, json };

/// What every command runs with.
struct Session {
  core::Timers& timers;
  Console& console;
  ApiClient& api;
  Output output = Output::table;
};

struct CommandText {
  std::string name;      // "assets", or "bmc power" for a command of a group
  std::string summary;   // one line
  std::string examples;  // shown below --help: it teaches
};

class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;
  [[nodiscard]] virtual CommandText text() const = 0;
  virtual void declare(Arguments& arguments) = 0;
  [[nodiscard]] virtual core::Task<ExitCode> run(Session& session) = 0;
};

using Commands = std::vector<std::unique_ptr<Command>>;

}  // namespace colony::daemon::cli
