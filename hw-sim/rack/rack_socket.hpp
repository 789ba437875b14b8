#pragma once
// The rack on a real interface. DHCP and ARP are frames with each server's own MAC (AF_PACKET); TFTP, IPMI
// and HTTP are kernel sockets on addresses that `ip route add local NET dev IF` made ours, so there is no TCP
// stack here. docs/hw-sim.md says what the interface needs.

#include <map>
#include <memory>
#include <vector>

#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "hw-sim/rack/rack_wire.hpp"

namespace colony::hw_sim {

class RackSocket final : public RackWire {
 public:
  /// Errors: those of Privileged, naming what failed.
  [[nodiscard]] static core::Result<std::unique_ptr<RackSocket>> open(core::Timers& timers,
                                                                      core::Privileged& privileged,
                                                                      const core::Log& log,
                                                                      std::string interface);
  ~RackSocket() override;

  /// Hands what arrives to `ears` from now on; they outlive close().
  void start(RackEars& ears);
  [[nodiscard]] core::Task<> close();

  void send_frame(core::ByteView frame) override;
  void hold(core::MacAddress mac, core::Ipv4Address address) override;
  void release(core::Ipv4Address address) override;
  void send_udp(const UdpHandle& handle, core::Ipv4Address from, UdpPeer to,
                core::ByteView datagram) override;
  void close_udp(const UdpHandle& handle) override;
  void send_bmc(core::Ipv4Address bmc, UdpPeer to, core::ByteView datagram) override;
  [[nodiscard]] std::unique_ptr<core::http::HttpExchange> http(core::http::TcpEndpoint endpoint) override;

 private:
  struct Socket;
  struct Descriptors;

  RackSocket(core::Timers& timers, core::Privileged& privileged, const core::Log& log,
             Descriptors descriptors);

  [[nodiscard]] core::Task<> hear_dhcp();
  [[nodiscard]] core::Task<> hear_arp();
  [[nodiscard]] core::Task<> hear_bmc();
  [[nodiscard]] core::Task<> hear_udp(std::shared_ptr<Socket> socket);
  void answer_arp(core::ByteView frame);
  void ask_for(core::Ipv4Address peer, core::Ipv4Address from);
  void reap();

  core::Timers& timers_;
  core::Privileged& privileged_;
  const core::Log& log_;
  RackEars* ears_ = nullptr;
  bool answers_arp_ = false;  // the kernel was told not to
  std::unique_ptr<Socket> dhcp_, arp_, bmc_;
  std::map<core::Ipv4Address, core::MacAddress> held_;
  std::map<UdpHandle, std::shared_ptr<Socket>> udp_;
  std::vector<std::shared_ptr<Socket>> closing_;  // cancelled, their tasks not ended yet
  core::TaskGroup listeners_;
};

}  // namespace colony::hw_sim
