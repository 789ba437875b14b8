#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class SecondFactorCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"users second-factor",
            "Turn on one-time codes (TOTP) for a user's log-in: first a secret, then its first code",
            "  colony users second-factor alice | qrencode -t UTF8      for an authenticator app\n"
            "  colony users second-factor alice --code 123456           what the app shows: now it counts\n"
            "A lost telephone: colony users change alice --remove-second-factor"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("NAME", name_, "Whose");
    arguments.option("--code", "DIGITS", code_, "The first code of the app");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (!code_.empty()) {
      const auto user =
          co_await session.api.post(api_path({"users", name_, "totp", "confirm"}), Json{{"code", code_}});
      if (!user) co_return report_error(session, user.error());
      if (session.output == Output::json) print_json(session, *user);
      if (session.output == Output::table)
        session.console.out(terminal_text(name_) + "  logs in with a second factor\n");
      co_return ExitCode::success;
    }
    const auto made = co_await session.api.post(api_path({"users", name_, "totp"}), Json::object());
    if (!made) co_return report_error(session, made.error());
    if (session.output == Output::json) {
      print_json(session, *made);
      co_return ExitCode::success;
    }
    session.console.out(text_of(*made, "uri") + "\n");
    session.console.err("The secret is shown this once. It counts after: colony users second-factor " +
                        terminal_text(name_) + " --code DIGITS\n");
    co_return ExitCode::success;
  }

 private:
  std::string name_, code_;
};

}  // namespace

std::unique_ptr<Command> make_users_second_factor_command() {
  return std::make_unique<SecondFactorCommand>();
}

}  // namespace colony::daemon::cli
