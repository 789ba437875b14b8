#pragma once
// Reads one file over TFTP: the socket around reader.hpp.

#include <string>

#include "core/async/timers.hpp"
#include "core/net/privileged.hpp"
#include "pxe/net/udp_peer.hpp"
#include "pxe/tftp/reader.hpp"

namespace colony::pxe::tftp {

/// From `source` (an address of ours). Bounded by the wish's patience and attempts for each block. Errors:
/// those of Reader, net.*.
[[nodiscard]] core::Task<core::Result<std::string>> read_file(core::Privileged& privileged,
                                                              core::Timers& timers, core::Ipv4Address source,
                                                              UdpPeer server, ReadWish wish);

}  // namespace colony::pxe::tftp
