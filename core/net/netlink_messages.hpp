#pragma once
// What the kernel says over rtnetlink(7), taken apart: one message in, one value out. Pure; the callers hold
// the sockets. A message shorter than its header, or about something else, is nullopt.

#include <optional>

#include "core/address.hpp"
#include "core/net/privileged.hpp"

struct nlmsghdr;

namespace colony::core {

/// RTM_NEWLINK, without addresses.
[[nodiscard]] std::optional<InterfaceState> decode_link(const nlmsghdr& message);

struct InterfaceAddress {
  unsigned interface_index = 0;
  Ipv4Network network;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};
/// RTM_NEWADDR of IPv4.
[[nodiscard]] std::optional<InterfaceAddress> decode_address(const nlmsghdr& message);

struct Neighbour {
  MacAddress mac;
  bool reachable = false;  // confirmed lately, or entered for good by an administrator
  friend bool operator==(const Neighbour&, const Neighbour&) = default;
};
/// RTM_NEWNEIGH of a neighbour whose Ethernet address is known.
[[nodiscard]] std::optional<Neighbour> decode_neighbour(const nlmsghdr& message);

}  // namespace colony::core
