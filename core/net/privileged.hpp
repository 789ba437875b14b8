#pragma once
// Every act that needs a capability goes through here and comes back as a file descriptor or a plain yes:
// low ports, packet sockets, adding and removing an address. A second process can implement it later.

#include <cstdint>
#include <optional>
#include <string>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::core {

struct UdpBind {
  std::string interface;  // SO_BINDTODEVICE; empty: any
  Ipv4Address address;    // unspecified: all; needed to hear broadcasts
  std::uint16_t port = 0;
  bool broadcast = false;      // may send to 255.255.255.255
  int receive_buffer = 0;      // bytes wanted, 0: the system's default; capped by rmem_max
  bool packet_info = false;    // IP_PKTINFO on received datagrams
  bool reuse_address = false;  // SO_REUSEADDR: several sockets on one port with different addresses
};

struct TcpListen {
  Ipv4Address address;
  std::uint16_t port = 0;
  int backlog = 128;
};

/// An AF_PACKET SOCK_RAW socket on one interface.
struct PacketBind {
  std::string interface;
  std::uint16_t ether_type = 0;  // host order, e.g. 0x0806
  bool promiscuous = false;
};

class Privileged {
 public:
  virtual ~Privileged() = default;
  // All sockets are non-blocking and close-on-exec. Errors: net.bind (with address and port named,
  // `conflict` when in use), net.interface (no such interface), net.permission (names the capability).
  [[nodiscard]] virtual Result<FileDescriptor> udp(const UdpBind& bind) = 0;
  [[nodiscard]] virtual Result<FileDescriptor> listen(const TcpListen& listen) = 0;
  [[nodiscard]] virtual Result<FileDescriptor> packet(const PacketBind& bind) = 0;
};

/// The kernel, asked by this process itself.
class KernelSockets final : public Privileged {
 public:
  [[nodiscard]] Result<FileDescriptor> udp(const UdpBind& bind) override;
  [[nodiscard]] Result<FileDescriptor> listen(const TcpListen& listen) override;
  [[nodiscard]] Result<FileDescriptor> packet(const PacketBind& bind) override;
};

}  // namespace colony::core
