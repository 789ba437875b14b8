#pragma once
// Who is on the link, as a test says.

#include <map>

#include "pxe/dhcp/known_clients.hpp"

namespace colony::test {

struct ListedNeighbours final : pxe::dhcp::Neighbours {
  std::map<core::Ipv4Address, core::MacAddress> entries;
  bool lately = true;  // they answered within the last minute

  [[nodiscard]] std::optional<core::MacAddress> mac_of(core::Ipv4Address address) const override {
    const auto found = entries.find(address);
    if (found == entries.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] std::optional<core::MacAddress> answering(core::Ipv4Address address) const override {
    return lately ? mac_of(address) : std::nullopt;
  }
  void ask(core::Ipv4Address) const override {}
};

}  // namespace colony::test
