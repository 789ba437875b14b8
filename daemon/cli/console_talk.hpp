#pragma once
// An operator at a machine's serial line: what both `bmc console` and `console` do, whatever the line runs
// over.

#include "daemon/cli/command.hpp"
#include "drivers/serial_console.hpp"

namespace colony::daemon::cli {

/// Until the operator leaves (~.), input ends by a signal, or the line is over. Without a terminal the end of
/// input only ends typing. Closes the line. Says on standard error why it ended.
[[nodiscard]] core::Task<ExitCode> talk(Session& session, drivers::SerialLine& line, std::string_view where);

}  // namespace colony::daemon::cli
