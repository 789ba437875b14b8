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

class StatusCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"status", "Is the appliance well, and what is it doing",
            "  colony status\n  colony status --output json | jq .assets"};
  }
  void declare(Arguments&) override {}

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    const auto status = co_await session.api.get(api_path({"status"}));
    if (!status) co_return report_error(session, status.error());
    if (session.output == Output::json) {
      print_json(session, *status);
      co_return ExitCode::success;
    }
    const std::string failure = text_of(*status, "store_failure");
    const bool ready = core::json_bool(*status, "ready").value_or(false);
    const std::string window = text_of(*status, "discovery_window_until");
    std::vector<std::pair<std::string, std::string>> lines = {
        {"state", !failure.empty() ? "store failed: " + failure
                  : ready          ? "ready"
                                   : "starting"},
        {"version", text_of(*status, "version")},
        {"assets", counts(*status, "assets")},
        {"workflows", counts(*status, "workflows")},
        {"discovery window",
         window.empty() ? "closed (open it: colony discover --for 30m)" : "open until " + window},
        {"wipes left this hour", text_of(*status, "wipes_left_this_hour")},
        {"last event", text_of(*status, "last_event")}};
    // What other rooms add: the address, the hosted link.
    for (const auto* key : {"address", "hosted", "http"}) {
      const std::string value = text_of(*status, key);
      if (!value.empty()) lines.emplace_back(key, value);
    }
    session.console.out(render_pairs(lines));
    co_return ready&& failure.empty() ? ExitCode::success : ExitCode::general;
  }
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace colony::daemon::cli
