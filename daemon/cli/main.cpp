// colony: the operator's command.
#include <csignal>

#include <boost/asio/io_context.hpp>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/async/task_group.hpp"
#include "core/http/client.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/program.hpp"
#include "daemon/init/instance.hpp"

namespace {

using namespace colony;
using namespace colony::daemon::cli;
using colony::daemon::Instance;
using colony::daemon::instance_variable;

core::Task<> run_command(Command& command, Session& session, ExitCode& exit_code) {
  exit_code = co_await command.run(session);
}

/// Passwords and keys pass through this program: no core dump, no ptrace by others of our user.
void keep_memory_private() {
  prctl(PR_SET_DUMPABLE, 0);
  constexpr rlimit none{.rlim_cur = 0, .rlim_max = 0};
  (void)setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_private();
  const std::vector<std::string> arguments = take_arguments(argc, argv);
  std::signal(SIGPIPE, SIG_IGN);  // `colony assets | head` ends quietly
  SystemConsole console;
  const Commands commands = make_commands();
  GlobalOptions globals;
  if (const auto instance = Instance::parse(console.environment(instance_variable).value_or(""))) {
    globals.socket = instance->socket();
  }
  const Parsed parsed = parse_command_line(arguments, commands, globals, console);
  if (parsed.command == nullptr) return static_cast<int>(parsed.exit_code);

  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::http::Client client(timers, core::http::UnixEndpoint{globals.socket});
  ApiClient api(timers, client, globals.socket);
  Session session{timers, console, api, globals.output == "json" ? Output::json : Output::table};
  ExitCode exit_code = ExitCode::general;
  core::TaskGroup group(timers);
  group.spawn("colony", run_command(*parsed.command, session, exit_code));
  loop.run();
  return static_cast<int>(exit_code);
}
