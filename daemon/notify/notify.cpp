#include "daemon/notify/notify.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace colony::daemon {

namespace {

constexpr std::size_t longest_status = 200;

std::string one_line(std::string_view status) {
  std::string out(status.substr(0, longest_status));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return out;
}

}  // namespace

void Systemd::tell(std::string_view assignments) {
  // A lost notification is repeated by the next ping or ends in systemd's timeout; nothing else to do here.
  (void)sd_notify(0, std::string(assignments).c_str());
}

std::optional<core::Duration> Systemd::watchdog_interval() const {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0 || microseconds == 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

void tell_ready(ServiceManager& manager, std::string_view status) {
  manager.tell(fmt::format("READY=1\nSTATUS={}", one_line(status)));
}

void tell_status(ServiceManager& manager, std::string_view status) {
  manager.tell(fmt::format("STATUS={}", one_line(status)));
}

void tell_reloading(ServiceManager& manager) {
  manager.tell("RELOADING=1\nSTATUS=reading the configuration again");
}

void tell_stopping(ServiceManager& manager) {
  manager.tell("STOPPING=1\nSTATUS=stopping");
}

core::Task<> feed_watchdog(ServiceManager& manager, core::Timers& timers, const core::Log& log,
                           std::function<std::optional<core::BootTime>()> waiting_since) {
  const auto interval = manager.watchdog_interval();
  if (!interval) co_return;
  bool complained = false;
  for (;;) {
    const auto since = waiting_since();
    const bool stuck = since && timers.now() - *since >= *interval;
    if (!stuck) manager.tell("WATCHDOG=1");
    if (stuck && !complained) {
      log.error("watchdog.stuck", "The journal does not answer; the service manager will restart the daemon.",
                {{"for", core::format_duration(timers.now() - *since)}});
    }
    complained = stuck;
    co_await timers.sleep_for(*interval / 3);
  }
}

}  // namespace colony::daemon
