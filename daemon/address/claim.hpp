#pragma once
// RFC 5227 as a state machine: ARP packets and time in, things to do out. It owns no socket and no clock.
//
//   probing --(3 probes, silence)--> holding --(conflict twice within 10 s)--> lost
//      |                                ^
//      +--(conflict)--> refused         +-- resume(): the address is on the interface already
//
// Once holding, it announces twice and then defends: the first conflict is answered with one announcement, a
// second one within the defend interval gives the address up (RFC 5227, 2.4 (b)). When the link comes up,
// whoever is on it was not asked yet: it probes (again), and announces after that (RFC 5227, 2.1).

#include <optional>
#include <variant>
#include <vector>

#include "core/address.hpp"
#include "core/clock.hpp"
#include "core/random.hpp"
#include "daemon/address/arp.hpp"

namespace colony::daemon {

/// RFC 5227, 1.1. Other values only in tests, where nobody wants to wait.
struct ArpTiming {
  core::Duration probe_wait = std::chrono::milliseconds(900);  // 1 s in the RFC: docs/wire/arp.md
  core::Duration probe_min = std::chrono::seconds(1);
  core::Duration probe_max = std::chrono::seconds(2);
  core::Duration announce_wait = std::chrono::seconds(2);
  core::Duration announce_interval = std::chrono::seconds(2);
  core::Duration defend_interval = std::chrono::seconds(10);
};

struct SendArp {
  ArpPacket packet;
};
/// Nobody objected: put the address on the interface, then send what follows.
struct Claimed {};
/// Somebody else has it. Before Claimed nothing was touched; after it the address is to be taken off.
struct Conflict {
  core::MacAddress other;
};
using ClaimAction = std::variant<SendArp, Claimed, Conflict>;
using ClaimActions = std::vector<ClaimAction>;

class Claim {
 public:
  enum class State : std::uint8_t { idle, probing, holding, refused, lost };

  Claim(core::MacAddress own, core::Ipv4Address address, ArpTiming timing = {})
      : own_(own), address_(address), timing_(timing) {}

  /// Starts to probe.
  [[nodiscard]] ClaimActions begin(core::BootTime now, core::Random& random);
  /// The address is ours already: only announce it.
  [[nodiscard]] ClaimActions resume(core::BootTime now);

  /// The interface's link came up.
  [[nodiscard]] ClaimActions on_link_up(core::BootTime now, core::Random& random);
  [[nodiscard]] ClaimActions on_arp(const ArpPacket& packet, core::BootTime now);
  /// To be called at deadline() or later.
  [[nodiscard]] ClaimActions on_deadline(core::BootTime now, core::Random& random);

  /// When to call on_deadline; BootTime::max() when nothing is due.
  [[nodiscard]] core::BootTime deadline() const { return deadline_; }
  [[nodiscard]] State state() const { return state_; }

 private:
  [[nodiscard]] core::Duration probe_spacing(core::Random& random) const;
  [[nodiscard]] ClaimActions hold(core::BootTime now);
  [[nodiscard]] ClaimActions end(State state, core::MacAddress other);

  core::MacAddress own_;
  core::Ipv4Address address_;
  ArpTiming timing_;
  State state_ = State::idle;
  core::BootTime deadline_ = core::BootTime::max();
  bool asking_again_ = false;  // while holding: probes first, then announcements
  unsigned probes_sent_ = 0;
  unsigned announcements_sent_ = 0;
  std::optional<core::BootTime> defended_at_;
};

}  // namespace colony::daemon
