#pragma once
// Whose address is this? TFTP and HTTP see only an IP address; whether we serve it is decided by the machine
// behind it. pxe/dhcp learns the pairs and implements this; tests implement it with a map.

#include <optional>

#include "core/address.hpp"

namespace colony::pxe {

class ClientAddresses {
 public:
  virtual ~ClientAddresses() = default;
  /// The machine that boots through us and uses this address; nothing for everybody else.
  [[nodiscard]] virtual std::optional<core::MacAddress> find(core::Ipv4Address address) const = 0;
  /// Who holds this address now, served or not: what a claimed MAC is held against before anything secret is
  /// handed out. Nothing: nobody can tell.
  [[nodiscard]] virtual std::optional<core::MacAddress> holder(core::Ipv4Address address) const = 0;
};

}  // namespace colony::pxe
