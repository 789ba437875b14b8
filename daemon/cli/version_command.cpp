#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/version.hpp"

namespace colony::daemon::cli {

namespace {

class VersionCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"version", "Of this program, and of colonyd if it runs", ""};
  }
  void declare(Arguments&) override {}
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto status = co_await session.api.get(api_path({"status"}));
    const std::string daemon_version = status ? text_of(*status, "version") : "";
    if (session.output == Output::json) {
      print_json(session, core::Json{{"colony", program_version()}, {"colonyd", daemon_version}});
    } else {
      session.console.out(
          fmt::format("colony {}\ncolonyd {}\n", program_version(),
                      daemon_version.empty() ? "not running" : terminal_text(daemon_version)));
    }
    co_return ExitCode::success;
  }
};

}  // namespace

std::unique_ptr<Command> make_version_command() {
  return std::make_unique<VersionCommand>();
}

}  // namespace colony::daemon::cli
