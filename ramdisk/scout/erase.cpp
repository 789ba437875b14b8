#include "ramdisk/scout/erase.hpp"

#include <fmt/format.h>

#include "ramdisk/scout/eraser.hpp"

namespace colony::ramdisk {

using core::Result;
using core::Task;
using drivers::scout::DiskWipe;
using drivers::scout::WipeMethod;
using drivers::scout::WipeVerdict;

namespace {

unsigned percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 100
                    : static_cast<unsigned>(static_cast<double>(part) / static_cast<double>(whole) * 100);
}

/// One try of one disk. Slices run on the pool; each owns the eraser, so a cancelled try leaves nothing
/// dangling behind.
class Attempt {
 public:
  Attempt(core::Timers& timers, core::BlockingPool& pool, std::shared_ptr<Eraser> eraser,
          const EraseProgress& progress)
      : timers_(timers), pool_(pool), eraser_(std::move(eraser)), progress_(progress) {}

  [[nodiscard]] Task<Result<>> run(WipeMethod method, DiskWipe& record) {
    auto done = co_await step<Result<>>([](Eraser& eraser) { return eraser.leave_canaries(); });
    if (done) done = co_await erase(method, record);
    if (done) done = co_await step<Result<>>([](Eraser& eraser) { return eraser.flush(); });
    if (done) done = co_await step<Result<>>([](Eraser& eraser) { return eraser.check_canaries(); });
    if (done) done = co_await verify(record);
    co_return done;
  }

 private:
  template <class T>
  [[nodiscard]] Task<T> step(std::function<T(Eraser&)> work) {
    co_return co_await pool_.run<T>(timers_,
                                    [eraser = eraser_, work = std::move(work)] { return work(*eraser); });
  }

  [[nodiscard]] Task<Result<>> erase(WipeMethod method, DiskWipe& record) {
    record.bytes_covered = 0;
    while (record.bytes_covered < eraser_->size()) {
      progress_(name(method), percent(record.bytes_covered, eraser_->size()));
      const std::uint64_t offset = record.bytes_covered;
      const auto end = co_await step<Result<std::uint64_t>>(
          [method, offset](Eraser& eraser) { return eraser.erase_slice(method, offset); });
      if (!end) co_return std::unexpected(end.error());
      record.bytes_covered = *end;
    }
    co_return Result<>{};
  }

  [[nodiscard]] Task<Result<>> verify(DiskWipe& record) {
    eraser_->begin_verify();
    for (;;) {
      progress_("verify", percent(eraser_->bytes_read_back(), eraser_->planned_bytes()));
      const auto all = co_await step<Result<bool>>([](Eraser& eraser) { return eraser.verify_slice(); });
      record.bytes_read_back = eraser_->bytes_read_back();
      record.samples = eraser_->samples();
      if (!all) co_return std::unexpected(all.error());
      if (*all) break;
    }
    record.sample_digest = eraser_->sample_digest().to_string();
    progress_("verify", 100);
    co_return Result<>{};
  }

  core::Timers& timers_;
  core::BlockingPool& pool_;
  std::shared_ptr<Eraser> eraser_;
  const EraseProgress& progress_;
};

}  // namespace

Task<DiskWipe> erase_disk(core::Timers& timers, core::BlockingPool& pool, std::shared_ptr<BlockDevice> device,
                          EraseRequest request, EraseProgress progress) {
  DiskWipe record;
  record.disk = request.disk;
  record.started_at = core::format_utc(timers.utc_now());
  std::uint64_t seed = request.seed;
  for (const WipeMethod method : request.methods) {
    // Each try reads back elsewhere: the disk has seen where the last one looked.
    if (record.method) seed = one_way(seed, "next method");
    record.sample_seed = fmt::format("{:016x}", seed);
    const auto eraser = std::make_shared<Eraser>(device, request.verify_permille, seed);
    record.method = method;
    record.bytes_covered = record.bytes_read_back = record.samples = 0;
    Attempt attempt(timers, pool, eraser, progress);
    const auto done = co_await attempt.run(method, record);
    if (done) {
      record.verdict = WipeVerdict::erased;
      record.error.clear();
      break;
    }
    record.verdict = WipeVerdict::failed;
    record.error +=
        fmt::format("{}{}: {}", record.error.empty() ? "" : "; ", name(method), done.error().message);
  }
  record.error = core::printable(record.error, drivers::scout::max_error_text - 16);
  record.ended_at = core::format_utc(timers.utc_now());
  co_return record;
}

}  // namespace colony::ramdisk
