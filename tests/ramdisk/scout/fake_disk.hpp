#pragma once
// A disk in memory with the faults that real ones have shown.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "drivers/scout/messages.hpp"
#include "ramdisk/scout/block_device.hpp"

namespace colony::ramdisk {

struct FakeFaults {
  bool discard_unsupported = false;
  bool discard_ignored = false;         // accepted, nothing happens
  bool discard_leaves_pattern = false;  // reads back as ones
  bool zero_out_unsupported = false;
  bool writes_ignored = false;
  std::set<std::uint64_t> kept;         // bytes in remapped sectors that no method reaches
  std::uint64_t read_fails_at = ~0ULL;  // EIO when a read covers this byte
};

class FakeDisk final : public BlockDevice {
 public:
  explicit FakeDisk(std::size_t size, std::uint32_t block = 512, core::Byte fill = 0xa5)
      : bytes(size, fill), block_(block) {}

  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes.size(); }
  [[nodiscard]] std::uint32_t logical_block_bytes() const override { return block_; }
  core::Result<> read(std::uint64_t offset, std::span<core::Byte> into) override {
    ++reads;
    if (faults.read_fails_at >= offset && faults.read_fails_at < offset + into.size()) {
      return core::fail(core::ErrorKind::io, "test.eio", "read: Input/output error");
    }
    std::copy_n(at(offset, into.size()), into.size(), into.begin());
    return {};
  }
  core::Result<> write(std::uint64_t offset, core::ByteView data) override {
    ++writes;
    const auto to = at(offset, data.size());
    if (!faults.writes_ignored) std::ranges::copy(data, to);
    restore_kept();
    return {};
  }
  core::Result<> discard(std::uint64_t offset, std::uint64_t length) override {
    if (faults.discard_unsupported) return unsupported("discard");
    ++writes;
    const auto to = at(offset, length);
    if (!faults.discard_ignored) {
      std::fill_n(to, length, faults.discard_leaves_pattern ? core::Byte{0xff} : core::Byte{0});
    }
    restore_kept();
    return {};
  }
  core::Result<> zero_out(std::uint64_t offset, std::uint64_t length) override {
    if (faults.zero_out_unsupported) return unsupported("write zeroes");
    ++writes;
    std::fill_n(at(offset, length), length, core::Byte{0});
    restore_kept();
    return {};
  }
  core::Result<> flush() override { return {}; }

  [[nodiscard]] bool is_zero() const {
    return std::ranges::all_of(bytes, [](core::Byte byte) { return byte == 0; });
  }

  std::vector<core::Byte> bytes;
  FakeFaults faults;
  unsigned reads = 0, writes = 0;

 private:
  static core::Result<> unsupported(std::string what) {
    return core::fail(core::ErrorKind::unsupported, "test.unsupported", what + " is not supported");
  }
  std::vector<core::Byte>::iterator at(std::uint64_t offset, std::uint64_t length) {
    if (offset % block_ != 0 || length % block_ != 0 || offset + length > bytes.size()) std::abort();
    return bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  }
  void restore_kept() {
    for (const std::uint64_t byte : faults.kept) bytes[byte] = 0x5a;
  }

  std::uint32_t block_;
};

inline drivers::scout::Disk describe_fake(const FakeDisk& disk, std::string serial) {
  drivers::scout::Disk described;
  described.id.serial = std::move(serial);
  described.model = "FAKE";
  described.device = "fake0";
  described.size_bytes = disk.size_bytes();
  described.logical_block_bytes = disk.logical_block_bytes();
  described.physical_block_bytes = disk.logical_block_bytes();
  return described;
}

}  // namespace colony::ramdisk
