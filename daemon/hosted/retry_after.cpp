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

struct DateParts {
  std::string_view day, month, year, time;
};

std::optional<core::UtcTime> moment_of(const DateParts& parts) {
  if (parts.time.size() != 8 || parts.time[2] != ':' || parts.time[5] != ':') return std::nullopt;
  const auto day = digits(parts.day);
  const auto month = std::find(months.begin(), months.end(), parts.month);
  const auto year = digits(parts.year);
  const auto hour = digits(parts.time.substr(0, 2));
  const auto minute = digits(parts.time.substr(3, 2));
  const auto second = digits(parts.time.substr(6, 2));
  if (!day || month == months.end() || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1), std::chrono::day(*day)};
  // 60: a leap second.
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return core::UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

/// "Fri, 20 Nov 2026 18:03:11 GMT"
std::optional<core::UtcTime> imf_fixdate(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' ||
      text[11] != ' ' || text[16] != ' ') {
    return std::nullopt;
  }
  return moment_of({text.substr(5, 2), text.substr(8, 3), text.substr(12, 4), text.substr(17, 8)});
}

/// "Friday, 20-Nov-26 18:03:11 GMT" (RFC 850)
std::optional<core::UtcTime> rfc_850_date(std::string_view text, core::UtcTime now) {
  const auto comma = text.find(", ");
  if (comma < 6 || comma > 9) return std::nullopt;  // Monday to Wednesday
  text.remove_prefix(comma + 2);
  if (text.size() != 22 || text[2] != '-' || text[6] != '-' || text[9] != ' ' || text.substr(18) != " GMT") {
    return std::nullopt;
  }
  const auto of_century = [text](unsigned century) {
    const std::array<char, 4> year{static_cast<char>('0' + century / 10),
                                   static_cast<char>('0' + century % 10), text[7], text[8]};
    return moment_of(
        {text.substr(0, 2), text.substr(3, 3), std::string_view(year.data(), 4), text.substr(10, 8)});
  };
  const auto this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  if (this_year < 100 || this_year > 9899) return std::nullopt;
  // Two digits mean the century in which that is not more than 50 years ahead (RFC 9110 section 5.6.7).
  const auto century = static_cast<unsigned>(this_year / 100);
  const auto date = of_century(century);
  if (date && *date > now + std::chrono::years(50)) return of_century(century - 1);
  return date;
}

/// "Fri Nov 20 18:03:11 2026" (asctime); a day below ten is written with a space before it.
std::optional<core::UtcTime> asctime_date(std::string_view text) {
  if (text.size() != 24 || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[19] != ' ') {
    return std::nullopt;
  }
  const auto day = text[8] == ' ' ? text.substr(9, 1) : text.substr(8, 2);
  return moment_of({day, text.substr(4, 3), text.substr(20, 4), text.substr(11, 8)});
}

}  // namespace

std::optional<core::UtcTime> parse_http_date(std::string_view text, core::UtcTime now) {
  if (const auto date = imf_fixdate(text)) return date;
  if (const auto date = asctime_date(text)) return date;
  return rfc_850_date(text, now);
}

std::optional<core::Duration> parse_retry_after(std::string_view text, core::UtcTime now) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  core::Duration wanted{};
  if (all_digits(text)) {
    // More than five digits is over a day: the clamp below has the last word anyway.
    wanted = text.size() > 5 ? core::Duration(longest_retry)
                             : core::Duration(std::chrono::seconds(digits(text).value_or(0)));
  } else if (const auto date = parse_http_date(text, now)) {
    // Before it becomes nanoseconds, which centuries do not fit into.
    wanted = std::clamp<std::chrono::milliseconds>(*date - now, -24h, 24h);
  } else {
    return std::nullopt;
  }
  return std::clamp(wanted, shortest_retry, longest_retry);
}

}  // namespace colony::daemon::hosted
