#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// "8 available, 1 provisioned": the counts that are not zero.
std::string counts(const Json& status, std::string_view key) {
  std::string out;
  const Json* object = core::json_member(status, key);
  if (object == nullptr || !object->is_object()) return out;
  for (const auto& [word, count] : object->items()) {
    if (!count.is_number_unsigned() || count == 0U) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count.get<std::uint64_t>(), word);
  }
  return out.empty() ? "none" : out;
}

std::string address_text(const Json& status) {
  const Json* address = core::json_member(status, "address");
  if (address == nullptr || !address->is_object()) return "not claimed yet";
  return fmt::format("{} on {}", text_of(*address, "ip"), text_of(*address, "interface"));
}

std::string hosted_text(const Session& session, const Json& status) {
  const Json* link = core::json_member(status, "hosted");
  if (link == nullptr || !link->is_object()) return "not linked";
  std::string out = text_of(*link, "mode");
  if (const auto agent = text_of(*link, "agent_id"); !agent.empty()) out += ", agent " + agent;
  if (const auto last = text_of(*link, "last_success"); !last.empty()) {
    out += fmt::format(", last answer {} ago", age_of(session, last));
  }
  if (link->contains("acknowledged")) out += ", has events up to " + text_of(*link, "acknowledged");
  return out;
}

/// The code, which common-errors explains, and what the hosted side said.
std::string problem_text(const Json& status) {
  const Json* link = core::json_member(status, "hosted");
  if (link == nullptr || !link->is_object() || text_of(*link, "problem").empty()) return {};
  return fmt::format("{}: {}", text_of(*link, "problem"), text_of(*link, "reason"));
}

/// Of server mode: in proxy mode there is nothing to count.
std::string dhcp_text(const Json& status) {
  const Json* dhcp = core::json_member(status, "dhcp");
  if (dhcp == nullptr || text_of(*dhcp, "mode") != "server") return {};
  return fmt::format("{}, {} of {} addresses leased", text_of(*dhcp, "stage"), text_of(*dhcp, "leased"),
                     text_of(*dhcp, "addresses"));
}

class StatusCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"status", "Is the appliance well, and what is it doing",
            "  colony status                  exit code 1 while it is not ready\n"
            "  colony status --output json | jq .assets"};
  }
  void declare(Arguments&) override {}

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto status = co_await session.api.get(api_path({"status"}));
    if (!status) co_return report_error(session, status.error());
    const std::string failure = text_of(*status, "store_failure");
    const std::string full = text_of(*status, "store_full");
    const bool ready = core::json_bool(*status, "ready").value_or(false);
    const ExitCode well = ready && failure.empty() && full.empty() ? ExitCode::success : ExitCode::general;
    if (session.output == Output::json) {
      print_json(session, *status);
      co_return well;
    }
    const Json* found = core::json_member(*status, "findings");
    const bool is_hindered = found != nullptr && !found->empty();
    const std::string window = text_of(*status, "discovery_window_until");
    std::vector<std::pair<std::string, std::string>> lines = {
        {"state", !failure.empty() ? "store failed: " + failure
                  : !full.empty()  ? "store full"
                  : ready          ? "ready"
                  : is_hindered    ? "not ready"
                                   : "starting"},
        {"version", text_of(*status, "version")},
        {"assets", counts(*status, "assets")},
        {"workflows", counts(*status, "workflows")},
        {"discovery window",
         window.empty() ? "closed (open it: colony discover --for 30m)" : "open until " + window},
        {"wipes left this hour", text_of(*status, "wipes_left_this_hour")},
        {"last event", text_of(*status, "last_event")}};
    // What other rooms add.
    lines.emplace_back("address", address_text(*status));
    lines.emplace_back("hosted side", hosted_text(session, *status));
    if (const auto problem = problem_text(*status); !problem.empty()) lines.emplace_back("", problem);
    if (const auto dhcp = dhcp_text(*status); !dhcp.empty()) lines.emplace_back("dhcp", dhcp);
    if (!full.empty()) lines.emplace_back("to mend", full);
    if (found != nullptr && found->is_array()) {
      for (const auto& finding : *found) {
        if (finding.is_string()) lines.emplace_back("to mend", finding.get<std::string>());
      }
    }
    session.console.out(render_pairs(lines, style_of(session).fit));
    co_return well;
  }
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace colony::daemon::cli
