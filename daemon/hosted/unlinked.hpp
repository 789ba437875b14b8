#pragma once
// The outbox of an appliance that works on its own (hosted.enabled: false). Nobody out there acknowledges
// anything, so we do it ourselves, and the store keeps what local readers of the events need and no more.
// Events of that time are not sent when the hosted side is enabled later: it learns the assets as they are.

#include <functional>

#include "core/async/task.hpp"
#include "daemon/store/store.hpp"

namespace colony::daemon::hosted {

/// Events between two acknowledgements: each costs a commit.
inline constexpr std::uint64_t unlinked_step = 100;

/// For ever; wakes with the store's commits, never by a timer.
[[nodiscard]] core::Task<> acknowledge_unlinked(store::Store& store);

/// The same for an appliance that should be linked and cannot yet, for want of a usable key: every event
/// waits, up to `kept`, then the oldest are given up. While `linked` says so, the link itself sees to that.
[[nodiscard]] core::Task<> bound_until_linked(store::Store& store, std::uint64_t kept,
                                              std::function<bool()> linked);

}  // namespace colony::daemon::hosted
