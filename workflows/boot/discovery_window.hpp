#pragma once
// The time in which unknown machines are let in. An operator opens it; it is journaled with the store's
// epoch, so it is closed on an empty or restored database. Within a run it ends by the clock that never
// jumps.

#include <optional>

#include "core/async/timers.hpp"
#include "workflows/engine/ledger.hpp"

namespace colony::workflows {

class DiscoveryWindow {
 public:
  static constexpr core::Duration longest = std::chrono::hours(24);

  DiscoveryWindow(Ledger& ledger, core::Timers& timers);

  [[nodiscard]] bool is_open() const { return left() > core::Duration{0}; }
  /// How long it stays open; zero when it is closed.
  [[nodiscard]] core::Duration left() const;
  [[nodiscard]] std::optional<core::UtcTime> until() const;
  /// The row to commit; the window follows when it is durable. Never shortens unless `duration` is zero.
  [[nodiscard]] SettingRow opened_for(core::Duration duration) const;

 private:
  void follow(std::string_view setting);

  Ledger& ledger_;
  core::Timers& timers_;
  std::optional<core::BootTime> until_;
};

}  // namespace colony::workflows
