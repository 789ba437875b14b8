#include "daemon/cli/serving.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

constexpr core::Duration patience = std::chrono::seconds(30);
constexpr core::Duration pace = std::chrono::milliseconds(500);

}  // namespace

core::Task<core::Result<std::string>> wait_for_address(Session& session) {
  const core::BootTime end = session.timers.now() + patience;
  session.console.err("colonyd asks the network whether its address is free, at most 7 s ...\n");
  for (;;) {
    const auto status = co_await session.api.get(api_path({"status"}));
    if (status) {
      const core::Json* address = core::json_member(*status, "address");
      if (address != nullptr && address->is_object()) {
        co_return fmt::format("{} on {}", text_of(*address, "ip"), text_of(*address, "interface"));
      }
      const core::Json* problem = core::json_member(*status, "address_problem");
      if (problem != nullptr && problem->is_object()) {
        co_return core::fail(
            core::ErrorKind::conflict, text_of(*problem, "code"),
            fmt::format(
                "colonyd runs but serves no server: {}; it is tried again every minute, see: colony status",
                text_of(*problem, "message")));
      }
    }
    if (session.timers.now() + pace > end) {
      if (!status) co_return std::unexpected(status.error());
      co_return core::fail(core::ErrorKind::timed_out, "address.late",
                           "colonyd runs but does not hold its address yet; see: colony status");
    }
    co_await session.timers.sleep_for(pace);
  }
}

}  // namespace colony::daemon::cli
