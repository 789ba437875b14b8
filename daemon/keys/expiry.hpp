#pragma once
// Until when a key counts, as people say it.

#include <optional>
#include <string_view>

#include "core/clock.hpp"
#include "core/error.hpp"

namespace colony::daemon::keys {

/// The accepted forms, for help and errors.
inline constexpr std::string_view expiry_forms =
    "24h, 7d, 30d, 90d, 1y or never; any time such as 15m; a date such as 2027-01-31 (its whole day, UTC) or "
    "2027-01-31T12:00:00Z";

/// nullopt inside: never. Errors: api_key.expiry (invalid_input): another form, in the past, over ten years.
[[nodiscard]] core::Result<std::optional<core::UtcTime>> parse_expiry(std::string_view text,
                                                                      core::UtcTime now);

}  // namespace colony::daemon::keys
