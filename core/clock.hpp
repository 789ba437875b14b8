#pragma once
// Two clocks with two purposes. BootTime never jumps and counts suspend: deadlines and timers. UtcTime is for
// people and for the journal: it may jump, so nothing waits on it.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace colony::core {

struct BootClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using BootTime = BootClock::time_point;
using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::nanoseconds;

/// CLOCK_BOOTTIME and the system clock; logic takes `Timers` (core/async) instead of calling these.
[[nodiscard]] BootTime system_boot_time();
[[nodiscard]] UtcTime system_utc_time();

/// RFC 3339 with milliseconds: 2026-11-20T18:03:11.042Z.
[[nodiscard]] std::string format_utc(UtcTime time);
[[nodiscard]] std::optional<UtcTime> parse_utc(std::string_view text);

/// "850ms", "42s", "3m10s", "2h5m": for people.
[[nodiscard]] std::string format_duration(Duration duration);
/// "200ms", "30s", "30m", "2h", "1d"; a bare number is refused, as is anything negative or over ten years.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

}  // namespace colony::core
