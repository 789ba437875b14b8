#pragma once
// Virtual time: the clock stands still while anything can run, then jumps to the next deadline. A run of the
// loop is a function of its inputs, so a seed reproduces it.

#include <functional>
#include <map>

#include "core/async/timers.hpp"

namespace colony::core {

class VirtualTimers final : public Timers {
 public:
  VirtualTimers(boost::asio::io_context& loop, UtcTime start);
  VirtualTimers(const VirtualTimers&) = delete;
  VirtualTimers& operator=(const VirtualTimers&) = delete;
  ~VirtualTimers() override;

  [[nodiscard]] BootTime now() const override { return now_; }
  [[nodiscard]] UtcTime utc_now() const override;
  [[nodiscard]] boost::asio::any_io_executor executor() override;
  void arm(boost::asio::steady_timer& timer, BootTime deadline) override;
  void forget(boost::asio::steady_timer& timer) override;

  /// Runs everything that can run; jumps to the next deadline; repeats until `done` says so, nothing is left
  /// to wait for, or virtual time would pass `limit`. True when `done` ended it.
  bool run_until(const std::function<bool()>& done, BootTime limit);
  /// Runs for a span of virtual time and leaves the clock at its end.
  void run_for(Duration span);

 private:
  void run_ready();

  boost::asio::io_context& loop_;
  UtcTime start_;
  BootTime now_{};
  std::multimap<BootTime, boost::asio::steady_timer*> armed_;
};

}  // namespace colony::core
