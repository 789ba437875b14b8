#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class LeasesCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"leases", "Addresses that dhcp.mode: server has leased, and to whom",
            "  colony leases\n"
            "  colony leases --all                  also those that ended and are kept for their machine\n"
            "  colony leases --output json"};
  }
  void declare(Arguments& arguments) override {
    arguments.flag("--all", all_, "Also leases that expired or were released");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto seen = co_await session.api.get(api_path({"dhcp", "leases"}));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* leases = core::json_member(*seen, "leases"); leases != nullptr && leases->is_array()) {
      for (const auto& lease : *leases) {
        if (!all_ && text_of(lease, "state") != "bound") continue;
        rows.push_back({text_of(lease, "address"), text_of(lease, "mac"), text_of(lease, "state"),
                        text_of(lease, "stage"), text_of(lease, "expires"), text_of(lease, "hostname"),
                        text_of(lease, "asset")});
      }
    }
    if (text_of(*seen, "mode") != "server") {
      session.console.err("Colony leases no addresses here (dhcp.mode: " + text_of(*seen, "mode") + ").\n");
    } else if (rows.empty()) {
      session.console.err("No leases yet.\n");
    }
    session.console.out(render_table({{"ADDRESS", Align::left, 15},
                                      {"MAC", Align::left, 17},
                                      {"STATE", Align::left, 8},
                                      {"STAGE", Align::left, 8},
                                      {"EXPIRES", Align::left, 10},
                                      {"HOSTNAME", Align::left, 8},
                                      {"ASSET", Align::left, 8}},
                                     rows));
    co_return ExitCode::success;
  }

 private:
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_leases_command() {
  return std::make_unique<LeasesCommand>();
}

}  // namespace colony::daemon::cli
