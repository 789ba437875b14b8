#include "pxe/tftp/negotiation.hpp"

#include <algorithm>

namespace colony::pxe::tftp {

Agreement negotiate(const RequestOptions& options, const TransferLimits& limits, std::uint64_t file_size) {
  Agreement out;
  if (options.block_size) {
    out.block_size = std::min(*options.block_size, limits.block_size);  // RFC 2348: less or equal
    out.oack.emplace_back("blksize", out.block_size);
  }
  if (options.transfer_size) out.oack.emplace_back("tsize", file_size);
  if (options.timeout) {
    // RFC 2349: the same value or no option at all. The bound of ours holds too, or one client's 255 s
    // would keep a dead transfer for minutes.
    out.longest_timeout =
        std::min<core::Duration>(out.longest_timeout, std::chrono::seconds(*options.timeout));
    out.oack.emplace_back("timeout", *options.timeout);
  }
  if (options.window_size) {
    out.window_size = std::min(*options.window_size, limits.window_size);  // RFC 7440: less or equal
    out.oack.emplace_back("windowsize", out.window_size);
  }
  return out;
}

}  // namespace colony::pxe::tftp
