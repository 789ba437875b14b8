#include "daemon/cli/one_bmc_command.hpp"

#include <algorithm>

#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

core::Task<ExitCode> OneBmcCommand::run(Session& session) {
  auto where = one_bmc(session, arguments_);
  if (!where) co_return report_error(session, where.error());
  auto line = BmcLine::open(session, arguments_);
  if (!line) co_return report_error(session, line.error());
  auto bmc = (*line)->bmc(where->endpoint, std::move(where->credentials));
  const auto deadline = session.timers.now() + std::chrono::seconds(arguments_.timeout);
  auto result = co_await ask(session, *bmc, deadline);
  const std::string suite = (*line)->suite_of(where->endpoint);
  co_await bmc->close();
  bmc.reset();
  co_await (*line)->close();
  if (!result) co_return report_error(session, core::with_context(result.error(), arguments_.ip));
  if (!suite.empty()) (*result)["cipher_suite"] = suite;
  if (session.output == Output::json) {
    print_json(session, *result);
  } else {
    session.console.out(render(session, *result));
  }
  co_return ExitCode::success;
}

std::string OneBmcCommand::render(Session& session, const core::Json& result) const {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& [key, value] : result.items()) {
    std::string words = key;
    std::ranges::replace(words, '_', ' ');
    lines.emplace_back(std::move(words), text_of(result, key));
  }
  return render_pairs(lines, style_of(session).fit);
}

}  // namespace colony::daemon::cli
