#pragma once
// Time as a dependency. Logic asks Timers what time it is and waits through Wakeup (wakeup.hpp); production
// gives SystemTimers, simulations give VirtualTimers, under which hours pass in milliseconds.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/async/task.hpp"
#include "core/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace colony::core {

class Timers {
 public:
  virtual ~Timers() = default;
  [[nodiscard]] virtual BootTime now() const = 0;
  [[nodiscard]] virtual UtcTime utc_now() const = 0;
  [[nodiscard]] virtual boost::asio::any_io_executor executor() = 0;

  /// Makes `timer` expire at `deadline`; forget() must be called before the timer dies or is armed again.
  virtual void arm(boost::asio::steady_timer& timer, BootTime deadline) = 0;
  virtual void forget(boost::asio::steady_timer& timer) = 0;

  /// Waits until `deadline`; returns at once when it is past. Throws on cancellation, as every await does.
  [[nodiscard]] Task<> sleep_until(BootTime deadline);
  [[nodiscard]] Task<> sleep_for(Duration duration) { return sleep_until(now() + duration); }
};

/// The machine's clocks. Asio's timers do not count suspend: after a suspend a wait ends late by its length.
class SystemTimers final : public Timers {
 public:
  explicit SystemTimers(boost::asio::io_context& loop);
  [[nodiscard]] BootTime now() const override { return system_boot_time(); }
  [[nodiscard]] UtcTime utc_now() const override { return system_utc_time(); }
  [[nodiscard]] boost::asio::any_io_executor executor() override { return executor_; }
  void arm(boost::asio::steady_timer& timer, BootTime deadline) override;
  void forget(boost::asio::steady_timer& timer) override;

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace colony::core
