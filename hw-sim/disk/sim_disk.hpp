#pragma once
// A disk that remembers what was written, and counts it. Never written parts hold a pattern computed from a
// seed, so that terabytes cost nothing and an erasure can be proved: whatever still reads as the pattern was
// not erased. Zeroes cost nothing either; other data is kept, up to a bound.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ramdisk/scout/block_device.hpp"

namespace colony::hw_sim {

/// What a command does when the disk is asked for it.
enum class DiskAnswer : std::uint8_t {
  works,
  unsupported,
  lies,  // reports success and does nothing
};

struct DiskQuirks {
  DiskAnswer discard = DiskAnswer::works;
  DiskAnswer zero_out = DiskAnswer::works;
  bool read_only = false;
  std::optional<std::uint64_t> write_error_at;  // writes touching this byte fail
  std::optional<std::uint64_t> read_error_at;
};

enum class InitialContent : std::uint8_t { pattern, zeroes };

struct DiskModel {
  std::string model = "COLONY SIM";
  std::string serial;
  std::string wwn;
  std::string transport = "nvme";
  std::uint64_t size_bytes = 0;  // a multiple of the block
  std::uint32_t block_bytes = 512;
  std::uint64_t hidden_bytes = 0;  // behind a host protected area: told by the disk, reached by nobody
  InitialContent initial = InitialContent::pattern;
  std::uint64_t seed = 1;
  DiskQuirks quirks;
};

struct DiskCounters {
  std::uint64_t reads = 0, bytes_read = 0;
  std::uint64_t writes = 0, bytes_written = 0;
  std::uint64_t discards = 0, bytes_discarded = 0;
  std::uint64_t zero_outs = 0, bytes_zeroed = 0;
  std::uint64_t flushes = 0;
  std::uint64_t failed = 0;
};

class SimDisk final : public ramdisk::BlockDevice {
 public:
  /// Most bytes of written data that are not zero; a write beyond fails with kind exhausted.
  static constexpr std::size_t max_data_bytes = 64U << 20;

  explicit SimDisk(DiskModel model);

  [[nodiscard]] const DiskModel& model() const { return model_; }
  [[nodiscard]] std::uint64_t size_bytes() const override { return model_.size_bytes; }
  [[nodiscard]] std::uint32_t logical_block_bytes() const override { return model_.block_bytes; }
  [[nodiscard]] core::Result<> read(std::uint64_t offset, std::span<core::Byte> into) override;
  [[nodiscard]] core::Result<> write(std::uint64_t offset, core::ByteView bytes) override;
  [[nodiscard]] core::Result<> discard(std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] core::Result<> zero_out(std::uint64_t offset, std::uint64_t length) override;
  [[nodiscard]] core::Result<> flush() override;

  [[nodiscard]] const DiskCounters& counters() const { return counters_; }
  /// Every byte reads as zero. Looks at the medium itself: counts as no read.
  [[nodiscard]] bool is_zero() const;
  /// Bytes that still hold what the disk came with.
  [[nodiscard]] std::uint64_t untouched_bytes() const;
  [[nodiscard]] core::Bytes peek(std::uint64_t offset, std::size_t length) const;
  void set_quirks(const DiskQuirks& quirks) { model_.quirks = quirks; }

 private:
  struct Extent {
    std::uint64_t end = 0;
    core::Bytes data;  // empty: zeroes
  };
  using Extents = std::map<std::uint64_t, Extent>;

  [[nodiscard]] core::Result<> check(std::uint64_t offset, std::uint64_t length, std::string_view what);
  [[nodiscard]] core::Result<> check_write(std::uint64_t offset, std::uint64_t length, std::string_view what);
  /// Removes what is recorded for the range, splitting extents at its ends.
  void cut(std::uint64_t begin, std::uint64_t end);
  void put_zeroes(std::uint64_t begin, std::uint64_t end);
  void pattern(std::uint64_t offset, std::span<core::Byte> into) const;
  void copy_out(std::uint64_t offset, std::span<core::Byte> into) const;

  DiskModel model_;
  Extents extents_;  // by first byte; gaps hold the initial content
  std::size_t data_bytes_ = 0;
  DiskCounters counters_;
};

}  // namespace colony::hw_sim
