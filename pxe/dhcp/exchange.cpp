#include "pxe/dhcp/exchange.hpp"

namespace colony::pxe::dhcp {

Outgoing address_reply(const Message& reply, const Arrival& arrival) {
  Outgoing out;
  out.datagram = encode(reply);
  if (arrival.port == ArrivalPort::pxe) {
    out.destination = arrival.source;
    out.port = arrival.source_port;
  } else if (!reply.gateway.is_unspecified()) {
    out.destination = reply.gateway;
    out.port = server_port;
  } else if (!reply.client.is_unspecified()) {
    out.destination = reply.client;
    out.port = client_port;
  } else {
    out.destination = core::Ipv4Address(0xffffffffU);
    out.port = client_port;
  }
  return out;
}

bool begins(const Message& message) {
  if (message.type == MessageType::discover) return true;
  return message.type == MessageType::request && message.client.is_unspecified() &&
         !message.options.find_address(OptionCode::server_identifier);
}

std::optional<core::Ipv4Address> own_address(const Message& message) {
  if (!message.client.is_unspecified()) return message.client;
  if (message.type != MessageType::request) return std::nullopt;
  const auto requested = message.options.find_address(OptionCode::requested_address);
  if (!requested || requested->is_unspecified() || requested->is_broadcast() || requested->is_multicast()) {
    return std::nullopt;
  }
  return requested;
}

}  // namespace colony::pxe::dhcp
