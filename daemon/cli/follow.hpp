#pragma once
// Workflows while they run: a live table on a terminal, a line for every change elsewhere. On standard error:
// standard output is for results.

#include <functional>
#include <string>
#include <vector>

#include "daemon/cli/command.hpp"
#include "daemon/cli/table.hpp"

namespace colony::daemon::cli {

/// Completed or failed.
[[nodiscard]] bool is_finished(const core::Json& workflow);
[[nodiscard]] std::string workflow_table(const Session& session, const core::Json& workflows,
                                         TableStyle style);

struct Follow {
  std::vector<std::string> ids;  // these; empty: all that are unfinished now or come while we look
  std::string asset;             // without ids: only of this server
  bool ordered = false;          // colonyd took the orders a moment ago: it is there
};

/// Until all of them are finished. Success when all completed; general when one failed or is held. When
/// colonyd never answers: its error, at once; when it goes away later it is waited for, and that is said.
/// With JSON output prints them at the end.
[[nodiscard]] core::Task<ExitCode> follow_workflows(Session& session, Follow what);

/// One order for each asset at /api/v1/assets/ASSET/ROUTE, with the body for its place in `assets`. A refused
/// one is reported and the others go on: what is under way must be known. Then as after_orders(); the exit
/// code is the first refusal's, if there is one.
[[nodiscard]] core::Task<ExitCode> order_each(Session& session, std::vector<std::string> assets,
                                              std::string route,
                                              std::function<core::Json(std::size_t)> body_of, bool wait);

/// One line about an order that waits for a second person (docs/openapi.yaml, HeldOrder). For terminal_text.
[[nodiscard]] std::string held_line(const std::string& id, const core::Json& held);
/// Whether the answer to an order is that it waits so, which is said then.
[[nodiscard]] bool report_held(Session& session, const core::Json& answer);

/// After orders: their answers with workflow_id each. Follows them when `wait`, else says how to.
[[nodiscard]] core::Task<ExitCode> after_orders(Session& session, core::Json submitted, bool wait);

}  // namespace colony::daemon::cli
