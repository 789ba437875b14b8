#include "daemon/cli/follow.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

using core::Json;
using core::Result;
using core::Task;

namespace {

using namespace std::chrono_literals;

constexpr core::Duration look_interval = 500ms;
/// colonyd may be restarted under us: that is no reason to stop looking.
constexpr core::Duration patience_without_daemon = 2min;

/// Nothing more will happen to it by itself.
bool is_over(const Json& workflow) {
  return is_finished(workflow) || core::json_bool(workflow, "held").value_or(false);
}

bool went_well(const Json& workflow) {
  return text_of(workflow, "status") == "completed";
}

std::string short_id(const std::string& id) {
  return id.substr(0, 8);
}

std::string step_text(const Json& workflow) {
  const auto number = number_of(workflow, "step_number");
  const auto count = number_of(workflow, "step_count");
  std::string out = text_of(workflow, "step");
  if (number != 0 && count != 0) out = fmt::format("{}/{} {}", number, count, out);
  return out;
}

std::string news(const Json& workflow) {
  if (const Json* error = core::json_member(workflow, "error"); error != nullptr && error->is_object()) {
    return text_of(*error, "message");
  }
  std::string out;
  if (const Json* progress = core::json_member(workflow, "progress");
      progress != nullptr && progress->is_array()) {
    for (const auto& disk : *progress) {
      out += fmt::format("{}{} {} {}%", out.empty() ? "" : ", ", text_of(disk, "disk"),
                         text_of(disk, "phase"), number_of(disk, "percent"));
    }
  }
  return out.empty() ? text_of(workflow, "waits_for") : out;
}

/// How far the disks are, in steps of ten percent.
std::string tenths(const Json& workflow) {
  std::string out;
  const Json* progress = core::json_member(workflow, "progress");
  if (progress == nullptr || !progress->is_array()) return out;
  for (const auto& disk : *progress) {
    out += fmt::format("{} {} {},", text_of(disk, "disk"), text_of(disk, "phase"),
                       number_of(disk, "percent") / 10);
  }
  return out;
}

std::string status_text(const Json& workflow) {
  return core::json_bool(workflow, "held").value_or(false) ? "held" : text_of(workflow, "status");
}

std::string line_of(const Json& workflow) {
  std::string line = fmt::format("{} {} {}", text_of(workflow, "asset_name"), text_of(workflow, "type"),
                                 status_text(workflow));
  if (const auto step = step_text(workflow); !step.empty()) {
    line += fmt::format(" {} {}%", step, number_of(workflow, "percent"));
  }
  if (const auto latest = news(workflow); !latest.empty()) line += " " + latest;
  return line;
}

/// What is followed: named workflows, or all that are unfinished at some look (those of one server).
class Watched {
 public:
  explicit Watched(const Follow& follow) : ids_(follow.ids), finds_more_(follow.ids.empty()) {
    if (!follow.asset.empty()) filter_ = "&asset=" + core::http::percent_encode(follow.asset);
  }

  /// One look, in the order in which they came into sight.
  Task<Result<Json>> look(Session& session) {
    std::map<std::string, Json> listed;
    if (finds_more_) {
      auto all = co_await session.api.get("/api/v1/workflows?limit=1000" + filter_);
      if (!all) co_return all;
      const Json* list = core::json_member(*all, "workflows");
      if (list != nullptr && list->is_array()) {
        for (const auto& workflow : *list) notice(workflow, listed);
      }
    }
    Json out = Json::array();
    for (const auto& id : ids_) {
      if (const auto seen = listed.find(id); seen != listed.end()) {
        out.push_back(std::move(seen->second));
        continue;
      }
      auto workflow = co_await session.api.get(api_path({"workflows", id}));
      if (!workflow) co_return workflow;
      out.push_back(std::move(*workflow));
    }
    co_return out;
  }

 private:
  void notice(const Json& workflow, std::map<std::string, Json>& listed) {
    const std::string id = text_of(workflow, "id");
    listed[id] = workflow;
    if (!is_finished(workflow) && std::ranges::find(ids_, id) == ids_.end()) ids_.push_back(id);
  }

  std::vector<std::string> ids_;
  std::string filter_;
  bool finds_more_;
};

/// Draws over what it drew before, or prints changes line by line.
class Progress {
 public:
  explicit Progress(Session& session) : session_(session), live_(session.console.err_is_terminal()) {}

  /// Something else was written below.
  void begin_anew() { lines_ = 0; }

  void show(const Json& workflows) {
    if (live_) return draw(workflows);
    for (const auto& workflow : workflows) {
      // What is worth a line of a log: another step or state, and a tenth of a disk.
      const std::string state = fmt::format("{} {} {} {}", status_text(workflow), step_text(workflow),
                                            tenths(workflow), is_finished(workflow) ? news(workflow) : "");
      std::string& before = said_[text_of(workflow, "id")];
      if (before == state) continue;
      before = state;
      session_.console.err(terminal_text(line_of(workflow)) + "\n");
    }
  }

 private:
  void draw(const Json& workflows) {
    const std::string table = workflow_table(session_, workflows, {Colour::on, Fit::terminal});
    std::string out;
    if (lines_ > 0) out = fmt::format("\x1b[{}A\x1b[J", lines_);  // up, clear to the end
    out += table;
    lines_ = static_cast<std::size_t>(std::ranges::count(table, '\n'));
    session_.console.err(out);
  }

  Session& session_;
  bool live_;
  std::size_t lines_ = 0;
  std::map<std::string, std::string> said_;
};

}  // namespace

bool is_finished(const Json& workflow) {
  const std::string status = text_of(workflow, "status");
  return status == "completed" || status == "failed";
}

std::string workflow_table(const Session& session, const Json& workflows, TableStyle style) {
  const std::vector<Column> columns = {{"WORKFLOW", Align::left, 8}, {"TYPE", Align::left, 17},
                                       {"ASSET", Align::left, 20},   {"STATUS", Align::left, 9},
                                       {"STEP", Align::left, 8},     {"%", Align::right, 3},
                                       {"AGE", Align::right, 6},     {"NEWS", Align::left, 12}};
  std::vector<std::vector<std::string>> rows;
  for (const auto& workflow : workflows) {
    rows.push_back({short_id(text_of(workflow, "id")), text_of(workflow, "type"),
                    text_of(workflow, "asset_name"), status_text(workflow), step_text(workflow),
                    std::to_string(number_of(workflow, "percent")),
                    age_of(session, text_of(workflow, "created_at")), news(workflow)});
  }
  return render_table(columns, rows, style);
}

Task<ExitCode> follow_workflows(Session& session, Follow what) {
  Progress progress(session);
  Watched watched(what);
  core::BootTime last_answer = session.timers.now();
  bool answered = what.ordered;  // ever
  bool away = false;
  for (;;) {
    const auto seen = co_await watched.look(session);
    if (!seen) {
      const bool silent = exit_code_of(seen.error()) == ExitCode::network;
      const bool patient = answered && session.timers.now() - last_answer <= patience_without_daemon;
      if (!silent || !patient) co_return report_error(session, seen.error());
      if (!std::exchange(away, true)) {
        session.console.err(fmt::format("colonyd does not answer ({}); waiting for it, at most {}\n",
                                        terminal_text(seen.error().message),
                                        core::format_duration(patience_without_daemon)));
        progress.begin_anew();
      }
      co_await session.timers.sleep_for(look_interval);
      continue;
    }
    if (std::exchange(away, false)) {
      session.console.err("colonyd answers again\n");
      progress.begin_anew();
    }
    answered = true;
    last_answer = session.timers.now();
    if (seen->empty()) session.console.err("Nothing is unfinished.\n");
    progress.show(*seen);
    if (std::ranges::all_of(*seen, is_over)) {
      if (session.output == Output::json) print_json(session, Json{{"workflows", *seen}});
      co_return std::ranges::all_of(*seen, went_well) ? ExitCode::success : ExitCode::general;
    }
    co_await session.timers.sleep_for(look_interval);
  }
}

Task<ExitCode> order_each(Session& session, std::vector<std::string> assets, std::string route,
                          std::function<Json(std::size_t)> body_of, bool wait) {
  Json submitted = Json::array();
  Json refused = Json::array();
  ExitCode refusal = ExitCode::success;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const std::string& asset = assets[i];
    auto order = co_await session.api.post(api_path({"assets", asset, route}), body_of(i));
    if (order) {
      submitted.push_back(std::move(*order));
      continue;
    }
    const auto error = core::with_context(order.error(), asset);
    if (assets.size() == 1) co_return report_error(session, error);
    session.console.err(fmt::format("colony: {} [{}]\n", terminal_text(error.message), error.code));
    refused.push_back({{"asset", asset}, {"error", error.message}, {"code", error.code}});
    if (refusal == ExitCode::success) refusal = exit_code_of(error);
  }
  if (session.output == Output::json && !wait) {
    print_json(session, Json{{"orders", submitted}, {"refused", refused}});
    co_return refusal;
  }
  if (submitted.empty()) co_return refusal;
  const ExitCode followed = co_await after_orders(session, std::move(submitted), wait);
  co_return refusal == ExitCode::success ? followed : refusal;
}

std::string held_line(const std::string& id, const Json& held) {
  std::string disks;
  if (const Json* named = core::json_member(held, "disks"); named != nullptr && named->is_array()) {
    for (const auto& disk : *named) {
      if (disk.is_string()) disks += (disks.empty() ? ", disks " : " ") + disk.get<std::string>();
    }
  }
  return fmt::format("{}  {} {}{}: {}; ordered by {}; may approve: {}", id, text_of(held, "type"),
                     text_of(held, "asset_name"), disks, text_of(held, "reason"), text_of(held, "ordered_by"),
                     text_of(held, "may_approve"));
}

bool report_held(Session& session, const Json& answer) {
  const Json* held = core::json_member(answer, "held");
  if (held == nullptr || !held->is_object()) return false;
  const std::string id = text_of(*held, "id");
  if (session.output == Output::json) {
    print_json(session, answer);
  } else {
    session.console.out(terminal_text("held " + held_line(id, *held)) + "\n");
  }
  session.console.err(terminal_text(fmt::format(
      "Nothing is erased until somebody else runs: colony approve {}\n(it is kept for a day, and not over a "
      "restart; withdraw it: colony approve {} --deny)\n",
      id, id)));
  return true;
}

Task<ExitCode> after_orders(Session& session, Json submitted, bool wait) {
  std::vector<std::string> ids;
  for (const auto& order : submitted) ids.push_back(text_of(order, "workflow_id"));
  if (wait) {
    Follow what;
    what.ids = std::move(ids);
    what.ordered = true;
    co_return co_await follow_workflows(session, std::move(what));
  }
  if (session.output == Output::json) {
    print_json(session, Json{{"orders", submitted}});
    co_return ExitCode::success;
  }
  for (const auto& order : submitted) {
    const auto behind = number_of(order, "queued_behind");
    session.console.out(fmt::format("workflow {}{}\n", text_of(order, "workflow_id"),
                                    behind == 0 ? "" : fmt::format(" (queued behind {})", behind)));
  }
  session.console.err("follow it: colony workflows --follow\n");
  co_return ExitCode::success;
}

}  // namespace colony::daemon::cli
