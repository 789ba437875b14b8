#pragma once
// A UDP or packet socket under the loop: non-blocking system calls, and one wait with a deadline. Shells
// only.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/async/timers.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "pxe/net/udp_peer.hpp"

namespace colony::pxe {

class DatagramSocket {
 public:
  struct Received {
    core::ByteView bytes;  // into the caller's buffer
    UdpPeer from;          // of a UDP socket
    bool truncated = false;
  };

  DatagramSocket(core::Timers& timers, core::FileDescriptor fd);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  /// True when there may be something to receive (or not: look), false when the deadline passed. One waiter
  /// at a time.
  [[nodiscard]] core::Task<bool> readable_until(core::BootTime deadline);

  /// Ends the wait in hand, or the next one, at once.
  void wake();

  /// Nothing: would block. An error of the peer (ICMP unreachable on a connected socket) is an Error.
  [[nodiscard]] core::Result<std::optional<Received>> receive(std::span<core::Byte> buffer);

  /// Sends from `source` (IP_PKTINFO), whatever other addresses the interface has.
  [[nodiscard]] core::Result<> send_from(core::Ipv4Address source, UdpPeer to, core::ByteView bytes);
  [[nodiscard]] core::Result<> send_to(UdpPeer to, core::ByteView bytes);
  [[nodiscard]] core::Result<> send_to(UdpPeer to, core::ByteView head, core::ByteView body);
  /// On a connected socket, or a whole frame on a packet socket.
  [[nodiscard]] core::Result<> send(core::ByteView bytes);
  /// One datagram in two pieces, so that file bytes are not copied behind their header.
  [[nodiscard]] core::Result<> send(core::ByteView head, core::ByteView body);

  /// Only datagrams of this peer are received from now on.
  [[nodiscard]] core::Result<> connect(UdpPeer peer);
  [[nodiscard]] int fd() const;
  [[nodiscard]] std::uint16_t local_port() const;

 private:
  struct Descriptor;
  struct StopWaiting;
  std::shared_ptr<Descriptor> descriptor_;
};

/// The MTU of the route to `to`, less where the kernel has learnt of a smaller one on the path (ICMP);
/// nothing where there is no route.
[[nodiscard]] std::optional<std::uint32_t> path_mtu(core::Ipv4Address to);

}  // namespace colony::pxe
