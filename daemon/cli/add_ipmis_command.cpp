#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/ipmi_list.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// BMCs that do not answer take their whole deadline; others must not wait behind them.
constexpr std::size_t at_once = 8;

struct RowResult {
  std::string status;  // "enrolled", "updated", "failed", "skipped"
  std::string detail;
  ExitCode code = ExitCode::success;
  Json discovery;
};

class AddIpmisCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"add-ipmis", "Enrol many servers from a CSV file, with a result per row",
            "  colony add-ipmis --ipmi-auth-file rack12.csv --auto-discover\n"
            "The file is one of\n"
            "  ip,username,password                (a header is not needed)\n"
            "  hostname,ipmi_ip,ipmi_user,ipmi_pass,datacenter,rack,slot\n"
            "Running it again is safe: known BMCs get the credentials of the file."};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--ipmi-auth-file", "FILE", file_, "The CSV file; - is standard input", Need::required);
    arguments.choice("--driver", driver_, {"native", "ipmitool"},
                     "How to talk to them; else the site's bmc.driver");
    arguments.flag("--auto-discover", auto_discover_,
                   "Then power them on into their inventory; opens the discovery window");
    arguments.flag("--wait", wait_, "With --auto-discover: until the inventories are there");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    auto text = read_text_file(file_, max_file);
    if (!text) co_return report_error(session, text.error());
    auto rows = parse_ipmi_list(*text);
    core::wipe_text(*text);
    if (!rows) co_return report_error(session, core::with_context(rows.error(), file_));
    if (rows->empty()) {
      session.console.err(fmt::format("colony: {} has no rows\n", file_));
      co_return ExitCode::arguments;
    }
    std::vector<RowResult> results(rows->size());
    co_await enrol_all(session, *rows, results);
    co_return co_await report(session, *rows, results);
  }

 private:
  static constexpr std::size_t max_file = std::size_t{4} << 20;

  core::Task<> enrol_all(Session& session, std::vector<IpmiListRow>& rows, std::vector<RowResult>& results) {
    std::size_t next = 0;
    core::TaskGroup workers(session.timers);
    const std::size_t count = std::min(at_once, rows.size());
    for (std::size_t i = 0; i < count; ++i)
      workers.spawn("add-ipmis", work(*this, session, rows, results, next));
    co_await workers.join();
  }

  static core::Task<> work(AddIpmisCommand& self, Session& session, std::vector<IpmiListRow>& rows,
                           std::vector<RowResult>& results, std::size_t& next) {
    while (next < rows.size()) {
      const std::size_t mine = next++;
      results[mine] = co_await enrol(self, session, rows[mine]);
      session.console.err(terminal_text(fmt::format("line {} {} {} {}", rows[mine].line, rows[mine].ip_text,
                                                    results[mine].status, results[mine].detail)) +
                          "\n");
    }
  }

  static core::Task<RowResult> enrol(const AddIpmisCommand& self, Session& session, IpmiListRow& row) {
    if (!row.fault.empty()) co_return RowResult{"skipped", row.fault, ExitCode::arguments, nullptr};
    Json body = {{"ip", row.ip.to_string()},
                 {"username", row.username},
                 {"password", row.password.reveal()},
                 {"name", row.hostname},
                 {"auto_discover", self.auto_discover_}};
    if (!self.driver_.empty()) body["driver"] = self.driver_;
    const auto enrolled = co_await session.api.post(api_path({"bmcs"}), std::move(body));
    if (!enrolled) {
      co_return RowResult{"failed", enrolled.error().message, exit_code_of(enrolled.error()), nullptr};
    }
    const bool updated = core::json_bool(*enrolled, "updated").value_or(false);
    const Json* discovery = core::json_member(*enrolled, "discovery");
    co_return RowResult{updated ? "updated" : "enrolled", "asset " + text_of(*enrolled, "name"),
                        ExitCode::success, discovery == nullptr ? Json(nullptr) : *discovery};
  }

  core::Task<ExitCode> report(Session& session, const std::vector<IpmiListRow>& rows,
                              const std::vector<RowResult>& results) {
    Json list = Json::array();
    Json discoveries = Json::array();
    std::vector<std::vector<std::string>> cells;
    ExitCode worst = ExitCode::success;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [status, detail, code, discovery] = results[i];
      cells.push_back({std::to_string(rows[i].line), rows[i].ip_text, rows[i].hostname, status, detail});
      list.push_back({{"line", rows[i].line},
                      {"ip", rows[i].ip_text},
                      {"hostname", rows[i].hostname},
                      {"status", status},
                      {"detail", detail}});
      if (code != ExitCode::success && worst == ExitCode::success) worst = code;
      if (discovery.is_object()) discoveries.push_back(discovery);
    }
    const bool follow = wait_ && !discoveries.empty();
    if (session.output == Output::json && !follow) {
      print_json(session, Json{{"rows", list}});
    } else if (session.output == Output::table) {
      session.console.out(render_table({{"LINE", Align::right, 4},
                                        {"IP", Align::left, 15},
                                        {"HOSTNAME", Align::left, 8},
                                        {"RESULT", Align::left, 8},
                                        {"DETAIL", Align::left, 20}},
                                       cells, style_of(session)));
    }
    if (!follow) co_return worst;
    const ExitCode followed = co_await after_orders(session, discoveries, true);
    co_return worst == ExitCode::success ? followed : worst;
  }

  std::string file_;
  std::string driver_;
  bool auto_discover_ = false, wait_ = false;
};

}  // namespace

std::unique_ptr<Command> make_add_ipmis_command() {
  return std::make_unique<AddIpmisCommand>();
}

}  // namespace colony::daemon::cli
