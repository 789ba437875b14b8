#include "pxe/dhcp/server_probe.hpp"

#include <array>
#include <bit>

#include "pxe/dhcp/udp_frame.hpp"

namespace colony::pxe::dhcp {

namespace {

constexpr std::string_view pxe_class = "PXEClient";
constexpr std::string_view x64_firmware = "PXEClient:Arch:00007:UNDI:003016";

/// What RFC 4578 has a network boot say of itself: architecture, interface, machine.
void introduce_firmware(core::MacAddress mac, Options& options) {
  options.add_text(OptionCode::vendor_class, x64_firmware);
  options.add(OptionCode::client_architecture, std::array<core::Byte, 2>{0, 7});
  options.add(OptionCode::client_network_interface, std::array<core::Byte, 3>{1, 3, 16});
  // No machine's UUID: zeros, and the MAC at its end, as version 1 UUIDs have it.
  core::Bytes machine(17, 0);
  std::size_t at = machine.size() - mac.octets().size();
  for (const auto octet : mac.octets()) machine[at++] = octet;
  options.add(OptionCode::client_machine_identifier, machine);
}

std::optional<core::Ipv4Network> network_of(core::Ipv4Address offered, const Options& options) {
  const auto mask = options.find_address(OptionCode::subnet_mask);
  if (offered.is_unspecified() || !mask) return std::nullopt;
  const auto length = std::countl_one(mask->value());
  const core::Ipv4Network network{offered, static_cast<std::uint8_t>(length)};
  if (network.mask() != mask->value()) return std::nullopt;  // holes in it
  return network;
}

std::optional<core::Ipv4Address> first_router(const Options& options) {
  const auto routers = options.find(OptionCode::router);
  if (!routers) return std::nullopt;
  const auto first = core::ByteReader(*routers).u32be();
  if (!first) return std::nullopt;
  return core::Ipv4Address(*first);
}

}  // namespace

core::Bytes discover_frame(core::MacAddress mac, Xid xid, Flavour flavour) {
  Message discover;
  discover.xid = xid;
  discover.mac = mac;
  discover.broadcast = true;  // so that every answer is heard, also by those who listen beside us
  if (flavour == Flavour::network_boot) introduce_firmware(mac, discover.options);
  constexpr std::array list{
      static_cast<core::Byte>(OptionCode::subnet_mask),
      static_cast<core::Byte>(OptionCode::router),
      static_cast<core::Byte>(OptionCode::interface_mtu),
      static_cast<core::Byte>(OptionCode::vendor_specific),
      static_cast<core::Byte>(OptionCode::vendor_class),
      static_cast<core::Byte>(OptionCode::tftp_server_name),
      static_cast<core::Byte>(OptionCode::bootfile_name),
  };
  discover.options.add(OptionCode::parameter_list, list);
  const core::Bytes datagram = encode(discover);
  UdpFrame frame;
  frame.source_mac = mac;
  frame.destination = core::Ipv4Address(0xffffffffU);
  frame.source_port = client_port;
  frame.destination_port = server_port;
  frame.payload = datagram;
  return encode_broadcast_frame(frame);
}

std::optional<ServerAnswer> read_server_answer(core::ByteView bytes) {
  const auto frame = decode_udp_frame(bytes);
  if (!frame || frame->destination_port != client_port) return std::nullopt;
  const auto message = decode(frame->payload);
  if (!message || message->operation != Operation::reply ||
      (message->type != MessageType::offer && message->type != MessageType::ack)) {
    return std::nullopt;
  }
  const Options& options = message->options;
  ServerAnswer answer;
  answer.server = options.find_address(OptionCode::server_identifier).value_or(frame->source);
  if (!frame->source_mac.is_zero() && !frame->source_mac.is_group()) answer.mac = frame->source_mac;
  answer.type = message->type;
  answer.xid = message->xid;
  answer.client = message->mac;
  answer.offered = message->your;
  answer.network = network_of(message->your, options);
  answer.router = first_router(options);
  if (!message->server.is_unspecified()) answer.boot_from = message->server;
  answer.boot_file = options.find_text(OptionCode::bootfile_name).value_or(message->file);
  answer.mtu = options.find_u16(OptionCode::interface_mtu);
  answer.says_pxe = options.find_text(OptionCode::vendor_class).value_or("").starts_with(pxe_class);
  answer.has_pxe_options = options.has(OptionCode::vendor_specific);
  return answer;
}

}  // namespace colony::pxe::dhcp
