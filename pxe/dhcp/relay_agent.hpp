#pragma once
// What a relay says of the client for whom it speaks, beside its own address (giaddr).

#include <optional>

#include "pxe/dhcp/message.hpp"

namespace colony::pxe::dhcp {

/// Sub-option 5 of option 82 (RFC 3527): an address in the client's subnet. Gateways of an EVPN fabric share
/// their address in the client's network, so that giaddr is one by which they can be told apart. Nothing when
/// the value is malformed before it, or it is not four bytes long.
[[nodiscard]] std::optional<core::Ipv4Address> parse_link_selection(core::ByteView option_82);

/// Of a relayed message, where its client is: link selection, else subnet selection (RFC 3011), else giaddr.
/// Nothing when nobody relayed it: who speaks to us directly does not choose another network.
[[nodiscard]] std::optional<core::Ipv4Address> relayed_from(const Message& message);

}  // namespace colony::pxe::dhcp
