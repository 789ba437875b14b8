#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class AuditCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"audit", "Who asked for what through the local API, and what came of it",
            "  colony audit\n"
            "  colony audit --limit 1000 --output json\n"
            "RESULT is the HTTP status of the answer: 2xx was done or taken on, 403 was not\n"
            "allowed, begun: it was asked for, and what came of it was not written down (a power cut)."};
  }
  void declare(Arguments& arguments) override {
    arguments.number("--limit", "N", limit_, 1, 1000, "The newest so many");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto seen = co_await session.api.get(fmt::format("{}?limit={}", api_path({"audit"}), limit_));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* lines = core::json_member(*seen, "audit"); lines != nullptr && lines->is_array()) {
      for (const auto& line : *lines) {
        rows.push_back({time_text(text_of(line, "at")), text_of(line, "who"), text_of(line, "from"),
                        text_of(line, "act"), text_of(line, "subject"),
                        text_of(line, "status") == "0" ? "begun" : text_of(line, "status")});
      }
    }
    std::ranges::reverse(rows);  // as a log reads: the newest last
    session.console.out(render_table({{"TIME", Align::left, 20},
                                      {"WHO", Align::left, 8},
                                      {"FROM", Align::left, 6},
                                      {"ACT", Align::left, 8},
                                      {"SUBJECT", Align::left, 8},
                                      {"RESULT", Align::right, 6}},
                                     rows, style_of(session)));
    co_return ExitCode::success;
  }

 private:
  unsigned limit_ = 50;
};

}  // namespace

std::unique_ptr<Command> make_audit_command() {
  return std::make_unique<AuditCommand>();
}

}  // namespace colony::daemon::cli
