#include "core/clock.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace std::chrono_literals;

TEST(UtcTime, RoundTripsThroughRfc3339) {
  for (const char* text :
       {"2026-11-20T18:03:11.042Z", "1970-01-01T00:00:00.000Z", "2028-02-29T23:59:59.999Z"}) {
    const auto time = parse_utc(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(format_utc(*time), text);
  }
  EXPECT_EQ(parse_utc("2026-11-20T18:03:11Z"), parse_utc("2026-11-20T18:03:11.000Z"));
}

TEST(UtcTime, RefusesImpossibleAndForeignForms) {
  for (const char* text : {"", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-20 18:03:11Z",
                           "2026-11-20T24:00:00Z", "2026-11-20T18:03:11+00:00", "2026-11-20T18:03:1aZ"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

TEST(Duration, ParsesUnitsAndRefusesTheRest) {
  EXPECT_EQ(parse_duration("200ms"), 200ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("30m"), 30min);
  EXPECT_EQ(parse_duration("1d"), 24h);
  for (const char* text : {"", "30", "s", "-3s", "3 s", "3.5s", "99999999999999d", "9223372036854775807s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, IsShownInTheTwoLargestUnits) {
  EXPECT_EQ(format_duration(850ms), "850ms");
  EXPECT_EQ(format_duration(42s), "42s");
  EXPECT_EQ(format_duration(190s), "3m10s");
  EXPECT_EQ(format_duration(125min), "2h5m");
  EXPECT_EQ(format_duration(50h), "2d2h");
}
