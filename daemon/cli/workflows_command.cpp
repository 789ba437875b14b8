#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr std::size_t id_size = 36;

/// The tables show the first eight characters; they are enough as long as they are one workflow's.
core::Task<core::Result<std::string>> whole_id(Session& session, std::string beginning) {
  if (beginning.size() >= id_size) co_return beginning;
  const auto seen = co_await session.api.get("/api/v1/workflows?limit=1000");
  if (!seen) co_return std::unexpected(seen.error());
  std::vector<std::string> fitting;
  if (const Json* list = core::json_member(*seen, "workflows"); list != nullptr) {
    for (const auto& workflow : *list) {
      if (text_of(workflow, "id").starts_with(beginning)) fitting.push_back(text_of(workflow, "id"));
    }
  }
  if (fitting.size() == 1) co_return fitting.front();
  co_return core::fail(core::ErrorKind::not_found, "workflow.not_found",
                       fitting.empty()
                           ? fmt::format("no workflow has an id that begins with {}", beginning)
                           : fmt::format("{} workflows have an id that begins with {}; give more of it",
                                         fitting.size(), beginning));
}

class WorkflowsCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"workflows", "What is being done to which server, and how far it is",
            "  colony workflows                the unfinished ones first\n"
            "  colony workflows --follow       the unfinished ones, live, until they end\n"
            "  colony workflows ID --follow    until this one ends\n"
            "  colony workflows --asset web-1 --follow\n"
            "The exit code of --follow is 1 when one of them failed or is held."};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKFLOW", id_, "One of them, by its id or its beginning", Need::optional);
    arguments.flag("-f,--follow", follow_, "Show progress until the end");
    arguments.option("--asset", "ASSET", asset_, "Only of this server");
    arguments.number("--limit", "N", limit_, 1, 1000, "At most so many");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (!id_.empty()) {
      const auto full = co_await whole_id(session, id_);
      if (!full) co_return report_error(session, full.error());
      id_ = *full;
    }
    if (follow_) {
      Follow what;
      if (!id_.empty()) what.ids.push_back(id_);
      what.asset = asset_;
      co_return co_await follow_workflows(session, std::move(what));
    }
    const auto seen = co_await session.api.get(id_.empty() ? list_target() : api_path({"workflows", id_}));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
    } else if (id_.empty()) {
      show_list(session, *seen);
    } else {
      show_one(session, *seen);
    }
    co_return ExitCode::success;
  }

 private:
  [[nodiscard]] std::string list_target() const {
    std::string target = fmt::format("/api/v1/workflows?limit={}", limit_);
    if (!asset_.empty()) target += "&asset=" + core::http::percent_encode(asset_);
    return target;
  }

  void show_list(Session& session, const Json& seen) const {
    const Json* list = core::json_member(seen, "workflows");
    if (list == nullptr || list->empty()) {
      session.console.err("No workflows yet.\n");
      return;
    }
    session.console.out(workflow_table(session, *list, style_of(session)));
  }

  static void show_one(Session& session, const Json& workflow) {
    const Json* error = core::json_member(workflow, "error");
    const bool failed = error != nullptr && error->is_object();
    session.console.out(render_pairs(
        {
            {"id", text_of(workflow, "id")},
            {"type", text_of(workflow, "type")},
            {"asset", text_of(workflow, "asset_name") + " (" + text_of(workflow, "asset_id") + ")"},
            {"status", text_of(workflow, "status")},
            {"step", fmt::format("{} ({} of {}, try {})", text_of(workflow, "step"),
                                 number_of(workflow, "step_number"), number_of(workflow, "step_count"),
                                 number_of(workflow, "tries"))},
            {"percent", text_of(workflow, "percent")},
            {"waits for", text_of(workflow, "waits_for")},
            {"gives up at", text_of(workflow, "step_ends_by")},
            {"error", failed ? text_of(*error, "message") + " [" + text_of(*error, "code") + "]" : ""},
            {"created", text_of(workflow, "created_at")},
            {"updated", text_of(workflow, "updated_at")},
        },
        style_of(session).fit));
  }

  std::string id_, asset_;
  bool follow_ = false;
  unsigned limit_ = 30;
};

class CancelCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"cancel", "End a workflow at its next safe point",
            "  colony cancel 2f1c9a70          a wipe that has begun to write is not cut off"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKFLOW", id_, "Its id, or the beginning of it");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto id = co_await whole_id(session, id_);
    if (!id) co_return report_error(session, id.error());
    const auto cancelled = co_await session.api.remove(api_path({"workflows", *id}));
    if (!cancelled) co_return report_error(session, cancelled.error());
    if (session.output == Output::json) {
      print_json(session, Json{{"workflow_id", *id}, {"cancel_requested", true}});
    } else {
      session.console.err("will end at its next safe point; see: colony workflows " + *id + "\n");
    }
    co_return ExitCode::success;
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Command> make_workflows_command() {
  return std::make_unique<WorkflowsCommand>();
}
std::unique_ptr<Command> make_cancel_command() {
  return std::make_unique<CancelCommand>();
}

}  // namespace colony::daemon::cli
