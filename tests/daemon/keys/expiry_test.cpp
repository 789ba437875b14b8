#include "daemon/keys/expiry.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::keys;

namespace {
const core::UtcTime now = *core::parse_utc("2026-11-20T18:00:00Z");
std::string end_of(std::string_view text) {
  const auto end = parse_expiry(text, now);
  if (!end) return end.error().code;
  return *end ? core::format_utc(**end) : "never";
}
}  // namespace

TEST(Expiry, TakesPresetsTimesAndDates) {
  EXPECT_EQ(end_of("24h"), "2026-11-21T18:00:00.000Z");
  EXPECT_EQ(end_of("7d"), "2026-11-27T18:00:00.000Z");
  EXPECT_EQ(end_of("30d"), "2026-12-20T18:00:00.000Z");
  EXPECT_EQ(end_of("90d"), "2027-02-18T18:00:00.000Z");
  EXPECT_EQ(end_of("1y"), "2027-11-20T18:00:00.000Z");
  EXPECT_EQ(end_of("never"), "never");
  EXPECT_EQ(end_of("15m"), "2026-11-20T18:15:00.000Z");
  EXPECT_EQ(end_of("2027-01-31"), "2027-02-01T00:00:00.000Z") << "its whole day";
  EXPECT_EQ(end_of("2027-01-31T12:00:00Z"), "2027-01-31T12:00:00.000Z");
}

TEST(Expiry, RefusesWhatCannotBeMeant) {
  for (const auto* const wrong : {"", "90", "soon", "0s", "2026-11-19", "2026-11-20T17:59:59Z", "2027-02-30",
                                  "2037-01-01", "-1d", "31.01.2027"}) {
    EXPECT_EQ(end_of(wrong), "api_key.expiry") << wrong;
  }
  EXPECT_NE(parse_expiry("soon", now).error().message.find("24h, 7d, 30d, 90d, 1y or never"),
            std::string::npos);
}
