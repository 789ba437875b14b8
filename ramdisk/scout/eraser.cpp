#include "ramdisk/scout/eraser.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/random.hpp"

namespace colony::ramdisk {

using core::Byte;
using core::ErrorKind;
using core::Result;
using drivers::scout::WipeMethod;

namespace {

constexpr std::uint64_t canary_count = 1000;
constexpr std::size_t buffer_bytes = 4 << 20;
// A slice is what may pass between two looks at the clock: seconds on a slow disk.
constexpr std::uint64_t discard_slice = 4ULL << 30;
constexpr std::uint64_t zero_slice = 256ULL << 20;
constexpr std::uint64_t overwrite_slice = 64ULL << 20;
constexpr std::uint64_t verify_slice_bytes = 64ULL << 20;

/// The mark of one block: pseudorandom, so never all zeroes and never what another block holds.
void fill_canary(std::uint64_t seed, std::uint64_t offset, std::span<Byte> block) {
  core::SeededRandom(seed ^ offset * 0x9e3779b97f4a7c15U).fill(block);
}

}  // namespace

Eraser::Eraser(std::shared_ptr<BlockDevice> device, unsigned verify_permille, std::uint64_t seed)
    : device_(std::move(device)), buffer_(buffer_bytes), canary_seed_(one_way(seed, "canaries")) {
  const SampleRequest request{.size_bytes = device_->size_bytes(),
                              .block_bytes = device_->logical_block_bytes(),
                              .permille = verify_permille,
                              .seed = seed};
  plan_ = plan_samples(request);
  for (const Extent& extent : plan_) planned_bytes_ += extent.length;
  SampleRequest canaries = request;
  canaries.seed = canary_seed_;
  canaries_ = plan_canaries(canaries, canary_count);
}

Result<> Eraser::leave_canaries() {
  const std::size_t block = device_->logical_block_bytes();
  const auto bytes = buffer_.span().first(block);
  for (const std::uint64_t offset : canaries_) {
    fill_canary(canary_seed_, offset, bytes);
    if (auto written = device_->write(offset, bytes); !written) return written;
  }
  if (auto flushed = device_->flush(); !flushed) return flushed;
  core::Bytes expected(block);
  for (const std::uint64_t offset : canaries_) {
    fill_canary(canary_seed_, offset, expected);
    if (auto read = device_->read(offset, bytes); !read) return read;
    if (!std::ranges::equal(bytes, expected)) {
      return core::fail(ErrorKind::io, "scout.write_ignored",
                        fmt::format("the disk did not keep what was written at byte {}", offset));
    }
  }
  return {};
}

Result<> Eraser::check_canaries() {
  const auto bytes = buffer_.span().first(device_->logical_block_bytes());
  for (const std::uint64_t offset : canaries_) {
    if (auto read = device_->read(offset, bytes); !read) return read;
    if (auto zero = check_zero(offset, bytes); !zero) return zero;
  }
  return {};
}

Result<std::uint64_t> Eraser::erase_slice(WipeMethod method, std::uint64_t offset) {
  const std::uint64_t left = size() - offset;
  Result<> done;
  std::uint64_t length = 0;
  switch (method) {
    case WipeMethod::discard:
      length = std::min(left, discard_slice);
      done = device_->discard(offset, length);
      break;
    case WipeMethod::write_zeroes:
      length = std::min(left, zero_slice);
      done = device_->zero_out(offset, length);
      break;
    case WipeMethod::overwrite: {
      std::ranges::fill(buffer_.span(), Byte{0});
      const std::uint64_t end = offset + std::min(left, overwrite_slice);
      while (done && offset + length < end) {
        const auto piece =
            static_cast<std::size_t>(std::min<std::uint64_t>(end - offset - length, buffer_.size()));
        done = device_->write(offset + length, buffer_.view().first(piece));
        length += piece;
      }
      break;
    }
  }
  if (!done) return std::unexpected(done.error());
  return offset + length;
}

void Eraser::begin_verify() {
  digest_ = core::Sha256();
  next_extent_ = 0;
  within_extent_ = 0;
  read_back_ = 0;
}

Result<bool> Eraser::verify_slice() {
  std::uint64_t budget = verify_slice_bytes;
  while (next_extent_ < plan_.size() && budget > 0) {
    const Extent& extent = plan_[next_extent_];
    const auto piece = static_cast<std::size_t>(
        std::min<std::uint64_t>({extent.length - within_extent_, buffer_.size(), budget}));
    const auto bytes = buffer_.span().first(piece);
    const std::uint64_t offset = extent.offset + within_extent_;
    if (auto read = device_->read(offset, bytes); !read) return std::unexpected(read.error());
    if (auto zero = check_zero(offset, bytes); !zero) return std::unexpected(zero.error());
    digest_.update(bytes);
    read_back_ += piece;
    budget -= piece;
    within_extent_ += piece;
    if (within_extent_ == extent.length) {
      ++next_extent_;
      within_extent_ = 0;
    }
  }
  return next_extent_ == plan_.size();
}

Result<> Eraser::check_zero(std::uint64_t offset, core::ByteView bytes) const {
  // A block equals itself shifted by one byte exactly when all its bytes equal the first.
  const bool zero =
      bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
  if (zero) return {};
  const auto at = std::ranges::find_if(bytes, [](Byte byte) { return byte != 0; });
  return core::fail(ErrorKind::io, "scout.not_erased",
                    fmt::format("byte {} reads back as {:#04x}, not zero",
                                offset + static_cast<std::uint64_t>(at - bytes.begin()), *at));
}

}  // namespace colony::ramdisk
