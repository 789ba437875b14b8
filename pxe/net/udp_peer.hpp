#pragma once
// The other end of a datagram.

#include <compare>
#include <cstdint>

#include "core/address.hpp"

namespace colony::pxe {

struct UdpPeer {
  core::Ipv4Address address;
  std::uint16_t port = 0;
  friend auto operator<=>(const UdpPeer&, const UdpPeer&) = default;
};

}  // namespace colony::pxe
