#include "pxe/dhcp/rival_search.hpp"

#include "pxe/dhcp/udp_frame.hpp"

namespace colony::pxe::dhcp {

core::Bytes RivalSearch::discover_frame() const {
  Message discover;
  discover.xid = xid_;
  discover.mac = mac_;
  discover.broadcast = true;
  constexpr std::array<core::Byte, 2> list{static_cast<core::Byte>(OptionCode::subnet_mask),
                                           static_cast<core::Byte>(OptionCode::router)};
  discover.options.add(OptionCode::parameter_list, list);
  const core::Bytes datagram = encode(discover);
  UdpFrame frame;
  frame.source_mac = mac_;
  frame.destination = core::Ipv4Address(0xffffffffU);
  frame.source_port = client_port;
  frame.destination_port = server_port;
  frame.payload = datagram;
  return encode_broadcast_frame(frame);
}

std::optional<RivalServer> RivalSearch::on_frame(core::ByteView bytes) const {
  const auto frame = decode_udp_frame(bytes);
  if (!frame || frame->destination_port != client_port) return std::nullopt;
  const auto offer = decode(frame->payload);
  if (!offer || offer->operation != Operation::reply || offer->type != MessageType::offer ||
      offer->xid != xid_ || offer->mac != mac_ || offer->your.is_unspecified()) {
    return std::nullopt;
  }
  const auto server = offer->options.find_address(OptionCode::server_identifier).value_or(frame->source);
  if (server == own_address_) return std::nullopt;
  RivalServer rival{server, std::nullopt};
  if (!frame->source_mac.is_zero() && !frame->source_mac.is_group()) rival.mac = frame->source_mac;
  return rival;
}

}  // namespace colony::pxe::dhcp
