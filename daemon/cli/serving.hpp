#pragma once
// After a start: does colonyd hold its address, and if not, why?

#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

/// Waits until it does, for at most half a minute (a claim takes up to 7 s), and says where. Errors: the
/// reason as colonyd gives it (address.*), address.late, api.*.
[[nodiscard]] core::Task<core::Result<std::string>> wait_for_address(Session& session);

}  // namespace colony::daemon::cli
