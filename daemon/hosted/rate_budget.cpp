#include "daemon/hosted/rate_budget.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

namespace colony::daemon::hosted {

using namespace std::chrono_literals;

namespace {

/// The share of a window, in percent, that calls of this importance may fill.
unsigned share(Importance importance) {
  switch (importance) {
    case Importance::vital: return 100;
    case Importance::orders: return 95;
    case Importance::events: return 85;
    case Importance::inventory: return 60;
  }
  return 60;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(value) : std::nullopt;
}

/// When fewer than `allowed` of `times` will lie in the window before that moment.
core::BootTime room_at(const std::deque<core::BootTime>& times, std::size_t allowed, core::Duration window,
                       core::BootTime now) {
  if (times.size() < allowed) return now;
  return std::max(now, times[times.size() - allowed] + window);
}

}  // namespace

void RateBudget::forget(core::BootTime now) {
  while (!spent_.empty() && spent_.front() + 1h <= now) spent_.pop_front();
}

core::BootTime RateBudget::earliest(Importance importance, core::BootTime now) {
  forget(now);
  const auto allowed = [importance](unsigned limit) { return std::max(1U, limit * share(importance) / 100); };
  return std::max(room_at(spent_, allowed(limits_.per_minute), 1min, now),
                  room_at(spent_, allowed(limits_.per_hour), 1h, now));
}

void RateBudget::spend(core::BootTime now) {
  forget(now);
  spent_.push_back(now);
}

// "MINUTE:CALLS ..." with minutes since 1970: at most 61 of them, however many calls there were.
std::string RateBudget::remember(core::BootTime now, core::UtcTime utc) {
  forget(now);
  std::map<std::int64_t, unsigned> by_minute;
  for (const auto at : spent_) {
    const auto when = utc - std::chrono::duration_cast<std::chrono::milliseconds>(now - at);
    ++by_minute[std::chrono::floor<std::chrono::minutes>(when).time_since_epoch().count()];
  }
  std::string text;
  for (const auto& [minute, calls] : by_minute) text += fmt::format("{}:{} ", minute, calls);
  return text;
}

void RateBudget::recall(std::string_view remembered, core::BootTime now, core::UtcTime utc) {
  while (!remembered.empty()) {
    const auto space = std::min(remembered.find(' '), remembered.size());
    const std::string_view entry = remembered.substr(0, space);
    remembered.remove_prefix(std::min(space + 1, remembered.size()));
    const auto colon = std::min(entry.find(':'), entry.size());
    const auto minute = whole_number(entry.substr(0, colon));
    const auto calls = whole_number(entry.substr(std::min(colon + 1, entry.size())));
    // The year 3000 and more calls than there can be: not ours.
    if (!minute || !calls || *minute > 541'728'000 || *calls > limits_.per_hour) continue;
    // All of them at the minute's end: rather too late than too early. A clock that was set back shows them
    // in the future: now is the latest they can be.
    const core::UtcTime end{std::chrono::minutes(*minute + 1)};
    const auto age = std::max<core::Duration>(utc - end, 0s);
    if (age >= 1h) continue;
    const auto room = limits_.per_hour - std::min<std::size_t>(spent_.size(), limits_.per_hour);
    spent_.insert(spent_.end(), std::min<std::size_t>(*calls, room), now - age);
  }
  std::ranges::sort(spent_);
}

}  // namespace colony::daemon::hosted
