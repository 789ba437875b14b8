#pragma once
// Watches the network that machines boot on: frames and time in, questions and findings out. Pure.
//
// Every `interval` it asks, as two kinds of clients would, who answers DHCP; between the questions it listens
// to what servers say to others and to who is there. It answers nobody, takes up no lease, and says nothing
// else on the wire: four broadcasts a round, from our own MAC.
//
// A finding is there with the first evidence, and gone when two rounds did not show it any more (one, when
// somebody asked for it by look_now()). docs/adr/0007-network-guard.md says why each rule is as it is.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/random.hpp"
#include "daemon/config/config.hpp"
#include "daemon/findings.hpp"
#include "daemon/guard/connection_attempt.hpp"
#include "daemon/guard/heard_servers.hpp"
#include "daemon/guard/request_watch.hpp"

namespace colony::daemon::guard {

/// Our side of the link, as the kernel has it now.
struct Place {
  std::string interface;
  core::MacAddress mac;
  core::Ipv4Network network;                // of the load-balancer address
  std::vector<core::Ipv4Network> networks;  // all that the interface has
  std::uint32_t mtu = 1500;
  bool carrier = true;
};

/// One received frame, its VLAN tag taken off and beside it, as the kernel hands it out.
struct Frame {
  core::ByteView bytes;
  std::optional<std::uint16_t> vlan;
};

class NetworkGuard {
 public:
  static constexpr core::Duration interval = std::chrono::seconds(50);  // an alarm within 60 s
  /// After its questions; dnsmasq pings an address for 3 s before it offers it.
  static constexpr core::Duration listen_for = std::chrono::seconds(4);
  static constexpr core::Duration remember_others = std::chrono::minutes(10);
  static constexpr unsigned silent_rounds_limit = 3;

  /// `http_port`: of the boot HTTP server.
  NetworkGuard(DhcpMode mode, std::uint16_t http_port, Place place)
      : mode_(mode), http_port_(http_port), place_(std::move(place)) {}

  void set_place(Place place) { place_ = std::move(place); }

  /// A round now, and its verdict alone counts: somebody mended something.
  void look_now(core::BootTime now);
  /// When to call on_time(). Before the first call: at once.
  [[nodiscard]] core::BootTime deadline() const { return deadline_; }
  /// What to send now.
  [[nodiscard]] std::vector<core::Bytes> on_time(core::BootTime now, core::Random& random);
  void on_frame(const Frame& frame, core::BootTime now);
  /// How many requests each of our doors took in until now.
  void on_taken_in(Door door, std::optional<std::uint64_t> count, core::BootTime now) {
    requests_.on_taken_in(door, count, now);
  }

  [[nodiscard]] FindingMap findings(core::BootTime now) const;
  /// Other servers that offer addresses.
  [[nodiscard]] std::vector<core::Ipv4Address> lease_servers() const;

 private:
  struct Neighbour {  // of our network, behind a VLAN tag
    std::uint16_t vlan = 0;
    core::MacAddress mac;
    core::Ipv4Address address;
    core::BootTime at;
  };
  void on_neighbour(core::MacAddress mac, core::Ipv4Address address, std::optional<std::uint16_t> vlan,
                    core::BootTime now);
  void judge_round(core::BootTime now);
  void on_request(core::ByteView frame, core::BootTime now);

  DhcpMode mode_;
  std::uint16_t http_port_;
  Place place_;
  core::BootTime deadline_{};
  unsigned step_ = 0;  // of this round
  std::uint64_t round_ = 0;
  core::BootTime round_began_{};
  bool asked_for_ = false;
  pxe::dhcp::Xid xid_;
  bool answered_ = false;  // in this round, with an address
  unsigned silent_rounds_ = 0;
  HeardServers servers_;
  std::optional<Neighbour> tagged_;
  std::optional<core::BootTime> untagged_at_;
  std::optional<ConnectionAttempt> attempt_;  // the last to our HTTP port
  bool attempt_repeated_ = false;
  RequestWatch requests_;
};

}  // namespace colony::daemon::guard
