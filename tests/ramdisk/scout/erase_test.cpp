#include "ramdisk/scout/erase.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/sha256.hpp"
#include "fake_disk.hpp"
#include "loop_bench.hpp"
#include "ramdisk/scout/sample_plan.hpp"

using namespace colony;
using namespace colony::ramdisk;
using drivers::scout::DiskWipe;
using drivers::scout::WipeMethod;
using drivers::scout::WipeVerdict;
using testing::HasSubstr;

namespace {

constexpr std::size_t disk_size = 3 << 20;
const std::vector<WipeMethod> all_methods{WipeMethod::discard, WipeMethod::write_zeroes,
                                          WipeMethod::overwrite};

struct EraseBench : LoopBench {
  std::shared_ptr<FakeDisk> disk = std::make_shared<FakeDisk>(disk_size);
  std::vector<std::string> phases;

  DiskWipe erase(std::vector<WipeMethod> methods = all_methods, unsigned permille = 100) {
    DiskWipe record;
    const auto run = [](EraseBench& bench, EraseRequest request, DiskWipe& out) -> core::Task<> {
      out = co_await erase_disk(bench.timers, bench.pool, bench.disk, std::move(request),
                                [&bench](std::string_view phase, unsigned) {
                                  if (bench.phases.empty() || bench.phases.back() != phase) {
                                    bench.phases.emplace_back(phase);
                                  }
                                });
    };
    group.spawn("erase", run(*this,
                             {.disk = describe_fake(*disk, "S1"),
                              .methods = std::move(methods),
                              .verify_permille = permille,
                              .seed = 42},
                             record));
    finish();
    return record;
  }
};

/// What the record claims, as colonyd will judge it.
std::string judged(const DiskWipe& record) {
  drivers::scout::WipeResult result;
  result.attempt.value = 1;
  result.disks.push_back(record);
  const auto decoded = drivers::scout::decode_wipe_result(to_json(result));
  return decoded ? "ok" : decoded.error().message;
}

}  // namespace

TEST(EraseDisk, EveryMethodLeavesZeroesAndSaysSo) {
  for (const WipeMethod method : all_methods) {
    EraseBench bench;
    const auto record = bench.erase({method});
    EXPECT_EQ(record.verdict, WipeVerdict::erased) << record.error;
    EXPECT_EQ(record.method, method);
    EXPECT_TRUE(bench.disk->is_zero());
    EXPECT_EQ(record.bytes_covered, disk_size);
    EXPECT_GE(record.bytes_read_back, disk_size / 10);
    EXPECT_GE(record.samples, 1000U);
    EXPECT_EQ(record.sample_seed, "000000000000002a");
    EXPECT_EQ(judged(record), "ok");
  }
}

TEST(EraseDisk, SampleDigestIsThatOfAsManyZeroes) {
  EraseBench bench;
  const auto record = bench.erase();
  const core::Bytes zeroes(record.bytes_read_back, 0);
  EXPECT_EQ(record.sample_digest, core::sha256(zeroes).to_string());
}

TEST(EraseDisk, ReadsTheWholeDiskWhenAskedTo) {
  EraseBench bench;
  EXPECT_EQ(bench.erase(all_methods, 1000).bytes_read_back, disk_size);
}

TEST(EraseDisk, FallsToTheNextMethodWhenOneIsNotSupported) {
  EraseBench bench;
  bench.disk->faults.discard_unsupported = true;
  bench.disk->faults.zero_out_unsupported = true;
  const auto record = bench.erase();
  EXPECT_EQ(record.verdict, WipeVerdict::erased);
  EXPECT_EQ(record.method, WipeMethod::overwrite);
  EXPECT_TRUE(bench.disk->is_zero());
  EXPECT_EQ(bench.phases, (std::vector<std::string>{"discard", "write-zeroes", "overwrite", "verify"}));
}

TEST(EraseDisk, SeesThroughADiscardThatIsIgnored) {
  EraseBench bench;
  bench.disk->faults.discard_ignored = true;
  EXPECT_EQ(bench.erase().method, WipeMethod::write_zeroes);
  EXPECT_TRUE(bench.disk->is_zero());
}

TEST(EraseDisk, SeesThroughAnIgnoredDiscardOnADiskThatWasEmptyBefore) {
  EraseBench bench;
  bench.disk = std::make_shared<FakeDisk>(disk_size, 512, core::Byte{0});
  bench.disk->faults.discard_ignored = true;
  const auto record = bench.erase({WipeMethod::discard});
  EXPECT_EQ(record.verdict, WipeVerdict::failed);
  EXPECT_THAT(record.error, HasSubstr("not zero"));
}

TEST(EraseDisk, SeesThroughADiscardThatLeavesOtherThanZeroes) {
  EraseBench bench;
  bench.disk->faults.discard_leaves_pattern = true;
  EXPECT_EQ(bench.erase().method, WipeMethod::write_zeroes);
}

TEST(EraseDisk, FailsWhenOldDataStaysInASampledPlace) {
  EraseBench bench;
  const auto plan = plan_samples({disk_size, 512, 100, 42});
  bench.disk->faults.kept = {plan[plan.size() / 2].offset + 17};
  const auto record = bench.erase();
  EXPECT_EQ(record.verdict, WipeVerdict::failed);
  EXPECT_THAT(record.error, HasSubstr("overwrite: byte"));
  EXPECT_EQ(judged(record), "ok");
}

TEST(EraseDisk, FailsWhenTheDiskTakesNoWrites) {
  EraseBench bench;
  bench.disk->faults.writes_ignored = true;
  const auto record = bench.erase();
  EXPECT_EQ(record.verdict, WipeVerdict::failed);
  EXPECT_THAT(record.error, HasSubstr("did not keep"));
}

TEST(EraseDisk, FailsWhenTheReadBackFails) {
  EraseBench bench;
  bench.disk->faults.read_fails_at = disk_size - 1;
  const auto record = bench.erase();
  EXPECT_EQ(record.verdict, WipeVerdict::failed);
  EXPECT_THAT(record.error, HasSubstr("Input/output error"));
}

TEST(EraseDisk, WorksOnOneBlock) {
  EraseBench bench;
  bench.disk = std::make_shared<FakeDisk>(4096, 4096);
  EXPECT_EQ(bench.erase().verdict, WipeVerdict::erased);
  EXPECT_TRUE(bench.disk->is_zero());
}
