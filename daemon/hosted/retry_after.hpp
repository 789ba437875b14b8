#pragma once
// Retry-After (RFC 9110 section 10.2.3) from a side that may send anything: seconds, a date, nothing,
// nonsense.

#include <optional>
#include <string_view>

#include "core/clock.hpp"

namespace colony::daemon::hosted {

inline constexpr core::Duration shortest_retry = std::chrono::seconds(1);
inline constexpr core::Duration longest_retry = std::chrono::minutes(60);

/// nullopt when there is none or it means nothing. Otherwise within [shortest_retry, longest_retry]: a longer
/// wait than the longest window of the limits cannot be meant.
[[nodiscard]] std::optional<core::Duration> parse_retry_after(std::string_view text, core::UtcTime now);

/// The three forms that a recipient must take (RFC 9110 section 5.6.7): "Fri, 20 Nov 2026 18:03:11 GMT",
/// "Friday, 20-Nov-26 18:03:11 GMT" and "Fri Nov 20 18:03:11 2026". `now` says which century two digits mean.
[[nodiscard]] std::optional<core::UtcTime> parse_http_date(std::string_view text, core::UtcTime now);

}  // namespace colony::daemon::hosted
