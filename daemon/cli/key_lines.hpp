#pragma once
// How keys are shown; shared by the commands of api-keys and users.

#include <string>

#include "core/json.hpp"
#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

/// "read,wipe"
[[nodiscard]] std::string scopes_text(const core::Json& object);
/// A time, or "never".
[[nodiscard]] std::string expiry_text(const core::Json& key);

}  // namespace colony::daemon::cli
