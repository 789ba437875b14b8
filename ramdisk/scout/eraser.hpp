#pragma once
// The erasure of one disk, cut into slices that block for seconds at most. Knows no time and no coroutine:
// erase.hpp drives it on the blocking pool.

#include <memory>

#include "core/sha256.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/scout/block_device.hpp"
#include "ramdisk/scout/sample_plan.hpp"

namespace colony::ramdisk {

class Eraser {
 public:
  Eraser(std::shared_ptr<BlockDevice> device, unsigned verify_permille, std::uint64_t seed);

  /// Leaves marks at the first, the last and a thousand seeded blocks and reads them back: afterwards a
  /// method that the disk ignored cannot look like one that worked on a disk that was empty before.
  [[nodiscard]] core::Result<> leave_canaries();
  /// All canaries read back as zeroes.
  [[nodiscard]] core::Result<> check_canaries();

  [[nodiscard]] std::uint64_t size() const { return device_->size_bytes(); }
  /// Erases from `offset` on, as much as one slice of the method takes; returns where it ended.
  [[nodiscard]] core::Result<std::uint64_t> erase_slice(drivers::scout::WipeMethod method,
                                                        std::uint64_t offset);
  [[nodiscard]] core::Result<> flush() { return device_->flush(); }

  /// Starts the read-back anew.
  void begin_verify();
  /// Reads up to one slice; true when the whole plan has been read and was zero.
  [[nodiscard]] core::Result<bool> verify_slice();
  [[nodiscard]] std::uint64_t planned_bytes() const { return planned_bytes_; }
  [[nodiscard]] std::uint64_t bytes_read_back() const { return read_back_; }
  [[nodiscard]] std::uint64_t samples() const { return next_extent_; }
  /// SHA-256 over all sampled bytes, in ascending order of their offsets. Once, after the last slice.
  [[nodiscard]] core::Sha256Digest sample_digest() { return digest_.finish(); }

 private:
  [[nodiscard]] core::Result<> check_zero(std::uint64_t offset, core::ByteView bytes) const;

  std::shared_ptr<BlockDevice> device_;
  AlignedBuffer buffer_;
  std::uint64_t canary_seed_;
  std::vector<std::uint64_t> canaries_;
  std::vector<Extent> plan_;
  std::uint64_t planned_bytes_ = 0;
  core::Sha256 digest_;
  std::size_t next_extent_ = 0;
  std::uint64_t within_extent_ = 0;
  std::uint64_t read_back_ = 0;
};

}  // namespace colony::ramdisk
