#pragma once
// One UDP socket for any number of BMCs.

#include <memory>

#include "core/async/timers.hpp"
#include "core/net/privileged.hpp"
#include "drivers/ipmi/datagram_port.hpp"

namespace colony::drivers::ipmi {

/// Bound to `local`, so that requests leave from the appliance's own address; unspecified: the kernel
/// chooses.
[[nodiscard]] core::Result<std::unique_ptr<DatagramPort>> open_udp_port(core::Timers& timers,
                                                                        core::Privileged& sockets,
                                                                        core::Ipv4Address local = {});

}  // namespace colony::drivers::ipmi
