#include "pxe/tftp/admission.hpp"

namespace colony::pxe::tftp {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::admitted: return "admitted";
    case Verdict::succeeds: return "succeeds";
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

Admission::Entered Admission::enter(UdpPeer client, std::string_view file, core::BootTime now) {
  if (!serves(client.address)) return {Verdict::stranger, {}};
  const auto former = transfers_.find(client);
  const bool known = former != transfers_.end();
  if (known) {
    // Who has acknowledged all but the last block is no forged address.
    const bool left = former->second.stage == Stage::ending ||
                      (former->second.file != file && changes_.allow(client.address, now));
    if (!left) return {Verdict::repeated, {}};
    leave({client, former->second.number});
  }
  if (transfers_.size() >= limits_.total) return {Verdict::server_is_busy, {}};
  auto& load = per_client_[client.address];
  if (load.moving >= limits_.per_client) return {Verdict::client_is_busy, {}};
  ++load.moving;
  transfers_.emplace(client, Transfer{++last_number_, std::string(file), Stage::moving});
  return {known ? Verdict::succeeds : Verdict::admitted, {client, last_number_}};
}

bool Admission::holds(const Ticket& ticket) const {
  const auto transfer = transfers_.find(ticket.client);
  return transfer != transfers_.end() && transfer->second.number == ticket.number;
}

void Admission::is_ending(const Ticket& ticket) {
  if (!holds(ticket)) return;
  auto& stage = transfers_.at(ticket.client).stage;
  auto& load = per_client_.at(ticket.client.address);
  if (stage == Stage::ending || load.ending >= limits_.ending_per_client) return;
  stage = Stage::ending;
  --load.moving;
  ++load.ending;
}

void Admission::leave(const Ticket& ticket) {
  if (!holds(ticket)) return;
  const auto transfer = transfers_.find(ticket.client);
  auto& load = per_client_.at(ticket.client.address);
  --(transfer->second.stage == Stage::ending ? load.ending : load.moving);
  transfers_.erase(transfer);
  if (load.moving + load.ending == 0) per_client_.erase(ticket.client.address);
}

}  // namespace colony::pxe::tftp
