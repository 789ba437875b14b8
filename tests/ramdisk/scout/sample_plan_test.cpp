#include "ramdisk/scout/sample_plan.hpp"

#include <algorithm>

#include <gtest/gtest.h>

using namespace colony::ramdisk;

namespace {

std::uint64_t total(const std::vector<Extent>& extents) {
  std::uint64_t sum = 0;
  for (const auto& extent : extents) sum += extent.length;
  return sum;
}

void expect_sound(const SampleRequest& request, const std::vector<Extent>& extents) {
  ASSERT_FALSE(extents.empty());
  std::uint64_t end = 0;
  for (const auto& extent : extents) {
    EXPECT_GT(extent.length, 0U);
    EXPECT_GE(extent.offset, end);
    EXPECT_EQ(extent.offset % request.block_bytes, 0U);
    EXPECT_EQ(extent.length % request.block_bytes, 0U);
    end = extent.end();
  }
  EXPECT_EQ(extents.front().offset, 0U);
  EXPECT_EQ(end, request.size_bytes);
  EXPECT_GE(total(extents), request.size_bytes / 1000 * request.permille);
}

}  // namespace

TEST(SamplePlan, CoversItsShareForManySizesBlocksAndSeeds) {
  for (const std::uint32_t block : {512U, 4096U}) {
    for (const std::uint64_t blocks : {1ULL, 2ULL, 1999ULL, 2000ULL, 2001ULL, 999'999ULL, 234'441'648ULL}) {
      for (const unsigned permille : {1U, 100U, 101U, 500U, 999U, 1000U}) {
        const SampleRequest request{blocks * block, block, permille, blocks ^ permille};
        expect_sound(request, plan_samples(request));
      }
    }
  }
}

TEST(SamplePlan, LooksIntoEverySubsectionTwice) {
  const SampleRequest request{1'000'000ULL * 512, 512, 100, 42};
  const auto extents = plan_samples(request);
  const std::uint64_t subsection = request.size_bytes / subsections;
  for (std::uint64_t i = 0; i < subsections; ++i) {
    std::uint64_t inside = 0;
    for (const auto& extent : extents) {
      const auto from = std::max(extent.offset, i * subsection);
      const auto to = std::min(extent.end(), (i + 1) * subsection);
      if (from < to) inside += to - from;
    }
    EXPECT_GE(inside, subsection / 10) << "subsection " << i;
  }
}

TEST(SamplePlan, ReadsMuchLessThanTheWholeWhenAskedForATenth) {
  const SampleRequest request{960'197'124'096ULL, 512, 100, 7};
  EXPECT_LT(total(plan_samples(request)), request.size_bytes / 9);
}

TEST(SamplePlan, IsAFunctionOfItsSeed) {
  const SampleRequest one{1ULL << 30, 512, 100, 1};
  SampleRequest two = one;
  two.seed = 2;
  EXPECT_EQ(plan_samples(one), plan_samples(one));
  EXPECT_NE(plan_samples(one), plan_samples(two));
}

TEST(SamplePlan, ReadsASmallDiskInFull) {
  const SampleRequest request{1024 * 512, 512, 100, 1};
  EXPECT_EQ(plan_samples(request), (std::vector<Extent>{{0, 1024 * 512}}));
}

TEST(SamplePlan, MarksTheFirstAndTheLastBlockAndOthersOnce) {
  const SampleRequest request{100'000ULL * 512, 512, 100, 3};
  const auto canaries = plan_canaries(request, 1000);
  EXPECT_EQ(canaries.front(), 0U);
  EXPECT_EQ(canaries.back(), request.size_bytes - 512);
  EXPECT_GT(canaries.size(), 900U);
  EXPECT_TRUE(std::ranges::is_sorted(canaries));
  EXPECT_EQ(std::ranges::adjacent_find(canaries), canaries.end());
  EXPECT_EQ(plan_canaries({512, 512, 100, 3}, 1000), (std::vector<std::uint64_t>{0}));
}
