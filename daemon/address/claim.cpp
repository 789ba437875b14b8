#include "daemon/address/claim.hpp"

#include <cassert>

namespace colony::daemon {

namespace {

constexpr unsigned probe_num = 3;
constexpr unsigned announce_num = 2;

core::Duration random_up_to(core::Duration longest, core::Random& random) {
  return core::Duration(
      static_cast<core::Duration::rep>(random.below(static_cast<std::uint64_t>(longest.count()) + 1)));
}

}  // namespace

core::Duration Claim::probe_spacing(core::Random& random) const {
  return timing_.probe_min + random_up_to(timing_.probe_max - timing_.probe_min, random);
}

ClaimActions Claim::begin(core::BootTime now, core::Random& random) {
  assert(state_ == State::idle);
  state_ = State::probing;
  // So that a rack that powers up does not probe in step.
  deadline_ = now + random_up_to(timing_.probe_wait, random);
  return {};
}

ClaimActions Claim::resume(core::BootTime now) {
  assert(state_ == State::idle);
  return hold(now);
}

ClaimActions Claim::on_link_up(core::BootTime now, core::Random& random) {
  if (state_ != State::probing && state_ != State::holding) return {};
  asking_again_ = state_ == State::holding;
  probes_sent_ = 0;
  deadline_ = now + random_up_to(timing_.probe_wait, random);
  return {};
}

ClaimActions Claim::hold(core::BootTime now) {
  state_ = State::holding;
  announcements_sent_ = 1;
  deadline_ = now + timing_.announce_interval;
  return {Claimed{}, SendArp{arp_announcement(own_, address_)}};
}

ClaimActions Claim::end(State state, core::MacAddress other) {
  state_ = state;
  asking_again_ = false;
  deadline_ = core::BootTime::max();
  return {Conflict{other}};
}

ClaimActions Claim::on_arp(const ArpPacket& packet, core::BootTime now) {
  // Our own frames come back through some bridges (RFC 5227, 2.1.1: they are not conflicts).
  if (packet.sender_mac == own_) return {};
  const bool uses_address = packet.sender_ip == address_;
  const bool probes_address = packet.operation == ArpOperation::request &&
                              packet.sender_ip.is_unspecified() && packet.target_ip == address_;
  if (state_ == State::probing && (uses_address || probes_address)) {
    return end(State::refused, packet.sender_mac);
  }
  if (state_ != State::holding || !uses_address) return {};
  if (defended_at_ && now - *defended_at_ < timing_.defend_interval) {
    return end(State::lost, packet.sender_mac);
  }
  defended_at_ = now;
  return {SendArp{arp_announcement(own_, address_)}};
}

ClaimActions Claim::on_deadline(core::BootTime now, core::Random& random) {
  if (now < deadline_) return {};
  if (state_ == State::probing || asking_again_) {
    if (probes_sent_ == probe_num && state_ == State::probing) return hold(now);
    if (probes_sent_ == probe_num) {
      asking_again_ = false;
      announcements_sent_ = 1;
      deadline_ = now + timing_.announce_interval;
      return {SendArp{arp_announcement(own_, address_)}};
    }
    ++probes_sent_;
    deadline_ = now + (probes_sent_ < probe_num ? probe_spacing(random) : timing_.announce_wait);
    return {SendArp{arp_probe(own_, address_)}};
  }
  deadline_ = core::BootTime::max();
  if (state_ != State::holding || announcements_sent_ >= announce_num) return {};
  ++announcements_sent_;
  if (announcements_sent_ < announce_num) deadline_ = now + timing_.announce_interval;
  return {SendArp{arp_announcement(own_, address_)}};
}

}  // namespace colony::daemon
