#pragma once
// Every act that needs a capability goes through here and comes back as a file descriptor or a plain yes:
// low ports, packet sockets, adding and removing an address. A second process can implement it later.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::core {

struct UdpBind {
  std::string interface;  // SO_BINDTODEVICE; empty: any
  Ipv4Address address;    // unspecified: all; needed to hear broadcasts
  std::uint16_t port = 0;
  bool broadcast = false;      // may send to 255.255.255.255
  int receive_buffer = 0;      // bytes wanted, 0: the system's default; without rights capped by rmem_max
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
  // All sockets are non-blocking and close-on-exec, and may be bound before their address is on an interface
  // (IP_FREEBIND): we bind first and claim the address then, so that a taken port is known at once. Errors:
  // net.bind (with address and port named, `conflict` when in use), net.interface (no such interface),
  // net.permission (names the capability).
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

/// What the kernel says of one interface.
struct InterfaceState {
  std::string name;
  unsigned index = 0;
  MacAddress mac;        // zero where its hardware address is not Ethernet's
  bool up = false;       // IFF_UP: administratively
  bool carrier = false;  // IFF_LOWER_UP: somebody is at the other end
  bool arp = false;      // neither IFF_NOARP nor loopback
  std::vector<Ipv4Network> addresses;
};

/// The addresses of this machine's interfaces: looking needs no capability, changing needs CAP_NET_ADMIN.
class InterfaceAddresses {
 public:
  virtual ~InterfaceAddresses() = default;
  // Errors: net.netlink (kind io), net.permission (names the capability), net.address (conflict: it is there
  // already; not_found: it is not there).
  [[nodiscard]] virtual Result<std::vector<InterfaceState>> interfaces() = 0;
  [[nodiscard]] virtual Result<> add(unsigned interface_index, const Ipv4Network& address) = 0;
  [[nodiscard]] virtual Result<> remove(unsigned interface_index, const Ipv4Network& address) = 0;
};

/// rtnetlink(7).
class KernelAddresses final : public InterfaceAddresses {
 public:
  [[nodiscard]] Result<std::vector<InterfaceState>> interfaces() override;
  [[nodiscard]] Result<> add(unsigned interface_index, const Ipv4Network& address) override;
  [[nodiscard]] Result<> remove(unsigned interface_index, const Ipv4Network& address) override;
};

}  // namespace colony::core
