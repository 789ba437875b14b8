#pragma once
// How datagrams get to BMCs and back: a UDP socket (ipmi_socket.hpp), or memory in tests and simulations.

#include <cstdint>

#include "core/async/task.hpp"
#include "core/bytes.hpp"
#include "drivers/bmc_values.hpp"

namespace colony::drivers::ipmi {

struct InboundDatagram {
  BmcEndpoint from;
  core::Bytes bytes;
};

class DatagramPort {
 public:
  virtual ~DatagramPort() = default;
  /// Never waits: what the network does not take is lost, as any datagram may be.
  virtual void send(const BmcEndpoint& to, core::ByteView bytes) = 0;
  /// The next datagram from anybody. One receiver at a time.
  [[nodiscard]] virtual core::Task<InboundDatagram> receive() = 0;
};

}  // namespace colony::drivers::ipmi
