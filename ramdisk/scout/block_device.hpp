#pragma once
// One whole disk, opened for its erasure. The kernel's (kernel_block_device.hpp) and hw-sim's simulated disks
// implement it. Calls block: they run on a BlockingPool, one at a time per device.
//
// Offsets and lengths are multiples of the logical block; memory comes from AlignedBuffer (direct I/O asks
// for both). Errors: kind unsupported when the device cannot do it at all, kind io for everything else.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace colony::ramdisk {

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  [[nodiscard]] virtual std::uint32_t logical_block_bytes() const = 0;

  /// Reads the medium, past every cache of the operating system.
  [[nodiscard]] virtual core::Result<> read(std::uint64_t offset, std::span<core::Byte> into) = 0;
  [[nodiscard]] virtual core::Result<> write(std::uint64_t offset, core::ByteView bytes) = 0;
  /// Tells the device that nobody needs these bytes (BLKDISCARD). Promises nothing about what reads back.
  [[nodiscard]] virtual core::Result<> discard(std::uint64_t offset, std::uint64_t length) = 0;
  /// The device itself writes zeroes (BLKZEROOUT).
  [[nodiscard]] virtual core::Result<> zero_out(std::uint64_t offset, std::uint64_t length) = 0;
  /// All writes are on the medium.
  [[nodiscard]] virtual core::Result<> flush() = 0;
};

/// Zeroed memory that starts at a page boundary.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::size_t size);
  [[nodiscard]] std::span<core::Byte> span() { return {memory_.get(), size_}; }
  [[nodiscard]] core::ByteView view() const { return {memory_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(core::Byte* memory) const;
  };
  std::unique_ptr<core::Byte[], Free> memory_;
  std::size_t size_;
};

}  // namespace colony::ramdisk
