#include "ramdisk/machine/kernel_block_device.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace colony::ramdisk {

using core::ErrorKind;
using core::Result;

namespace {

/// BLKDISCARD and BLKZEROOUT take {start, length}.
Result<> on_range(int file, unsigned long act, std::string_view name, std::uint64_t offset,
                  std::uint64_t length) {
  std::array<std::uint64_t, 2> range{offset, length};
  while (ioctl(file, act, range.data()) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOTTY) {
      return core::fail(ErrorKind::unsupported, "scout.disk_unsupported",
                        fmt::format("the disk has no {}", name));
    }
    return core::fail_errno("scout.disk_io", fmt::format("{} of {} bytes at {}", name, length, offset),
                            errno);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<BlockDevice>> KernelBlockDevice::open(const std::filesystem::path& path) {
  // O_EXCL on a block device without O_CREAT: fails while it, or a partition of it, is held (open(2)).
  core::FileDescriptor file(::open(path.c_str(), O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC));
  if (!file.valid() && errno == EBUSY) {
    return core::fail(ErrorKind::conflict, "scout.disk_busy",
                      fmt::format("{} is in use: mounted, or part of a volume that is up", path.string()));
  }
  if (!file.valid()) return core::fail_errno("scout.disk_open", path.string(), errno);
  std::uint64_t size = 0;
  int block = 0;
  if (ioctl(file.get(), BLKGETSIZE64, &size) != 0 || ioctl(file.get(), BLKSSZGET, &block) != 0 ||
      block <= 0) {
    return core::fail_errno("scout.disk_open", fmt::format("size of {}", path.string()), errno);
  }
  return std::make_shared<KernelBlockDevice>(std::move(file), size, static_cast<std::uint32_t>(block));
}

Result<> KernelBlockDevice::read(std::uint64_t offset, std::span<core::Byte> into) {
  while (!into.empty()) {
    const ssize_t count = pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return core::fail_errno("scout.disk_io", fmt::format("read at {}", offset), count < 0 ? errno : EIO);
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<> KernelBlockDevice::write(std::uint64_t offset, core::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return core::fail_errno("scout.disk_io", fmt::format("write at {}", offset), count < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<> KernelBlockDevice::discard(std::uint64_t offset, std::uint64_t length) {
  return on_range(file_.get(), BLKDISCARD, "discard", offset, length);
}

Result<> KernelBlockDevice::zero_out(std::uint64_t offset, std::uint64_t length) {
  return on_range(file_.get(), BLKZEROOUT, "write zeroes", offset, length);
}

Result<> KernelBlockDevice::flush() {
  if (fsync(file_.get()) != 0) return core::fail_errno("scout.disk_io", "flush", errno);
  return {};
}

}  // namespace colony::ramdisk
