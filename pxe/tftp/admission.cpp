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
  auto& count = per_client_[client.address];
  if (count >= limits_.per_client) return Verdict::client_is_busy;
  ++count;
  transfers_.insert(client);
  return Verdict::admitted;
}

void Admission::leave(UdpPeer client) {
  const bool was_running = transfers_.erase(client) == 1;
  assert(was_running);
  (void)was_running;
  const auto count = per_client_.find(client.address);
  assert(count != per_client_.end());
  if (--count->second == 0) per_client_.erase(count);
}

}  // namespace colony::pxe::tftp
