#include "hw-sim/disk/sim_disk.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

constexpr std::uint64_t megabyte = 1 << 20;

DiskModel model(std::uint64_t size) {
  DiskModel out;
  out.serial = "S1";
  out.size_bytes = size;
  out.seed = 42;
  return out;
}

Bytes read(SimDisk& disk, std::uint64_t offset, std::size_t size) {
  Bytes out(size);
  EXPECT_TRUE(disk.read(offset, out));
  return out;
}

}  // namespace

TEST(SimDisk, ComesWithAPatternThatIsTheSameHoweverItIsRead) {
  SimDisk disk(model(megabyte));
  const Bytes whole = read(disk, 0, megabyte);
  for (std::size_t at = 0; at < megabyte; at += 512 * 100) {
    const Bytes part = read(disk, at, 512);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(at)));
  }
  EXPECT_FALSE(disk.is_zero());
  EXPECT_EQ(disk.untouched_bytes(), megabyte);
}

TEST(SimDisk, RemembersWhatWasWrittenAndCountsIt) {
  SimDisk disk(model(megabyte));
  const Bytes data(1024, 0xab);
  ASSERT_TRUE(disk.write(512, data));
  EXPECT_EQ(read(disk, 512, 1024), data);
  EXPECT_EQ(disk.counters().writes, 1U);
  EXPECT_EQ(disk.counters().bytes_written, 1024U);
  EXPECT_EQ(disk.untouched_bytes(), megabyte - 1024);
}

TEST(SimDisk, IsZeroOnlyWhenEveryByteIs) {
  SimDisk disk(model(megabyte));
  ASSERT_TRUE(disk.discard(0, megabyte / 2));
  EXPECT_FALSE(disk.is_zero());
  ASSERT_TRUE(disk.zero_out(megabyte / 2, megabyte / 2));
  EXPECT_TRUE(disk.is_zero());
  ASSERT_TRUE(disk.write(megabyte - 512, Bytes(512, 1)));
  EXPECT_FALSE(disk.is_zero());
  ASSERT_TRUE(disk.write(megabyte - 512, Bytes(512, 0)));
  EXPECT_TRUE(disk.is_zero());
}

TEST(SimDisk, ATerabyteCostsNothing) {
  SimDisk disk(model(std::uint64_t{1} << 40));
  for (std::uint64_t at = 0; at < disk.size_bytes(); at += std::uint64_t{1} << 30) {
    ASSERT_TRUE(disk.zero_out(at, std::uint64_t{1} << 30));
  }
  EXPECT_TRUE(disk.is_zero());
}

TEST(SimDisk, ADiskThatLiesAboutDiscardKeepsItsData) {
  DiskModel lying = model(megabyte);
  lying.quirks.discard = DiskAnswer::lies;
  SimDisk disk(lying);
  EXPECT_TRUE(disk.discard(0, megabyte));
  EXPECT_EQ(disk.untouched_bytes(), megabyte);
  EXPECT_EQ(disk.counters().discards, 1U);
}

TEST(SimDisk, RefusesWhatItCannotDo) {
  DiskModel odd = model(megabyte);
  odd.quirks.discard = DiskAnswer::unsupported;
  odd.quirks.write_error_at = 4096;
  odd.quirks.read_error_at = 8192;
  SimDisk disk(odd);
  EXPECT_EQ(disk.discard(0, 512).error().kind, ErrorKind::unsupported);
  EXPECT_EQ(disk.write(3584, Bytes(1024, 1)).error().code, "disk.write");
  EXPECT_TRUE(disk.write(512, Bytes(512, 1)));
  Bytes into(512);
  EXPECT_EQ(disk.read(8192, into).error().code, "disk.read");
  EXPECT_EQ(disk.read(100, into).error().code, "disk.range");
  EXPECT_EQ(disk.read(megabyte, into).error().code, "disk.range");
  odd.quirks = {};
  odd.quirks.read_only = true;
  disk.set_quirks(odd.quirks);
  EXPECT_FALSE(disk.zero_out(0, 512));
}

TEST(SimDisk, BoundsWhatItRemembers) {
  SimDisk disk(model(std::uint64_t{1} << 30));
  const Bytes chunk(8 * megabyte, 7);
  std::uint64_t at = 0;
  while (disk.write(at, chunk)) at += chunk.size();
  EXPECT_EQ(at, SimDisk::max_data_bytes);
}

TEST(SimDisk, AgreesWithAPlainArrayUnderAnyOrderOfActs) {
  constexpr std::size_t blocks = 64;
  SeededRandom random(7);
  SimDisk disk(model(blocks * 512));
  Bytes plain = read(disk, 0, blocks * 512);
  for (int step = 0; step < 3000; ++step) {
    const std::size_t first = random.below(blocks);
    const std::size_t count = 1 + random.below(blocks - first);
    const auto begin = plain.begin() + static_cast<std::ptrdiff_t>(first * 512);
    const auto end = begin + static_cast<std::ptrdiff_t>(count * 512);
    switch (random.below(3)) {
      case 0: {
        Bytes data(count * 512);
        random.fill(data);
        ASSERT_TRUE(disk.write(first * 512, data));
        std::copy(data.begin(), data.end(), begin);
        break;
      }
      case 1:
        ASSERT_TRUE(disk.discard(first * 512, count * 512));
        std::fill(begin, end, Byte{0});
        break;
      default: ASSERT_EQ(read(disk, first * 512, count * 512), Bytes(begin, end)) << step;
    }
    const bool zero = std::all_of(plain.begin(), plain.end(), [](Byte b) { return b == 0; });
    ASSERT_EQ(disk.is_zero(), zero) << step;
  }
}
