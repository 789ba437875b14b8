#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/http/target.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/event_text.hpp"
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
    // Names are what is typed next; without them the whole id is.
    const auto assets = co_await session.api.get(api_path({"assets"}));
    const Json* list = assets ? core::json_member(*assets, "assets") : nullptr;
    const EventText names(list == nullptr ? Json() : *list);
    std::vector<std::vector<std::string>> rows;
    if (const Json* records = core::json_member(*seen, "wipe_records"); records != nullptr) {
      for (const auto& record : *records) add_rows(record, names, rows);
    }
    if (rows.empty()) session.console.err("No wipe records yet.\n");
    session.console.out(render_table({{"TIME", Align::left, 20},
                                      {"ASSET", Align::left, 16},
                                      {"DISK", Align::left, 14},
                                      {"RESULT", Align::left, 6},
                                      {"METHOD", Align::left, 6},
                                      {"READ BACK", Align::right, 9},
                                      {"WORKFLOW", Align::left, 8}},
                                     rows, style_of(session)));
    if (const Json* records = core::json_member(*seen, "wipe_records"); records != nullptr) {
      for (const auto& record : *records) session.console.out(limits_text(record));
    }
    co_return ExitCode::success;
  }

 private:
  /// What the erasure did not reach.
  static std::string limits_text(const Json& record) {
    const Json* body = core::json_member(record, "record");
    const Json* limits = body == nullptr ? nullptr : core::json_member(*body, "limits");
    std::string out;
    if (limits == nullptr || !limits->is_array()) return out;
    for (const auto& limit : *limits) {
      out +=
          fmt::format("{}: not reached: {}\n", text_of(record, "at"), terminal_text(text_of(limit, "text")));
    }
    return out;
  }

  /// "1.6 GB, 10 %"
  static std::string read_back(std::uint64_t bytes, std::uint64_t size) {
    const auto amount = static_cast<double>(bytes);
    std::string out = amount >= 1e12  ? fmt::format("{:.2f} TB", amount / 1e12)
                      : amount >= 1e9 ? fmt::format("{:.1f} GB", amount / 1e9)
                      : amount >= 1e6 ? fmt::format("{:.1f} MB", amount / 1e6)
                                      : fmt::format("{} bytes", bytes);
    if (size != 0) {
      const double share = 100.0 * static_cast<double>(bytes) / static_cast<double>(size);
      out += share < 1 && bytes != 0 ? ", < 1 %" : fmt::format(", {:.0f} %", share);
    }
    return out;
  }

  /// One row a disk.
  static void add_rows(const Json& record, const EventText& names,
                       std::vector<std::vector<std::string>>& rows) {
    const Json* body = core::json_member(record, "record");
    const Json* result = body == nullptr ? nullptr : core::json_member(*body, "result");
    const Json* disks = result == nullptr ? nullptr : core::json_member(*result, "disks");
    if (disks == nullptr || !disks->is_array()) return;
    for (const auto& wipe : *disks) {
      const Json* disk = core::json_member(wipe, "disk");
      const Json* id = disk == nullptr ? nullptr : core::json_member(*disk, "id");
      rows.push_back({time_text(text_of(record, "at")), names.name_of(text_of(record, "asset_id")),
                      id == nullptr ? "" : text_of(*id, "serial"), text_of(wipe, "verdict"),
                      text_of(wipe, "method"),
                      read_back(number_of(wipe, "bytes_read_back"),
                                disk == nullptr ? 0 : number_of(*disk, "size_bytes")),
                      text_of(record, "workflow_id").substr(0, 8)});
    }
  }

  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_certificates_command() {
  return std::make_unique<CertificatesCommand>();
}

}  // namespace colony::daemon::cli
