#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/hosted_key.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/hosted/key_budgets.hpp"
#include "daemon/init/rotate_key.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

constexpr core::Duration patience = std::chrono::seconds(20);  // the daemon looks every 5 s
constexpr core::Duration pace = std::chrono::milliseconds(500);

/// Whether colonyd uses this key by now; false when the daemon does not run. Errors: hosted.key_not_taken.
Task<Result<bool>> wait_for_use(Session& session, const core::Secret& key) {
  const auto wanted = hosted::KeyIdentity::of(key).text();
  const core::BootTime end = session.timers.now() + patience;
  for (;;) {
    const auto status = co_await session.api.get(api_path({"status"}));
    if (!status && status.error().code == "api.unreachable") co_return false;
    const Json* link = status ? core::json_member(*status, "hosted") : nullptr;
    if (link != nullptr && text_of(*link, "key") == wanted) co_return true;
    if (session.timers.now() + pace > end) {
      const std::string why = link == nullptr ? "" : text_of(*link, "key_not_taken");
      co_return core::fail(
          core::ErrorKind::refused, "hosted.key_not_taken",
          why.empty()
              ? "colonyd does not use the new key: see colony status; where it has a key from systemd "
                "credentials or from COLONY_API_KEY, the file is not looked at: change it there, then: "
                "systemctl restart colonyd"
              : fmt::format("colonyd does not use the new key: {}", why));
    }
    co_await session.timers.sleep_for(pace);
  }
}

class ApiKeyRotateCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "api-key rotate", "Give the appliance another key for the hosted side, without a pause",
        "  colony api-key rotate --api-key-file FILE     from the web console, made but the old one not yet "
        "revoked\n"
        "  colony api-key rotate --api-key-file - < FILE\n"
        "  COLONY_API_KEY=... colony api-key rotate\n"
        "The new key is tried before the old one is replaced; when this ends well, the old one may be "
        "revoked."};
  }
  void declare(Arguments& arguments) override {
    key_.declare_file(arguments);
    arguments.option("--config-dir", "DIR", config_dir_, "Where colony.yaml is");
  }
  [[nodiscard]] Task<ExitCode> run(Session& session) override {
    const auto key = hosted_key_of(session, key_);
    if (!key) co_return report_error(session, key.error());
    Json steps = Json::array();
    const auto report = [&](const InitStep& step) {
      const std::string_view outcome = step.outcome == InitStep::Outcome::note        ? "note"
                                       : step.outcome == InitStep::Outcome::unchanged ? "unchanged"
                                                                                      : "done";
      steps.push_back({{"step", step.name}, {"outcome", outcome}, {"text", step.text}});
      if (session.output == Output::table) {
        session.console.out(terminal_text(fmt::format("{:14} {:9} {}", step.name, outcome, step.text)) +
                            "\n");
      }
    };
    const auto instance = chosen_instance(session);
    if (!instance) co_return report_error(session, instance.error());
    if (config_dir_ == Instance().config_dir()) config_dir_ = instance->config_dir();
    CurlRegistration hosted;
    const auto rotation = rotate_key(*key, config_dir_, hosted, report);
    if (!rotation) co_return report_error(session, rotation.error());
    const auto used = co_await wait_for_use(session, *key);
    if (!used) {
      if (!rotation->old_file.empty()) {
        session.console.err(fmt::format("The old key is in {}\n", rotation->old_file));
      }
      co_return report_error(session, used.error());
    }
    using Outcome = InitStep::Outcome;
    if (*used) {
      report({"in use", Outcome::done, "colonyd works with it"});
    } else {
      report({"in use", Outcome::note, "colonyd does not run; it takes it up when it starts"});
    }
    if (const auto forgotten = forget_old_key(*rotation); !forgotten) {
      co_return report_error(session, forgotten.error());
    }
    if (session.output == Output::json) print_json(session, Json{{"steps", steps}});
    session.console.err("Next: revoke the old key in the web console\n");
    co_return ExitCode::success;
  }

 private:
  HostedKeyArguments key_;
  std::string config_dir_ = InitRequest{}.config_dir;
};

}  // namespace

std::unique_ptr<Command> make_api_key_rotate_command() {
  return std::make_unique<ApiKeyRotateCommand>();
}

}  // namespace colony::daemon::cli
