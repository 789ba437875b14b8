#pragma once
// Which servers answer DHCP on this link, and what do they say? A question as a client without address asks
// it, and the answers read. What is offered is never taken up, so there is nothing to release. Pure: frames
// in, frames and values out.

#include <cstdint>
#include <optional>
#include <string>

#include "core/address.hpp"
#include "core/bytes.hpp"
#include "pxe/dhcp/message.hpp"

namespace colony::pxe::dhcp {

enum class Flavour : std::uint8_t {
  plain,         // an ordinary client: DHCP servers answer
  network_boot,  // UEFI x64 firmware (PXE 2.1): ProxyDHCP servers answer, too
};

/// A DISCOVER to everybody. `mac`: of our interface, so that a server that remembers its clients keeps one
/// entry for us.
[[nodiscard]] core::Bytes discover_frame(core::MacAddress mac, Xid xid, Flavour flavour);

/// What a server sent to a client: OFFER or ACK.
struct ServerAnswer {
  core::Ipv4Address server;             // its server identifier, else where the datagram came from
  std::optional<core::MacAddress> mac;  // where it came from on the link: the server, or a relay
  MessageType type = MessageType::offer;
  Xid xid;
  core::MacAddress client;
  core::Ipv4Address offered;                   // unspecified: none, as of a ProxyDHCP
  std::optional<core::Ipv4Network> network;    // `offered` with its mask
  std::optional<core::Ipv4Address> router;     // the first
  std::optional<core::Ipv4Address> boot_from;  // next server
  std::string boot_file;
  std::optional<std::uint16_t> mtu;  // option 26
  bool says_pxe = false;             // option 60 is PXEClient
  bool has_pxe_options = false;      // option 43

  friend bool operator==(const ServerAnswer&, const ServerAnswer&) = default;
};

/// Nothing: no OFFER or ACK in a UDP datagram to port 68.
[[nodiscard]] std::optional<ServerAnswer> read_server_answer(core::ByteView frame);

}  // namespace colony::pxe::dhcp
