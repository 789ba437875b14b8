#pragma once
// What server and client agree on for one transfer (RFC 2347): a pure function of request, limits and file.

#include <cstdint>

#include "core/clock.hpp"
#include "pxe/tftp/packet.hpp"

namespace colony::pxe::tftp {

struct TransferLimits {
  std::uint16_t block_size = 1428;  // fits an Ethernet frame with room for one tunnel header
  std::uint16_t window_size = 16;   // blocks in flight
};

struct Agreement {
  std::uint16_t block_size = 512;
  std::uint16_t window_size = 1;
  /// The client's own wish for a retransmission timeout (RFC 2349); ours adapts, and stays below it.
  core::Duration longest_timeout = std::chrono::seconds(2);
  OackOptions oack;  // empty: no OACK, the transfer starts with DATA 1
};

[[nodiscard]] Agreement negotiate(const RequestOptions& options, const TransferLimits& limits,
                                  std::uint64_t file_size);

}  // namespace colony::pxe::tftp
