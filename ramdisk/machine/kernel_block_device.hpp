#pragma once
// A block device of the kernel, opened exclusively and past the page cache.

#include <filesystem>
#include <memory>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "ramdisk/scout/block_device.hpp"

namespace colony::ramdisk {

class KernelBlockDevice final : public BlockDevice {
 public:
  /// Errors: scout.disk_busy (conflict: mounted, or part of a volume that is up), scout.disk_open (io).
  [[nodiscard]] static core::Result<std::shared_ptr<BlockDevice>> open(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t size_bytes() const override { return size_; }
  [[nodiscard]] std::uint32_t logical_block_bytes() const override { return block_; }
  [[nodiscard]] core::Result<> read(std::uint64_t offset, std::span<core::Byte> into) override;
  [[nodiscard]] core::Result<> write(std::uint64_t offset, core::ByteView bytes) override;
  [[nodiscard]] core::Result<> discard(std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] core::Result<> zero_out(std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] core::Result<> flush() override;

  KernelBlockDevice(core::FileDescriptor file, std::uint64_t size, std::uint32_t block)
      : file_(std::move(file)), size_(size), block_(block) {}

 private:
  core::FileDescriptor file_;
  std::uint64_t size_;
  std::uint32_t block_;
};

}  // namespace colony::ramdisk
