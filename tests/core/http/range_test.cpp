#include "core/http/range.hpp"

#include <gtest/gtest.h>

using namespace colony::core::http;

namespace {

ByteRange part(std::string_view text, std::uint64_t size) {
  const auto decision = decide_range(text, size);
  const auto* range = std::get_if<ByteRange>(&decision);
  return range == nullptr ? ByteRange{} : *range;
}
bool whole(std::string_view text, std::uint64_t size) {
  return std::holds_alternative<WholeBody>(decide_range(text, size));
}
bool unsatisfiable(std::string_view text, std::uint64_t size) {
  return std::holds_alternative<UnsatisfiableRange>(decide_range(text, size));
}

}  // namespace

TEST(Range, TakesTheThreeFormsOfASingleRange) {
  EXPECT_EQ(part("bytes=0-0", 10), (ByteRange{0, 1}));
  EXPECT_EQ(part("bytes=2-5", 10), (ByteRange{2, 4}));
  EXPECT_EQ(part("bytes=7-", 10), (ByteRange{7, 3}));
  EXPECT_EQ(part("bytes=-3", 10), (ByteRange{7, 3}));
  EXPECT_EQ(part("BYTES=9-9", 10), (ByteRange{9, 1}));
}

TEST(Range, IsCutAtTheEndOfTheBody) {
  EXPECT_EQ(part("bytes=8-18446744073709551615", 10), (ByteRange{8, 2}));
  EXPECT_EQ(part("bytes=-100", 10), (ByteRange{0, 10}));
}

TEST(Range, BeyondTheBodyCannotBeSatisfied) {
  EXPECT_TRUE(unsatisfiable("bytes=10-", 10));
  EXPECT_TRUE(unsatisfiable("bytes=-0", 10));
  EXPECT_TRUE(unsatisfiable("bytes=0-", 0));
  EXPECT_TRUE(unsatisfiable("bytes=-1", 0));
}

TEST(Range, AnythingElseMeansTheWholeBody) {
  for (const auto* text : {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=0-1",
                           "bytes=0x1-", "bytes= 0-1", "bytes=99999999999999999999-", "bytes=1-2-3"}) {
    EXPECT_TRUE(whole(text, 10)) << text;
  }
}
