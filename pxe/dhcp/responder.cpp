#include "pxe/dhcp/responder.hpp"

#include <utility>

namespace colony::pxe::dhcp {

Responder::Responder(ReplyConfig config, const BootPolicy& policy, LearnedAddresses& addresses,
                     core::EvidenceSink& evidence, core::Log& log)
    : config_(std::move(config)), policy_(policy), addresses_(addresses), sightings_(evidence, log) {}

std::optional<Outgoing> Responder::on_datagram(const Arrival& arrival) {
  ++counters_.received;
  const auto message = decode(arrival.datagram);
  if (!message) {
    sightings_.malformed(arrival, message.error());
    return std::nullopt;
  }
  const auto client = classify(*message);
  if (message->operation != Operation::request || !client) {
    on_ordinary_client(arrival, *message);
    return std::nullopt;
  }
  BootClient known = *client;
  if (const auto address = own_address(*message)) known.request.address = address;
  const BootRequest& request = known.request;

  const bool discover = arrival.port == ArrivalPort::server && message->type == MessageType::discover;
  const bool boot_server_request = arrival.port == ArrivalPort::pxe &&
                                   message->type == MessageType::request && !arrival.source.is_unspecified();
  const bool wants_answer = discover || boot_server_request;
  if (!policy_.serves(request)) {
    ++counters_.strangers;
    if (wants_answer) sightings_.unanswered(arrival, request);
    return std::nullopt;
  }
  addresses_.learn(request);
  if (!wants_answer) return std::nullopt;

  const auto reply = make_proxy_reply(*message, known, config_);
  if (!reply) {
    ++counters_.refused;
    sightings_.refused(arrival, request, reply.error());
    return std::nullopt;
  }
  ++counters_.answered;
  sightings_.answered(arrival, request, *reply);
  return address_reply(*reply, arrival);
}

/// An operating system or scout itself: the site's DHCP server answers, we only note that it is up and where.
void Responder::on_ordinary_client(const Arrival& arrival, const Message& message) {
  ++counters_.not_ours;
  if (message.operation != Operation::request) return;
  const auto address = own_address(message);
  const bool new_here = begins(message);
  if (!address && !new_here) return;
  BootRequest request = addresses_.last_request(message.mac).value_or(BootRequest{});
  request.mac = message.mac;
  if (address) request.address = address;
  if (!policy_.serves(request)) return;
  if (address) addresses_.learn(request);
  if (new_here) sightings_.system_asked(arrival, request);
}

Responder::Counters Responder::counters() const {
  Counters counters = counters_;
  counters.malformed = sightings_.malformed_counts();
  return counters;
}

}  // namespace colony::pxe::dhcp
