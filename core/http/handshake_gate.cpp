#include "core/http/handshake_gate.hpp"

#include <cassert>

namespace colony::core::http {

namespace {

constexpr Duration between_lines = std::chrono::minutes(1);
constexpr std::size_t lines_at_once = 16;

}  // namespace

HandshakeGate::HandshakeGate(const HandshakeLimits& limits)
    : limits_(limits),
      attempts_(limits.rate, limits.peers_remembered),
      lines_(between_lines, lines_at_once) {}

std::optional<HandshakeGate::Why> HandshakeGate::objection(Ipv4Address peer, BootTime now) const {
  if (attempts_.wait(peer, now)) return Why::too_often;
  const auto found = of_peer_.find(peer);
  if (found != of_peer_.end() && found->second >= limits_.under_way_of_peer) return Why::peer_full;
  if (under_way_ >= limits_.under_way) return Why::full;
  return std::nullopt;
}

std::optional<HandshakeGate::Refusal> HandshakeGate::begin(Ipv4Address peer, BootTime now) {
  if (const auto why = objection(peer, now)) return Refusal{*why, lines_.allow(peer, now)};
  attempts_.count(peer, now);
  ++of_peer_[peer];
  ++under_way_;
  return std::nullopt;
}

void HandshakeGate::end(Ipv4Address peer) {
  const auto found = of_peer_.find(peer);
  assert(found != of_peer_.end() && under_way_ > 0);
  if (--found->second == 0) of_peer_.erase(found);
  --under_way_;
}

std::string_view name(HandshakeGate::Why why) {
  switch (why) {
    case HandshakeGate::Why::too_often: return "too often";
    case HandshakeGate::Why::peer_full: return "too many of this address under way";
    case HandshakeGate::Why::full: return "too many under way";
  }
  return "";
}

}  // namespace colony::core::http
