#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/console.hpp"
#include "daemon/cli/inventory_sections.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

std::string member_of(const Json& asset, std::string_view outer, std::string_view inner) {
  const Json* object = core::json_member(asset, outer);
  return object == nullptr ? std::string{} : text_of(*object, inner);
}

/// As its modules are sold: in powers of two. `memory_mb` counts 2^20 bytes.
std::string memory_text(const Json& asset) {
  const std::uint64_t mib = number_of(asset, "memory_mb");
  if (mib == 0) return {};
  return mib < 1024 ? fmt::format("{} MiB", mib) : fmt::format("{} GiB", (mib + 512) / 1024);
}

/// The documented word, and what it cannot say.
std::string status_of(const Json& asset) {
  const std::string condition = text_of(asset, "condition");
  return condition.empty() || condition == "normal" ? text_of(asset, "status") : condition;
}

/// Names are shown whole as long as there is room: they are what is typed next.
std::string table(const Session& session, const Json& assets) {
  const std::vector<Column> columns = {{"NAME", Align::left, 24}, {"STATUS", Align::left, 13},
                                       {"POWER", Align::left, 5}, {"BMC", Align::left, 15},
                                       {"CPU", Align::left, 5},   {"RAM", Align::right, 5},
                                       {"DISKS", Align::left, 8}, {"SERIAL", Align::left, 6}};
  std::vector<std::vector<std::string>> rows;
  for (const auto& asset : assets) {
    rows.push_back({text_of(asset, "name"), status_of(asset), text_of(asset, "power"), text_of(asset, "ipmi"),
                    member_of(asset, "specs", "cpu"), memory_text(asset), member_of(asset, "specs", "disk"),
                    text_of(asset, "serial")});
  }
  return render_table(columns, rows, style_of(session));
}

/// Where Debian's packages pci.ids and hwdata put the list; without it numbers are shown.
std::string pci_ids() {
  constexpr std::size_t limit = 8UL << 20;
  for (const char* path : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
    if (auto list = read_text_file(path, limit)) return std::move(*list);
  }
  return {};
}

/// "bios: sanboot": the ways that brought it to its local disk.
std::string local_disk_by(const Json& asset) {
  const Json* ways = core::json_member(asset, "local_disk_by");
  if (ways == nullptr || !ways->is_object() || ways->empty()) return "no way seen working yet";
  std::string out;
  for (const auto& [firmware, way] : ways->items()) {
    if (way.is_string())
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", firmware, way.get<std::string>());
  }
  return out;
}

const Json* of_bmc(const Json& asset, std::string_view what) {
  const Json* const bmc = core::json_member(asset, "bmc");
  const Json* const part = bmc == nullptr || !bmc->is_object() ? nullptr : core::json_member(*bmc, what);
  return part == nullptr || !part->is_object() ? nullptr : part;
}

std::string left_alone(const Json& asset) {
  const Json* const quiet = of_bmc(asset, "left_alone");
  if (quiet == nullptr) return {};
  return fmt::format("until {}: {} times in a row without an answer ({})", text_of(*quiet, "until"),
                     number_of(*quiet, "failures"), text_of(*quiet, "why"));
}

/// "cipher suite 3, 4 sessions, 400 ms between commands, serial over LAN, boots by once/legacy"
std::string passport_text(const Json& asset) {
  const Json* const passport = of_bmc(asset, "passport");
  if (passport == nullptr) return {};
  std::vector<std::string> parts;
  if (const Json* suites = core::json_member(*passport, "cipher_suites");
      suites != nullptr && !suites->empty())
    parts.push_back("cipher suite " + suites->front().dump());
  if (const auto sessions = number_of(*passport, "sessions"); sessions > 0)
    parts.push_back(fmt::format("{} session{}", sessions, sessions == 1 ? "" : "s"));
  if (core::json_bool(*passport, "was_full").value_or(false)) parts.emplace_back("sessions have run out");
  if (const auto gap = number_of(*passport, "command_gap_ms"); gap > 0)
    parts.push_back(fmt::format("{} ms between commands", gap));
  if (const auto sol = core::json_bool(*passport, "sol"))
    parts.emplace_back(*sol ? "serial over LAN" : "no serial over LAN");
  if (const auto rung = text_of(*passport, "boot"); !rung.empty()) parts.push_back("boots by " + rung);
  if (const auto seconds = number_of(*passport, "self_test_seconds"); seconds > 0)
    parts.push_back(fmt::format("self-test {} s", seconds));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string audit_text(const Json& asset) {
  const Json* const audit = of_bmc(asset, "audit");
  const Json* const findings = audit == nullptr ? nullptr : core::json_member(*audit, "findings");
  if (findings == nullptr) return {};
  std::vector<std::string> codes;
  for (const auto& finding : *findings) codes.push_back(text_of(finding, "code"));
  return codes.empty() ? "nothing found" : fmt::format("{}", fmt::join(codes, ", "));
}

std::string details(const Json& asset) {
  const std::string condition = text_of(asset, "condition");
  std::string out = render_pairs({
      {"name", text_of(asset, "name")},
      {"id", text_of(asset, "id")},
      {"status", text_of(asset, "status")},
      {"condition",
       condition == "normal" ? condition : condition + ": " + text_of(asset, "condition_reason")},
      {"accepted", core::json_bool(asset, "accepted").value_or(false) ? "yes" : "no (colony accept)"},
      {"power", text_of(asset, "power")},
      {"serial", text_of(asset, "serial")},
      {"bmc", member_of(asset, "bmc", "address") + " " + member_of(asset, "bmc", "driver") + " " +
                  member_of(asset, "bmc", "product") + " " + member_of(asset, "bmc", "firmware")},
      {"local disk by", local_disk_by(asset)},
      {"bmc left alone", left_alone(asset)},
      {"bmc passport", passport_text(asset)},
      {"bmc audit", audit_text(asset)},
      {"workflow", text_of(asset, "workflow")},
      {"updated", text_of(asset, "updated_at")},
  });
  if (const Json* inventory = core::json_member(asset, "inventory");
      inventory != nullptr && inventory->is_object()) {
    return out + inventory_sections(*inventory, pci_ids());
  }
  // Not looked at yet: of its ports we know what its BMC or the wire told.
  std::vector<std::vector<std::string>> macs;
  if (const Json* networks = core::json_member(asset, "networks")) {
    for (const auto& nic : *networks) macs.push_back({text_of(nic, "mac_address")});
  }
  if (!macs.empty()) out += "\n" + render_table({{"MAC", Align::left, 17}}, macs);
  return out;
}

class AssetsCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"assets", "The servers we know, or everything about one",
            "  colony assets\n"
            "  colony assets web-1             by name, id, serial, MAC or BMC address\n"
            "  colony assets --output json | jq '.assets[] | select(.status == \"available\") | .name'"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "One of them", Need::optional);
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto seen =
        co_await session.api.get(asset_.empty() ? api_path({"assets"}) : api_path({"assets", asset_}));
    if (!seen) co_return report_error(session, seen.error());
    if (session.output == Output::json) {
      print_json(session, *seen);
      co_return ExitCode::success;
    }
    if (!asset_.empty()) {
      session.console.out(details(*seen));
      co_return ExitCode::success;
    }
    const Json* assets = core::json_member(*seen, "assets");
    if (assets == nullptr || assets->empty()) {
      session.console.err("No assets yet. Add one: colony add-ipmi --help\n");
      co_return ExitCode::success;
    }
    session.console.out(table(session, *assets));
    co_return ExitCode::success;
  }

 private:
  std::string asset_;
};

}  // namespace

std::unique_ptr<Command> make_assets_command() {
  return std::make_unique<AssetsCommand>();
}

}  // namespace colony::daemon::cli
