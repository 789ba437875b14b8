#include "daemon/hosted/retry_after.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;

namespace {
const core::UtcTime now = *core::parse_utc("2026-11-20T18:00:00Z");
}

TEST(RetryAfter, TakesSeconds) {
  EXPECT_EQ(parse_retry_after("30", now), 30s);
  EXPECT_EQ(parse_retry_after(" 7\t", now), 7s);
}

TEST(RetryAfter, TakesADate) {
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 18:01:30 GMT", now), 90s);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 17:00:00 GMT", now), shortest_retry) << "past";
}

TEST(RetryAfter, ClampsTheAbsurd) {
  EXPECT_EQ(parse_retry_after("0", now), shortest_retry);
  EXPECT_EQ(parse_retry_after("86400", now), longest_retry);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", now), longest_retry);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 9999 18:01:30 GMT", now), longest_retry);
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 1513 18:01:30 GMT", now), shortest_retry);
}

TEST(RetryAfter, MeansNothingWhenItIsNothing) {
  for (const auto* text :
       {"", " ", "-1", "1.5", "soon", "1s", "Fri, 20 Nov 2026 18:01:30", "Fri, 31 Feb 2026 18:01:30 GMT",
        "Fri, 20 Nev 2026 18:01:30 GMT", "Fri, 20 Nov 2026 25:01:30 GMT", "Fri, 2x Nov 2026 18:01:30 GMT"}) {
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
  }
}

TEST(RetryAfter, TakesEveryFormOfADate) {
  for (const auto* text : {"Fri, 20 Nov 2026 18:01:30 GMT", "Friday, 20-Nov-26 18:01:30 GMT",
                           "Fri Nov 20 18:01:30 2026", "  Friday, 20-Nov-26 18:01:30 GMT\t"}) {
    EXPECT_EQ(parse_retry_after(text, now), 90s) << text;
  }
  for (const auto* text :
       {"Thu, 19 Nov 2026 18:01:30 GMT", "Thursday, 19-Nov-26 18:01:30 GMT", "Thu Nov 19 18:01:30 2026",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_retry_after(text, now), shortest_retry) << text << ": past";
  }
  for (const auto* text : {"Sat, 21 Nov 2026 18:01:30 GMT", "Saturday, 21-Nov-26 18:01:30 GMT",
                           "Sat Nov 21 18:01:30 2026", "Friday, 20-Nov-75 17:59:59 GMT"}) {
    EXPECT_EQ(parse_retry_after(text, now), longest_retry) << text << ": a long way off";
  }
}

TEST(HttpDate, EveryPrefixIsNone) {
  for (const std::string whole :
       {"Fri, 20 Nov 2026 18:03:11 GMT", "Friday, 20-Nov-26 18:03:11 GMT", "Fri Nov 20 18:03:11 2026"}) {
    EXPECT_EQ(parse_http_date(whole, now), core::parse_utc("2026-11-20T18:03:11Z"));
    for (std::size_t i = 0; i < whole.size(); ++i)
      EXPECT_FALSE(parse_http_date(whole.substr(0, i), now)) << whole << i;
    EXPECT_FALSE(parse_http_date(whole + " ", now)) << whole;
  }
}

TEST(HttpDate, TwoDigitsMeanTheCenturyThatIsNear) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now), core::parse_utc("1994-11-06T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-71 08:49:37 GMT", now), core::parse_utc("2071-11-06T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", now), core::parse_utc("1977-11-06T08:49:37Z"));
  EXPECT_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", core::UtcTime::min()))
      << "a clock that is nowhere";
  EXPECT_FALSE(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", core::UtcTime::max()));
}

TEST(HttpDate, IsNoneWhenAnythingIsOff) {
  for (const auto* text :
       {"Friday, 20-Nov-26 18:03:11", "Friday, 20-Nov-2026 18:03:11 GMT", "Fri, 20-Nov-26 18:03:11 GMT",
        "Friday, 20 Nov 26 18:03:11 GMT", "Friday, 31-Feb-26 18:03:11 GMT", "Friday, 20-Nov-26 24:03:11 GMT",
        "Fridayyyyy, 20-Nov-26 18:03:11 GMT", "Fri Nov 20 18:03:11 2026 GMT", "Fri Nov 31 18:03:11 2026",
        "Fri Nov 20 18.03.11 2026", "Fri Nev 20 18:03:11 2026", "Fri Nov  0 18:03:11 2026",
        "Fri Nov x0 18:03:11 2026", "Fri, 20 Nov 2026 18:03:11 UTC", "20 Nov 2026 18:03:11 GMT"}) {
    EXPECT_FALSE(parse_http_date(text, now)) << text;
  }
}
