#pragma once
// What the daemon tells its service manager (sd_notify(3), unit Type=notify): ready, a status line, alive,
// reloading, stopping. Without a service manager every call does nothing.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/async/task.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"

namespace colony::daemon {

class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  /// One datagram of newline-separated assignments, e.g. "READY=1\nSTATUS=serving".
  virtual void tell(std::string_view assignments) = 0;
  /// How often it wants to hear that we live; nullopt: not at all.
  [[nodiscard]] virtual std::optional<core::Duration> watchdog_interval() const = 0;
};

/// libsystemd's NOTIFY_SOCKET.
class Systemd final : public ServiceManager {
 public:
  void tell(std::string_view assignments) override;
  [[nodiscard]] std::optional<core::Duration> watchdog_interval() const override;
};

void tell_ready(ServiceManager& manager, std::string_view status);
/// Shown by `systemctl status`; control bytes become blanks.
void tell_status(ServiceManager& manager, std::string_view status);
/// Between SIGHUP and the tell_ready() that ends the reload.
void tell_reloading(ServiceManager& manager);
void tell_stopping(ServiceManager& manager);

/// Pings three times per watchdog interval, for ever; ends at once when no watchdog is asked for. It runs on
/// the logic loop, so a loop that hangs pings no more. `waiting_since` says since when the journal owes an
/// answer (nullopt: it owes none): once that is longer than the interval (a commit that never comes back),
/// nothing is pinged and the service manager restarts us.
[[nodiscard]] core::Task<> feed_watchdog(ServiceManager& manager, core::Timers& timers, const core::Log& log,
                                         std::function<std::optional<core::BootTime>()> waiting_since);

}  // namespace colony::daemon
