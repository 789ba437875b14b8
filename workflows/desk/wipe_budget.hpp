#pragma once
// At most so many wipe orders an hour, whoever asks: a stolen account must not be able to erase a site at
// once.

#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace colony::workflows {

inline constexpr const char* wipe_budget_setting = "wipe.orders";

/// Orders of the last hour in the journaled list; times ahead of `now` (a clock that jumped back) count too.
[[nodiscard]] unsigned wipes_within_hour(std::string_view journaled, core::UtcTime now);
/// The list with one more, without what is older than an hour.
[[nodiscard]] std::string with_one_more_wipe(std::string_view journaled, core::UtcTime now);

}  // namespace colony::workflows
