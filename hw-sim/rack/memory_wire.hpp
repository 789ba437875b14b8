#pragma once
// The rack in memory: no kernel socket, no second thread, any number of servers under virtual time. What the
// rack sends goes to these functions; whoever plays the network calls the rack's RackEars.

#include <functional>
#include <map>

#include "hw-sim/rack/rack_wire.hpp"

namespace colony::hw_sim {

class MemoryWire final : public RackWire {
 public:
  using Http = std::function<std::unique_ptr<core::http::HttpExchange>(const core::http::TcpEndpoint&)>;

  std::function<void(core::ByteView frame)> frame_sent;
  std::function<void(const UdpHandle&, core::Ipv4Address from, UdpPeer to, core::ByteView datagram)> udp_sent;
  std::function<void(core::Ipv4Address bmc, UdpPeer to, core::ByteView datagram)> bmc_sent;
  Http http_wanted;  // must be set before a server fetches anything

  void send_frame(core::ByteView frame) override {
    if (frame_sent) frame_sent(frame);
  }
  void hold(core::MacAddress mac, core::Ipv4Address address) override { held_[address] = mac; }
  void release(core::Ipv4Address address) override { held_.erase(address); }
  void send_udp(const UdpHandle& handle, core::Ipv4Address from, UdpPeer to,
                core::ByteView datagram) override {
    if (udp_sent) udp_sent(handle, from, to, datagram);
  }
  void close_udp(const UdpHandle&) override {}
  void send_bmc(core::Ipv4Address bmc, UdpPeer to, core::ByteView datagram) override {
    if (bmc_sent) bmc_sent(bmc, to, datagram);
  }
  [[nodiscard]] std::unique_ptr<core::http::HttpExchange> http(core::http::TcpEndpoint endpoint) override {
    return http_wanted(endpoint);
  }

  /// What a neighbour table would hold.
  [[nodiscard]] const std::map<core::Ipv4Address, core::MacAddress>& held() const { return held_; }

 private:
  std::map<core::Ipv4Address, core::MacAddress> held_;
};

}  // namespace colony::hw_sim
