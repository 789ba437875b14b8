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

TEST(HttpDate, EveryPrefixIsNone) {
  constexpr std::string_view whole = "Fri, 20 Nov 2026 18:03:11 GMT";
  EXPECT_EQ(parse_http_date(whole), core::parse_utc("2026-11-20T18:03:11Z"));
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_FALSE(parse_http_date(whole.substr(0, i)));
  EXPECT_FALSE(parse_http_date(std::string(whole) + " "));
}
