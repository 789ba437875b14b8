#include "pxe/tftp/block_limits.hpp"

#include <algorithm>

namespace colony::pxe::tftp {

namespace {

constexpr std::uint32_t headers = 20 + 8 + 4;

}  // namespace

std::uint16_t block_within(std::uint16_t block_size, std::uint32_t mtu) {
  if (mtu < headers + safe_block_size) return std::min(block_size, safe_block_size);
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(block_size, mtu - headers));
}

void BlockLimits::on_blocks_lost(core::Ipv4Address client, core::BootTime now) {
  if (!lossy_.contains(client) && lossy_.size() >= capacity) {
    lossy_.erase(std::ranges::min_element(lossy_, {}, [](const auto& lesson) { return lesson.second; }));
  }
  lossy_.insert_or_assign(client, now);
}

std::uint16_t BlockLimits::limit(core::Ipv4Address client, std::uint16_t usual, core::BootTime now) const {
  const auto lesson = lossy_.find(client);
  if (lesson == lossy_.end() || now - lesson->second >= lasts) return usual;
  return std::min(usual, safe_block_size);
}

}  // namespace colony::pxe::tftp
