#pragma once
// A power change counts when it was seen, not when it was accepted: BMCs acknowledge and do nothing, and some
// report a stale state for a moment.

#include "core/async/timers.hpp"
#include "drivers/bmc.hpp"

namespace colony::drivers {

/// Time between two looks. Two equal looks in a row are wanted, so a change is confirmed this long after it
/// was first seen.
inline constexpr core::Duration power_look_interval = std::chrono::seconds(1);

/// Looks until `wanted` was seen twice in a row or the deadline passed. A look that fails is forgotten, but
/// when none ever succeeded its error is returned; otherwise the error is bmc.power_not_seen (timed_out).
/// Credentials that are refused end it at once.
[[nodiscard]] core::Task<core::Result<>> confirm_power(Bmc& bmc, core::PowerState wanted,
                                                       core::BootTime deadline, core::Timers& timers);

}  // namespace colony::drivers
