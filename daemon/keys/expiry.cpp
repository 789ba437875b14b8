#include "daemon/keys/expiry.hpp"

#include <string>

#include <fmt/format.h>

#include "core/bytes.hpp"

namespace colony::daemon::keys {

namespace {

constexpr auto longest = std::chrono::days(3650);

std::optional<core::UtcTime> end_of(std::string_view text, core::UtcTime now) {
  if (text == "1y") return now + std::chrono::days(365);
  if (const auto duration = core::parse_duration(text)) {
    return now + std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
  }
  constexpr std::size_t date_length = 10;
  if (text.size() == date_length) {
    const auto day = core::parse_utc(std::string(text) + "T00:00:00Z");
    return day ? std::optional(*day + std::chrono::days(1)) : std::nullopt;
  }
  return core::parse_utc(text);
}

}  // namespace

core::Result<std::optional<core::UtcTime>> parse_expiry(std::string_view text, core::UtcTime now) {
  if (text == "never") return std::optional<core::UtcTime>();
  const auto refuse = [text](std::string_view what) {
    return core::fail(core::ErrorKind::invalid_input, "api_key.expiry",
                      fmt::format("{} {}; accepted: {}", core::printable(text, 40), what, expiry_forms));
  };
  const auto end = end_of(text, now);
  if (!end) return refuse("is no time of expiry");
  if (*end <= now) return refuse("is over already");
  if (*end > now + longest) return refuse("is more than ten years away");
  return end;
}

}  // namespace colony::daemon::keys
