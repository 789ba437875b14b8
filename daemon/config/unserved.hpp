#pragma once
// Keys that this version reads and checks, so that a file may already hold them, and does nothing with.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"

namespace colony::daemon {

/// Whether no value of this key has an effect. docs/configuration.md marks the same ones.
[[nodiscard]] bool is_unserved(std::string_view key);

/// Those of them that are set to something else than their default: "dhcp.mode: server". An operator who set
/// one waits for something that will not happen, so he is told.
[[nodiscard]] std::vector<std::string> unserved_keys(const Config& config);

}  // namespace colony::daemon
