#include "daemon/cli/console_talk.hpp"

#include <fmt/format.h>

#include "core/async/task_group.hpp"
#include "daemon/cli/escape.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/cli/terminal.hpp"

namespace colony::daemon::cli {

namespace {

/// What the machine prints goes to the terminal as it is: whoever opens a console wants its colours.
core::Task<> show(Session& session, drivers::SerialLine& line, std::optional<core::Error>& end,
                  core::Wakeup& over) {
  for (;;) {
    const auto output = co_await line.read(core::BootTime::max());
    if (!output) {
      end = output.error();
      over.wake();
      co_return;
    }
    if (output->lost > 0) session.console.err(fmt::format("\r\n[{} bytes lost]\r\n", output->lost));
    session.console.out(core::as_text(output->bytes));
  }
}

core::Task<> type(Session& session, drivers::SerialLine& line, Terminal& terminal, core::Wakeup& over) {
  EscapeReader escapes;
  for (;;) {
    const auto input = co_await terminal.read();
    // Output goes on; only a signal ends it now.
    if (input.end == Terminal::End::input && !session.console.in_is_terminal()) continue;
    if (input.end != Terminal::End::none) break;
    for (const auto& typed : escapes.feed(input.bytes)) {
      if (!typed.bytes.empty() && !line.write(core::as_bytes(typed.bytes))) session.console.err("\a");
      if (typed.order == EscapeOrder::help) session.console.err(escape_help);
      if (typed.order == EscapeOrder::send_break) line.send_break();
      if (typed.order != EscapeOrder::leave) continue;
      over.wake();
      co_return;
    }
  }
  over.wake();
}

}  // namespace

core::Task<ExitCode> talk(Session& session, drivers::SerialLine& line, std::string_view where) {
  session.console.err(fmt::format("Serial console of {}. Leave with ~. at the start of a line; help: ~?\n",
                                  terminal_text(where)));
  std::optional<core::Error> end;
  {
    const auto terminal = Terminal::open(session.timers);
    core::Wakeup over(session.timers);
    core::TaskGroup tasks(session.timers);
    tasks.spawn("console.show", show(session, line, end, over));
    tasks.spawn("console.type", type(session, line, *terminal, over));
    co_await over.wait();
    tasks.cancel();
    co_await tasks.join();
  }
  if (session.console.out_is_terminal()) session.console.out("\n");
  co_await line.close();
  if (end) co_return report_error(session, *end);
  session.console.err("console closed\n");
  co_return ExitCode::success;
}

}  // namespace colony::daemon::cli
