#include "daemon/hosted/retry_after.hpp"

#include <algorithm>
#include <array>

namespace colony::daemon::hosted {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<unsigned> digits(std::string_view text) {
  if (!all_digits(text)) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

}  // namespace

std::optional<core::UtcTime> parse_http_date(std::string_view text) {
  // 0         1         2
  // Fri, 20 Nov 2026 18:03:11 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
    return std::nullopt;
  }
  const auto day = digits(text.substr(5, 2));
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  if (!day || month == months.end() || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1), std::chrono::day(*day)};
  // 60: a leap second.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return core::UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<core::Duration> parse_retry_after(std::string_view text, core::UtcTime now) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  core::Duration wanted{};
  if (all_digits(text)) {
    // More than five digits is over a day: the clamp below has the last word anyway.
    wanted = text.size() > 5 ? core::Duration(longest_retry)
                             : core::Duration(std::chrono::seconds(digits(text).value_or(0)));
  } else if (const auto date = parse_http_date(text)) {
    // Before it becomes nanoseconds, which centuries do not fit into.
    wanted = std::clamp<std::chrono::milliseconds>(*date - now, -24h, 24h);
  } else {
    return std::nullopt;
  }
  return std::clamp(wanted, shortest_retry, longest_retry);
}

}  // namespace colony::daemon::hosted
