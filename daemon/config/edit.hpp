#pragma once
// Changes a few keys of an operator's colony.yaml and leaves his comments, order and layout alone.

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/config.hpp"

namespace colony::daemon {

/// `text` with the keys that differ from `wanted` changed in place; keys that are missing are added to their
/// section. The result is read back before it is returned: nullopt when it would not give `wanted` (an
/// unusual layout), or when `text` has faults of its own. Then only emit_config() helps.
[[nodiscard]] std::optional<std::string> edit_config(std::string_view text, const Config& wanted);

}  // namespace colony::daemon
