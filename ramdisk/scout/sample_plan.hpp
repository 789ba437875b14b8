#pragma once
// Which parts of a disk are read back after its erasure. NIST SP 800-88r1 section 4.7.2: at least 1000
// subsections of equal size, two non-overlapping pseudorandom locations in each, and the first and the last
// block of the disk. A function of size, block, share and seed, so that anybody can compute it again:
// docs/wire/scout.md gives the arithmetic.

#include <cstdint>
#include <string_view>
#include <vector>

namespace colony::ramdisk {

struct Extent {
  std::uint64_t offset = 0;  // bytes
  std::uint64_t length = 0;
  [[nodiscard]] std::uint64_t end() const { return offset + length; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

inline constexpr std::uint64_t subsections = 1000;

struct SampleRequest {
  std::uint64_t size_bytes = 0;  // a multiple of block_bytes, not zero
  std::uint32_t block_bytes = 512;
  unsigned permille = 100;  // 1..1000, share of the medium
  std::uint64_t seed = 0;
};

/// Ascending, not overlapping; together at least the share asked for. A disk of fewer than 2000 blocks is
/// read in full.
[[nodiscard]] std::vector<Extent> plan_samples(const SampleRequest& request);

/// Offsets of `count` single blocks, ascending and distinct (fewer on a tiny disk), always with the first and
/// the last: where a mark is left before an erasure, to see that the erasure took it away.
[[nodiscard]] std::vector<std::uint64_t> plan_canaries(const SampleRequest& request, std::uint64_t count);

/// A seed for another purpose, from which the first cannot be computed: the disk sees the marks, and must not
/// know from them where it will be read.
[[nodiscard]] std::uint64_t one_way(std::uint64_t seed, std::string_view purpose);

}  // namespace colony::ramdisk
