#include "pxe/tftp/admission.hpp"

#include <cassert>

namespace colony::pxe::tftp {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::admitted: return "admitted";
    case Verdict::stranger: return "stranger";
    case Verdict::repeated: return "repeated";
    case Verdict::client_is_busy: return "client_is_busy";
    case Verdict::server_is_busy: return "server_is_busy";
  }
  return "?";
}

bool Admission::serves(core::Ipv4Address client) const {
  if (rule_ == ClientRule::subnet && network_.contains(client)) return true;
  return addresses_.find(client).has_value();
}

Verdict Admission::enter(UdpPeer client) {
  if (!serves(client.address)) return Verdict::stranger;
  if (transfers_.contains(client)) return Verdict::repeated;
  if (transfers_.size() >= limits_.total) return Verdict::server_is_busy;
  auto& load = per_client_[client.address];
  if (load.moving >= limits_.per_client) return Verdict::client_is_busy;
  ++load.moving;
  transfers_.emplace(client, Stage::moving);
  return Verdict::admitted;
}

void Admission::is_ending(UdpPeer client) {
  auto& stage = transfers_.at(client);
  auto& load = per_client_.at(client.address);
  if (stage == Stage::ending || load.ending >= limits_.ending_per_client) return;
  stage = Stage::ending;
  --load.moving;
  ++load.ending;
}

void Admission::leave(UdpPeer client) {
  const auto transfer = transfers_.find(client);
  assert(transfer != transfers_.end());
  auto& load = per_client_.at(client.address);
  --(transfer->second == Stage::ending ? load.ending : load.moving);
  transfers_.erase(transfer);
  if (load.moving + load.ending == 0) per_client_.erase(client.address);
}

}  // namespace colony::pxe::tftp
