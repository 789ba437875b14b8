#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// How far the newest boot came, and how long each stage took to come.
void show_boot(Session& session, const Json& why) {
  const Json* boot = core::json_member(why, "boot");
  if (boot == nullptr || !boot->is_array() || boot->empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const auto& stage : *boot) {
    const Json* after = core::json_member(stage, "after_seconds");
    rows.push_back({text_of(stage, "stage"), text_of(stage, "at"),
                    after != nullptr && after->is_number() ? fmt::format("{:.1f} s", after->get<double>())
                                                           : std::string()});
  }
  session.console.out(
      "\nIts newest boot\n" +
      render_table({{"STAGE"}, {"TIME", Align::left, 24}, {"AFTER", Align::right}}, rows, style_of(session)));
}

/// Orders for it that wait for a second person, and who that may be.
void show_held(Session& session, const Json& why) {
  const Json* held = core::json_member(why, "held");
  if (held == nullptr || !held->is_array() || held->empty()) return;
  session.console.out("\nHeld for a second person (colony approve ID, or --deny)\n");
  for (const auto& order : *held)
    session.console.out("  " + terminal_text(held_line(text_of(order, "id"), order)) + "\n");
}

void show(Session& session, const Json& why) {
  const Json* asset = core::json_member(why, "asset");
  const Json* workflow = core::json_member(why, "workflow");
  const bool working = workflow != nullptr && workflow->is_object();
  const std::string since = text_of(why, "since");
  std::vector<std::pair<std::string, std::string>> lines;
  if (asset != nullptr) {
    const std::string condition = text_of(*asset, "condition");
    lines.emplace_back("asset", text_of(*asset, "name"));
    lines.emplace_back(
        "status",
        text_of(*asset, "status") +
            (condition == "normal" ? "" : ", " + condition + ": " + text_of(*asset, "condition_reason")));
  }
  if (working && is_finished(*workflow)) {
    lines.emplace_back("last work", text_of(*workflow, "type") + " " + text_of(*workflow, "status"));
  } else if (working) {
    lines.emplace_back(
        "doing", fmt::format("{}, step {} ({} of {})", text_of(*workflow, "type"), text_of(*workflow, "step"),
                             number_of(*workflow, "step_number"), number_of(*workflow, "step_count")));
  }
  lines.emplace_back("waits for", text_of(why, "waits_for"));
  lines.emplace_back("since", fmt::format("{} ({})", since, age_of(session, since)));
  if (const auto usual = core::json_uint(why, "usual_seconds")) {
    lines.emplace_back("usually takes", core::format_duration(std::chrono::seconds(*usual)));
  }
  if (const auto until = text_of(why, "gives_up_at"); !until.empty())
    lines.emplace_back("gives up at", until);
  session.console.out(render_pairs(lines, style_of(session).fit));
  show_held(session, why);

  std::vector<std::vector<std::string>> rows;
  if (const Json* evidence = core::json_member(why, "evidence"); evidence != nullptr) {
    for (const auto& entry : *evidence) {
      rows.push_back({text_of(entry, "at"), text_of(entry, "source"), text_of(entry, "text")});
    }
  }
  if (rows.empty()) {
    session.console.out("\nNothing was seen of it in this step yet.\n");
  } else {
    session.console.out("\nSeen so far\n" + render_table({{"TIME", Align::left, 24}, {"SOURCE"}, {"WHAT"}},
                                                         rows, style_of(session)));
  }
  show_boot(session, why);
  const Json* advice = core::json_member(why, "advice");
  if (advice == nullptr || advice->empty()) return;
  session.console.out("\nWhat to do\n");
  for (const auto& line : *advice) {
    if (line.is_string()) session.console.out("  - " + terminal_text(line.get<std::string>()) + "\n");
  }
}

class WhyCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"why", "What a server waits for, what was seen, what to do", "  colony why web-1"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto why = co_await session.api.get(api_path({"assets", asset_, "why"}));
    if (!why) co_return report_error(session, why.error());
    if (session.output == Output::json) {
      print_json(session, *why);
    } else {
      show(session, *why);
    }
    co_return ExitCode::success;
  }

 private:
  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_why_command() {
  return std::make_unique<WhyCommand>();
}

}  // namespace colony::daemon::cli
