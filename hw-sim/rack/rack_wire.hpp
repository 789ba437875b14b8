#pragma once
// What carries a rack's bytes: sockets on a real interface (rack_socket.hpp), or memory (tests under virtual
// time). The rack calls down through RackWire; what arrives comes back through RackEars.

#include <cstdint>
#include <memory>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/http/client.hpp"
#include "hw-sim/firmware/network_boot.hpp"

namespace colony::hw_sim {

struct ServerIndex {
  std::size_t value = 0;
  friend auto operator<=>(const ServerIndex&, const ServerIndex&) = default;
};

/// A UDP socket of one server: which server, which boot of it, what for.
struct UdpHandle {
  ServerIndex server;
  std::uint64_t boot = 0;
  UdpUse use{};
  friend auto operator<=>(const UdpHandle&, const UdpHandle&) = default;
};

struct UdpPeer {
  core::Ipv4Address address;
  std::uint16_t port = 0;
};

class RackEars {
 public:
  virtual ~RackEars() = default;
  /// A UDP datagram for port 68 seen on the wire: whose it is stands in it.
  virtual void on_dhcp(core::Ipv4Address source, core::ByteView payload) = 0;
  virtual void on_udp(const UdpHandle& handle, UdpPeer from, core::ByteView datagram) = 0;
  /// A datagram for a BMC at port 623.
  virtual void on_bmc(core::Ipv4Address bmc, UdpPeer from, core::ByteView datagram) = 0;
};

class RackWire {
 public:
  virtual ~RackWire() = default;
  virtual void send_frame(core::ByteView frame) = 0;
  /// From now on `mac` has `address`: announced, and answered for.
  virtual void hold(core::MacAddress mac, core::Ipv4Address address) = 0;
  virtual void release(core::Ipv4Address address) = 0;
  /// Opens the socket of that handle at the first call: proxy_dhcp from port 68, tftp from a fresh port.
  virtual void send_udp(const UdpHandle& handle, core::Ipv4Address from, UdpPeer to,
                        core::ByteView datagram) = 0;
  virtual void close_udp(const UdpHandle& handle) = 0;
  virtual void send_bmc(core::Ipv4Address bmc, UdpPeer to, core::ByteView datagram) = 0;
  [[nodiscard]] virtual std::unique_ptr<core::http::HttpExchange> http(core::http::TcpEndpoint endpoint) = 0;
};

}  // namespace colony::hw_sim
