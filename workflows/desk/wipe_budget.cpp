#include "workflows/desk/wipe_budget.hpp"

#include <chrono>
#include <vector>

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

// Journaled as RFC 3339 times, one space between.
std::vector<core::UtcTime> recent(std::string_view journaled, core::UtcTime now) {
  std::vector<core::UtcTime> times;
  while (!journaled.empty()) {
    const auto space = journaled.find(' ');
    const auto time = core::parse_utc(journaled.substr(0, space));
    if (time && now - *time < 1h) times.push_back(*time);
    journaled = space == std::string_view::npos ? std::string_view{} : journaled.substr(space + 1);
  }
  return times;
}

}  // namespace

unsigned wipes_within_hour(std::string_view journaled, core::UtcTime now) {
  return static_cast<unsigned>(recent(journaled, now).size());
}

std::string with_one_more_wipe(std::string_view journaled, core::UtcTime now) {
  std::string list;
  for (const auto time : recent(journaled, now)) list += core::format_utc(time) + " ";
  return list + core::format_utc(now);
}

}  // namespace colony::workflows
