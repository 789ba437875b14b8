#include "ramdisk/scout/sample_plan.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "core/random.hpp"
#include "core/sha256.hpp"

namespace colony::ramdisk {

namespace {

void append(std::vector<Extent>& extents, Extent extent) {
  if (extent.length == 0) return;
  if (!extents.empty() && extents.back().end() == extent.offset) {
    extents.back().length += extent.length;
  } else {
    extents.push_back(extent);
  }
}

}  // namespace

std::vector<Extent> plan_samples(const SampleRequest& request) {
  assert(request.block_bytes > 0 && request.size_bytes > 0 && request.size_bytes % request.block_bytes == 0);
  const std::uint64_t block = request.block_bytes;
  const std::uint64_t blocks = request.size_bytes / block;
  if (blocks < 2 * subsections || request.permille >= 1000) return {{0, request.size_bytes}};

  core::SeededRandom random(request.seed);
  std::vector<Extent> extents;
  extents.reserve(2 * subsections + 2);
  append(extents, {0, block});
  for (std::uint64_t i = 0; i < subsections; ++i) {
    // The last subsection also takes what the division leaves.
    const std::uint64_t begin = blocks / subsections * i;
    const std::uint64_t end = i + 1 == subsections ? blocks : begin + blocks / subsections;
    const std::uint64_t sample =
        std::max<std::uint64_t>(1, ((end - begin) * request.permille + 1999) / 2000);  // half the share
    const std::uint64_t slack = end - begin - std::min(end - begin, 2 * sample);
    // Two draws from the free room, in order, place two samples that cannot overlap.
    const std::uint64_t draw_one = random.below(slack + 1);
    const std::uint64_t draw_two = random.below(slack + 1);
    const std::uint64_t one = begin + std::min(draw_one, draw_two);
    const std::uint64_t two = std::min(begin + std::max(draw_one, draw_two) + sample, end);
    for (const auto [from, to] :
         {std::pair{one, std::min(one + sample, end)}, std::pair{two, std::min(two + sample, end)}}) {
      const std::uint64_t start = std::max(from, extents.back().end() / block);  // block 0 is there already
      if (start < to) append(extents, {start * block, (to - start) * block});
    }
  }
  if (extents.back().end() != request.size_bytes) append(extents, {request.size_bytes - block, block});
  return extents;
}

std::uint64_t one_way(std::uint64_t seed, std::string_view purpose) {
  const auto digest = core::sha256(fmt::format("{} {:016x}", purpose, seed));
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) out = out << 8 | digest.octets()[i];
  return out;
}

std::vector<std::uint64_t> plan_canaries(const SampleRequest& request, std::uint64_t count) {
  const std::uint64_t blocks = request.size_bytes / request.block_bytes;
  core::SeededRandom random(request.seed);
  std::vector<std::uint64_t> offsets{0, (blocks - 1) * request.block_bytes};
  for (std::uint64_t i = 0; i < std::min(count, blocks); ++i) {
    offsets.push_back(random.below(blocks) * request.block_bytes);
  }
  std::ranges::sort(offsets);
  const auto repeated = std::ranges::unique(offsets);
  offsets.erase(repeated.begin(), repeated.end());
  return offsets;
}

}  // namespace colony::ramdisk
