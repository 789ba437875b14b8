#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class CertificatesCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"certificates", "Records of what was erased, how, and what was read back",
            "  colony certificates\n"
            "  colony certificates web-1 --output json      everything that is recorded"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Only of this server", Need::optional);
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    std::string target = "/api/v1/wipe-records?limit=1000";
    if (!asset_.empty()) target += "&asset=" + core::http::percent_encode(asset_);
    const auto seen = co_await session.api.get(target);
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    std::vector<std::vector<std::string>> rows;
    if (const Json* records = core::json_member(*seen, "wipe_records"); records != nullptr) {
      for (const auto& record : *records) add_rows(record, rows);
    }
    if (rows.empty()) session.console.err("No wipe records yet.\n");
    session.console.out(render_table({{"TIME", Align::left, 24},
                                      {"ASSET", Align::left, 8},
                                      {"DISK", Align::left, 10},
                                      {"RESULT", Align::left, 8},
                                      {"METHOD", Align::left, 8},
                                      {"READ BACK", Align::right, 9}},
                                     rows));
    co_return ExitCode::success;
  }

 private:
  /// One row a disk.
  static void add_rows(const Json& record, std::vector<std::vector<std::string>>& rows) {
    const Json* body = core::json_member(record, "record");
    const Json* result = body == nullptr ? nullptr : core::json_member(*body, "result");
    const Json* disks = result == nullptr ? nullptr : core::json_member(*result, "disks");
    if (disks == nullptr || !disks->is_array()) return;
    for (const auto& wipe : *disks) {
      const Json* disk = core::json_member(wipe, "disk");
      const Json* id = disk == nullptr ? nullptr : core::json_member(*disk, "id");
      rows.push_back({text_of(record, "at"), text_of(record, "asset_id"),
                      id == nullptr ? "" : text_of(*id, "serial"), text_of(wipe, "verdict"),
                      text_of(wipe, "method"), text_of(wipe, "bytes_read_back")});
    }
  }

  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_certificates_command() {
  return std::make_unique<CertificatesCommand>();
}

}  // namespace colony::daemon::cli
