#include "daemon/guard/network_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "daemon/address/arp.hpp"
#include "daemon/guard/verdict.hpp"
#include "pxe/dhcp/udp_frame.hpp"

namespace colony::daemon::guard {

namespace {

using namespace std::chrono_literals;
using core::BootTime;
using core::Duration;
using pxe::dhcp::Flavour;

constexpr std::uint16_t tftp_port = 69;

struct Question {
  Duration after;  // the round's begin
  Flavour flavour;
};
// Each twice: one frame may be lost.
constexpr std::array<Question, 4> questions{{{0ms, Flavour::plain},
                                             {500ms, Flavour::network_boot},
                                             {1500ms, Flavour::plain},
                                             {2000ms, Flavour::network_boot}}};
constexpr Duration verdict_after = 2000ms + NetworkGuard::listen_for;
// What was said in the round before last still counts.
constexpr Duration remember_ours = 2 * NetworkGuard::interval;

}  // namespace

void NetworkGuard::look_now(BootTime now) {
  asked_for_ = true;
  step_ = 0;
  deadline_ = now;
}

std::vector<core::Bytes> NetworkGuard::on_time(BootTime now, core::Random& random) {
  if (now < deadline_) return {};
  if (step_ == 0) {
    ++round_;
    round_began_ = now;
    xid_ = pxe::dhcp::Xid{random.u32()};
    answered_ = false;
    if (asked_for_) {
      requests_.forget_all();
      tagged_.reset();
      untagged_at_.reset();
    }
  }
  if (step_ < questions.size()) {
    const Question& question = questions[step_++];
    deadline_ = round_began_ + (step_ < questions.size() ? questions[step_].after : verdict_after);
    return {pxe::dhcp::discover_frame(place_.mac, xid_, question.flavour)};
  }
  judge_round(now);
  step_ = 0;
  deadline_ = std::max(round_began_ + interval, now);
  return {};
}

void NetworkGuard::judge_round(BootTime now) {
  const bool asked = std::exchange(asked_for_, false);
  // Who looks now has mended something: what was heard before no longer counts, whoever it was said to.
  servers_.forget(asked ? round_began_ : now - remember_ours - verdict_after,
                  asked ? round_began_ : now - remember_others);
  if (answered_ || !place_.carrier) {
    silent_rounds_ = 0;
  } else {
    silent_rounds_ = asked ? silent_rounds_limit : std::min(silent_rounds_ + 1, silent_rounds_limit);
  }
}

void NetworkGuard::on_frame(const Frame& frame, BootTime now) {
  if (const auto arp = decode_arp_frame(frame.bytes)) {
    if (arp->sender_mac != place_.mac) on_neighbour(arp->sender_mac, arp->sender_ip, frame.vlan, now);
    return;
  }
  if (!frame.vlan) on_request(frame.bytes, now);
  auto answer = pxe::dhcp::read_server_answer(frame.bytes);
  if (!answer || answer->server == place_.network.address || answer->mac == place_.mac) return;
  if (frame.vlan) {
    on_neighbour(answer->mac.value_or(core::MacAddress{}), answer->server, frame.vlan, now);
    return;
  }
  const bool to_us = round_ != 0 && answer->client == place_.mac && answer->xid == xid_;
  if (answer->client == place_.mac && !to_us) return;  // of an earlier round: too late to tell anything
  if (to_us && !answer->offered.is_unspecified()) {
    answered_ = true;
    silent_rounds_ = 0;
  }
  servers_.hear(std::move(*answer), to_us ? round_ : 0, now);
}

/// What somebody wants of us.
void NetworkGuard::on_request(core::ByteView bytes, BootTime now) {
  const auto own = place_.network.address;
  if (const auto datagram = pxe::dhcp::decode_udp_frame(bytes)) {
    const bool to_us = datagram->destination == own;
    if (datagram->destination_port == pxe::dhcp::server_port && mode_ != DhcpMode::off &&
        (to_us || datagram->destination.is_broadcast())) {
      requests_.on_wire(Door::dhcp, now);
    } else if (datagram->destination_port == tftp_port && to_us) {
      requests_.on_wire(Door::tftp, now);
    }
    return;
  }
  const auto attempt = read_connection_attempt(bytes);
  if (!attempt || attempt->destination != own || attempt->destination_port != http_port_) return;
  // Only one that is repeated was not answered: a port scan's first one is, and goes no further.
  const bool again = attempt_ == attempt;
  if (again && !attempt_repeated_) requests_.on_wire(Door::http, now);
  if (again) requests_.on_wire(Door::http, now);
  attempt_repeated_ = again;
  attempt_ = attempt;
}

void NetworkGuard::on_neighbour(core::MacAddress mac, core::Ipv4Address address,
                                std::optional<std::uint16_t> vlan, BootTime now) {
  if (address.is_unspecified() || address == place_.network.address || place_.network.prefix_length >= 31 ||
      !place_.network.contains(address)) {
    return;
  }
  if (vlan) {
    tagged_ = {*vlan, mac, address, now};
  } else {
    untagged_at_ = now;
  }
}

std::vector<core::Ipv4Address> NetworkGuard::lease_servers() const {
  std::vector<core::Ipv4Address> out;
  for (const auto& server : servers_.all()) {
    if (server.lease) out.push_back(server.server);
  }
  return out;
}

FindingMap NetworkGuard::findings(BootTime now) const {
  FindingMap found;
  judge_mtu(servers_.all(), place_, found);
  if (!place_.carrier) return found;  // nothing else can be known
  judge_servers(servers_.all(), mode_, place_, found);
  requests_.add_findings(place_.interface, now, found);
  const bool is_tagged = tagged_ && now - tagged_->at <= remember_others &&
                         (!untagged_at_ || now - *untagged_at_ > remember_others);
  if (is_tagged) {
    found["network.tagged"] = {
        .text = fmt::format("machines of {} are heard on {} only in VLAN {} ({}, {}): the switch sends that "
                            "network with a tag",
                            place_.network.to_string(), place_.interface, tagged_->vlan,
                            tagged_->address.to_string(), tagged_->mac.to_string()),
        .cure = fmt::format("have the switch port send it without a tag, or name a VLAN interface in "
                            "load_balancer.interface (ip link add link {0} name {0}.{1} type vlan id {1})",
                            place_.interface, tagged_->vlan),
        .severity = Severity::fail};
  } else if (mode_ == DhcpMode::proxy && silent_rounds_ >= silent_rounds_limit) {
    found["network.no_dhcp"] = {
        .text =
            fmt::format("no DHCP server answers on {}: with dhcp.mode: proxy the site's own hands out the "
                        "addresses",
                        place_.interface),
        .cure =
            "look at that server, and whether it is on this VLAN; where it answers known machines only, "
            "all is well; or let colonyd hand out addresses (dhcp.mode: server)",
        .severity = Severity::warn};
  }
  return found;
}

}  // namespace colony::daemon::guard
