#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "daemon/cli/bmc_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/ipmi_list.hpp"
#include "daemon/cli/report.hpp"
#include "drivers/power.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

/// Packets, not waiting, are what a sweep costs; this many sessions at once fill no socket buffer.
constexpr std::size_t sweep_at_once = 128;
constexpr std::size_t max_hosts_file = std::size_t{4} << 20;

struct Swept {
  std::string power;  // "on", "off", or "" with an error
  core::Error error;
  core::Duration took{};
};

class BmcPowerCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc power", "Switch one machine and see it happen, or ask many",
            "  colony bmc power status --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc power off --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc power status --hosts rack12.csv      the file of add-ipmis; all at once"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional_choice("ACTION", action_, {"status", "on", "off", "soft", "cycle", "reset"},
                                "status, on, off, soft, cycle or reset");
    arguments.option("--hosts", "FILE", hosts_, "Ask every BMC of this CSV file (status only)");
    arguments_.declare(arguments, Need::optional);
  }

  [[nodiscard]] Task<ExitCode> run(Session& session) override {
    if (hosts_.empty()) co_return co_await run_one(session);
    if (action_ == "status" && arguments_.ip.empty()) co_return co_await run_sweep(session);
    session.console.err("colony: --hosts goes with status only, and without --ip\n");
    co_return ExitCode::arguments;
  }

 private:
  Task<ExitCode> run_one(Session& session) {
    auto where = one_bmc(session, arguments_);
    if (!where) co_return report_error(session, where.error());
    auto line = BmcLine::open(session, arguments_);
    if (!line) co_return report_error(session, line.error());
    auto bmc = (*line)->bmc(where->endpoint, std::move(where->credentials));
    const auto deadline = session.timers.now() + std::chrono::seconds(arguments_.timeout);
    auto power = co_await act(session, *bmc, deadline);
    const bool tells = power && session.output == Output::json;
    std::string cause = tells ? co_await restart_cause_of(*bmc, deadline) : std::string();
    co_await bmc->close();
    bmc.reset();
    co_await (*line)->close();
    if (!power) co_return report_error(session, core::with_context(power.error(), arguments_.ip));
    if (session.output == Output::json) {
      print_json(session, Json{{"power", *power}, {"restart_cause", std::move(cause)}});
    } else {
      session.console.out(*power + "\n");
    }
    co_return ExitCode::success;
  }

  /// A change counts when it is seen; a reset cannot be.
  Task<Result<std::string>> act(Session& session, drivers::Bmc& bmc, core::BootTime deadline) {
    using drivers::PowerAction;
    if (action_ != "status") {
      const PowerAction action = action_ == "on"      ? PowerAction::on
                                 : action_ == "off"   ? PowerAction::off
                                 : action_ == "soft"  ? PowerAction::soft_off
                                 : action_ == "cycle" ? PowerAction::cycle
                                                      : PowerAction::reset;
      const auto sent = co_await bmc.power(action, deadline);
      if (!sent) co_return std::unexpected(sent.error());
      if (action == PowerAction::reset || action == PowerAction::cycle) co_return std::string("accepted");
      const auto wanted = action == PowerAction::on ? core::PowerState::on : core::PowerState::off;
      const auto seen = co_await drivers::confirm_power(bmc, wanted, deadline, session.timers);
      if (!seen) co_return std::unexpected(seen.error());
    }
    const auto state = co_await bmc.power_state(deadline);
    if (!state) co_return std::unexpected(state.error());
    co_return std::string(name(*state));
  }

  Task<ExitCode> run_sweep(Session& session) {
    auto text = read_text_file(hosts_, max_hosts_file);
    if (!text) co_return report_error(session, text.error());
    auto rows = parse_ipmi_list(*text);
    core::wipe_text(*text);
    if (!rows) co_return report_error(session, core::with_context(rows.error(), hosts_));
    auto line = BmcLine::open(session, arguments_);
    if (!line) co_return report_error(session, line.error());
    std::vector<Swept> results(rows->size());
    std::size_t next = 0;
    core::TaskGroup workers(session.timers);
    for (std::size_t i = 0; i < std::min(sweep_at_once, rows->size()); ++i) {
      workers.spawn("bmc-sweep", sweep(*this, session, **line, *rows, results, next));
    }
    co_await workers.join();
    co_await (*line)->close();
    co_return show(session, *rows, results);
  }

  static Task<> sweep(const BmcPowerCommand& self, Session& session, BmcLine& line,
                      std::vector<IpmiListRow>& rows, std::vector<Swept>& results, std::size_t& next) {
    while (next < rows.size()) {
      const std::size_t mine = next++;
      IpmiListRow& row = rows[mine];
      if (!row.fault.empty()) {
        results[mine].error = {core::ErrorKind::invalid_input, "cli.csv", row.fault};
        continue;
      }
      const core::BootTime begun = session.timers.now();
      auto bmc = line.bmc({row.ip, static_cast<std::uint16_t>(self.arguments_.port)},
                          {row.username, row.password.clone()});
      const auto power = co_await bmc->power_state(begun + std::chrono::seconds(self.arguments_.timeout));
      co_await bmc->close();
      results[mine].took = session.timers.now() - begun;
      if (power) {
        results[mine].power = name(*power);
      } else {
        results[mine].error = power.error();
      }
    }
  }

  static ExitCode show(Session& session, const std::vector<IpmiListRow>& rows,
                       const std::vector<Swept>& results) {
    Json list = Json::array();
    std::vector<std::vector<std::string>> cells;
    ExitCode worst = ExitCode::success;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [power, error, took] = results[i];
      const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took);
      cells.push_back({rows[i].ip_text, rows[i].hostname, power.empty() ? "failed" : power,
                       core::format_duration(milliseconds), error.message});
      list.push_back({{"ip", rows[i].ip_text},
                      {"hostname", rows[i].hostname},
                      {"power", power.empty() ? Json(nullptr) : Json(power)},
                      {"milliseconds", milliseconds.count()},
                      {"code", error.code},
                      {"error", error.message}});
      if (power.empty() && worst == ExitCode::success) worst = exit_code_of(error);
    }
    if (session.output == Output::json) {
      print_json(session, Json{{"bmcs", list}});
    } else {
      session.console.out(render_table({{"BMC", Align::left, 15},
                                        {"HOSTNAME", Align::left, 8},
                                        {"POWER", Align::left, 6},
                                        {"TIME", Align::right, 5},
                                        {"ERROR", Align::left, 20}},
                                       cells, style_of(session)));
    }
    return worst;
  }

  std::string action_, hosts_;
  BmcArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_bmc_power_command() {
  return std::make_unique<BmcPowerCommand>();
}

}  // namespace colony::daemon::cli
