#include "hw-sim/disk/sim_disk.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

namespace colony::hw_sim {

namespace {

/// One step of SplitMix64: eight bytes of the pattern from their position.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

bool all_zero(core::ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](core::Byte b) { return b == 0; });
}

bool touches(std::optional<std::uint64_t> spot, std::uint64_t offset, std::uint64_t length) {
  return spot && *spot >= offset && *spot < offset + length;
}

}  // namespace

SimDisk::SimDisk(DiskModel model) : model_(std::move(model)) {
  assert(model_.block_bytes > 0 && model_.size_bytes % model_.block_bytes == 0);
  if (model_.initial == InitialContent::zeroes) put_zeroes(0, model_.size_bytes);
}

core::Result<> SimDisk::check(std::uint64_t offset, std::uint64_t length, std::string_view what) {
  const bool aligned = offset % model_.block_bytes == 0 && length % model_.block_bytes == 0;
  if (aligned && length <= model_.size_bytes && offset <= model_.size_bytes - length) return {};
  ++counters_.failed;
  return core::fail(core::ErrorKind::io, "disk.range",
                    fmt::format("disk {}: {} of {} bytes at {} does not fit its blocks", model_.serial, what,
                                length, offset));
}

core::Result<> SimDisk::check_write(std::uint64_t offset, std::uint64_t length, std::string_view what) {
  if (auto fits = check(offset, length, what); !fits) return fits;
  if (!model_.quirks.read_only && !touches(model_.quirks.write_error_at, offset, length)) return {};
  ++counters_.failed;
  return core::fail(core::ErrorKind::io, "disk.write",
                    fmt::format("disk {}: {} at {} failed: {}", model_.serial, what, offset,
                                model_.quirks.read_only ? "read-only" : "medium error"));
}

core::Result<> SimDisk::read(std::uint64_t offset, std::span<core::Byte> into) {
  if (auto fits = check(offset, into.size(), "read"); !fits) return fits;
  if (touches(model_.quirks.read_error_at, offset, into.size())) {
    ++counters_.failed;
    return core::fail(core::ErrorKind::io, "disk.read",
                      fmt::format("disk {}: read at {} failed: medium error", model_.serial, offset));
  }
  ++counters_.reads;
  counters_.bytes_read += into.size();
  copy_out(offset, into);
  return {};
}

core::Result<> SimDisk::write(std::uint64_t offset, core::ByteView bytes) {
  if (auto fits = check_write(offset, bytes.size(), "write"); !fits) return fits;
  if (bytes.empty()) return {};
  ++counters_.writes;
  counters_.bytes_written += bytes.size();
  if (all_zero(bytes)) {
    put_zeroes(offset, offset + bytes.size());
    return {};
  }
  cut(offset, offset + bytes.size());
  if (data_bytes_ + bytes.size() > max_data_bytes) {
    ++counters_.failed;
    return core::fail(
        core::ErrorKind::exhausted, "disk.memory",
        fmt::format("disk {}: more than {} MiB of data to remember", model_.serial, max_data_bytes >> 20));
  }
  data_bytes_ += bytes.size();
  extents_[offset] = Extent{offset + bytes.size(), core::Bytes(bytes.begin(), bytes.end())};
  return {};
}

core::Result<> SimDisk::discard(std::uint64_t offset, std::uint64_t length) {
  if (model_.quirks.discard == DiskAnswer::unsupported) {
    return core::fail(core::ErrorKind::unsupported, "disk.discard", "this disk cannot discard");
  }
  if (auto fits = check_write(offset, length, "discard"); !fits) return fits;
  ++counters_.discards;
  counters_.bytes_discarded += length;
  if (model_.quirks.discard == DiskAnswer::works && length > 0) put_zeroes(offset, offset + length);
  return {};
}

core::Result<> SimDisk::zero_out(std::uint64_t offset, std::uint64_t length) {
  if (model_.quirks.zero_out == DiskAnswer::unsupported) {
    return core::fail(core::ErrorKind::unsupported, "disk.zero_out", "this disk cannot write zeroes itself");
  }
  if (auto fits = check_write(offset, length, "write zeroes"); !fits) return fits;
  ++counters_.zero_outs;
  counters_.bytes_zeroed += length;
  if (model_.quirks.zero_out == DiskAnswer::works && length > 0) put_zeroes(offset, offset + length);
  return {};
}

core::Result<> SimDisk::flush() {
  ++counters_.flushes;
  return {};
}

bool SimDisk::is_zero() const {
  return extents_.size() == 1 && extents_.begin()->first == 0 && extents_.begin()->second.data.empty() &&
         extents_.begin()->second.end == model_.size_bytes;
}

std::uint64_t SimDisk::untouched_bytes() const {
  std::uint64_t recorded = 0;
  for (const auto& [begin, extent] : extents_) recorded += extent.end - begin;
  return model_.initial == InitialContent::zeroes ? 0 : model_.size_bytes - recorded;
}

core::Bytes SimDisk::peek(std::uint64_t offset, std::size_t length) const {
  if (offset >= model_.size_bytes) return {};
  core::Bytes out(static_cast<std::size_t>(std::min<std::uint64_t>(length, model_.size_bytes - offset)));
  copy_out(offset, out);
  return out;
}

void SimDisk::cut(std::uint64_t begin, std::uint64_t end) {
  auto it = extents_.upper_bound(begin);
  if (it != extents_.begin()) --it;
  while (it != extents_.end() && it->first < end) {
    const std::uint64_t first = it->first;
    if (it->second.end <= begin) {
      ++it;
      continue;
    }
    Extent old = std::move(it->second);
    it = extents_.erase(it);
    data_bytes_ -= old.data.size();
    const auto keep = [&](std::uint64_t from, std::uint64_t to) {
      Extent part{to, {}};
      if (!old.data.empty()) {
        part.data.assign(old.data.begin() + static_cast<std::ptrdiff_t>(from - first),
                         old.data.begin() + static_cast<std::ptrdiff_t>(to - first));
        data_bytes_ += part.data.size();
      }
      extents_[from] = std::move(part);
    };
    if (first < begin) keep(first, begin);
    if (old.end > end) keep(end, old.end);
  }
}

void SimDisk::put_zeroes(std::uint64_t begin, std::uint64_t end) {
  cut(begin, end);
  // Neighbouring zeroes become one extent, so that is_zero() is one look and a wipe in slices stays small.
  const auto next = extents_.lower_bound(end);
  if (next != extents_.end() && next->first == end && next->second.data.empty()) {
    end = next->second.end;
    extents_.erase(next);
  }
  auto previous = extents_.lower_bound(begin);
  if (previous != extents_.begin()) {
    --previous;
    if (previous->second.end == begin && previous->second.data.empty()) {
      previous->second.end = end;
      return;
    }
  }
  extents_[begin] = Extent{end, {}};
}

void SimDisk::pattern(std::uint64_t offset, std::span<core::Byte> into) const {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::uint64_t at = offset + i;
    const std::uint64_t word = mix(model_.seed ^ at >> 3);
    into[i] = static_cast<core::Byte>(word >> (at & 7) * 8);
  }
}

void SimDisk::copy_out(std::uint64_t offset, std::span<core::Byte> into) const {
  const std::uint64_t end = offset + into.size();
  std::uint64_t at = offset;
  auto it = extents_.upper_bound(offset);
  if (it != extents_.begin()) --it;
  while (at < end) {
    while (it != extents_.end() && it->second.end <= at) ++it;
    const auto part = [&](std::uint64_t to) { return into.subspan(at - offset, to - at); };
    if (it == extents_.end() || it->first > at) {
      const std::uint64_t to = it == extents_.end() ? end : std::min(end, it->first);
      pattern(at, part(to));
      at = to;
      continue;
    }
    const std::uint64_t to = std::min(end, it->second.end);
    const auto target = part(to);
    if (it->second.data.empty()) {
      std::fill(target.begin(), target.end(), core::Byte{0});
    } else {
      std::copy_n(it->second.data.begin() + static_cast<std::ptrdiff_t>(at - it->first), target.size(),
                  target.begin());
    }
    at = to;
  }
}

}  // namespace colony::hw_sim
