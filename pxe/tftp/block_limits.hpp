#pragma once
// How large a block a client's path takes. A block size stands for a whole transfer once it is agreed on (RFC
// 2348), so what is learnt counts for the client's next request: its route's MTU, and that large blocks
// vanished on the way though small packets did not (a tunnel or switch that drops without ICMP).

#include <cstdint>
#include <map>

#include "core/address.hpp"
#include "core/clock.hpp"

namespace colony::pxe::tftp {

/// RFC 1350's own, which every path takes (RFC 791: 576 bytes).
inline constexpr std::uint16_t safe_block_size = 512;

/// The largest block whose datagram an MTU takes: less IP, UDP and TFTP header.
[[nodiscard]] std::uint16_t block_within(std::uint16_t block_size, std::uint32_t mtu);

class BlockLimits {
 public:
  static constexpr std::size_t capacity = 256;  // clients; the oldest lesson is forgotten first
  static constexpr core::Duration lasts = std::chrono::hours(1);

  /// The client acknowledged small packets and never a block.
  void on_blocks_lost(core::Ipv4Address client, core::BootTime now);
  [[nodiscard]] std::uint16_t limit(core::Ipv4Address client, std::uint16_t usual, core::BootTime now) const;

 private:
  std::map<core::Ipv4Address, core::BootTime> lossy_;
};

}  // namespace colony::pxe::tftp
