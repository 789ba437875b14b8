#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// As a shell takes it for one word, whatever the hosted side put into it: people paste what they see.
std::string shell_word(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:-").contains(c);
  };
  if (!text.starts_with('-') && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

class ApproveCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"approve", "Let go, or deny, an order that waits for a second person",
            "  colony approve                 those that wait (policy.two_person)\n"
            "  colony approve op-7\n"
            "  colony approve op-7 --deny\n"
            "Whoever gave an order may withdraw it with --deny; letting it go takes somebody else: another\n"
            "user, or another uid at the socket (so not all by sudo)."};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("OPERATION", operation_, "Its id, as listed", Need::optional);
    arguments.flag("--deny", deny_, "It is refused; the hosted side is told so if it was its order");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (operation_.empty()) co_return co_await list(session);
    const auto decided = co_await session.api.post(
        api_path({"operations", operation_, deny_ ? "deny" : "approve"}), Json::object());
    if (!decided) co_return report_error(session, decided.error());
    if (session.output == Output::json) {
      print_json(session, *decided);
    } else {
      const std::string workflow = text_of(*decided, "workflow_id");
      const bool is_local = decided->contains("at");
      session.console.out(
          terminal_text(fmt::format("{} of {} is {}{}\n", text_of(*decided, "type"),
                                    text_of(*decided, "asset_name"), deny_ ? "denied" : "let go",
                                    is_local ? (workflow.empty() ? "" : ": workflow " + workflow)
                                             : "; the hosted side is answered within 10 s")));
    }
    co_return ExitCode::success;
  }

 private:
  static core::Task<ExitCode> list(Session& session) {
    const auto held = co_await session.api.get(api_path({"operations"}));
    if (!held) co_return report_error(session, held.error());
    if (session.output == Output::json) {
      print_json(session, *held);
      co_return ExitCode::success;
    }
    const Json* rows = core::json_member(*held, "operations");
    if (rows == nullptr || rows->empty()) {
      session.console.err("No order waits for a person.\n");
      co_return ExitCode::success;
    }
    for (const auto& row : *rows) {
      session.console.out(terminal_text(held_line(shell_word(text_of(row, "id")), row)) + "\n");
    }
    co_return ExitCode::success;
  }

  std::string operation_;
  bool deny_ = false;
};

}  // namespace

std::unique_ptr<Command> make_approve_command() {
  return std::make_unique<ApproveCommand>();
}

}  // namespace colony::daemon::cli
