#pragma once
// What has to happen so that the load-balancer address is on its interface, decided from what the kernel says
// and what we recorded. Pure; `colony init` asks the same question before it writes anything.

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/net/privileged.hpp"
#include "daemon/address/record.hpp"
#include "daemon/config/values.hpp"

namespace colony::daemon {

struct AddressPlan {
  /// How the address comes to be ours.
  enum class Way : std::uint8_t {
    claim,   // not there yet: probe, add, announce; ours to give back
    resume,  // there, and recorded as ours in this boot: announce; ours to give back
    borrow,  // there before us: announce, and leave it there at the end
  };
  Way way = Way::claim;
  core::InterfaceState interface;
  core::Ipv4Network address;

  /// Recorded as ours, still on an interface, and no longer wanted: to be taken off first.
  struct Leftover {
    unsigned interface_index = 0;
    core::Ipv4Network address;
  };
  std::optional<Leftover> leftover;
};

/// Errors: address.interface_missing, address.interface_down, address.elsewhere, address.prefix.
[[nodiscard]] core::Result<AddressPlan> plan_address(const InterfaceName& interface,
                                                     const AddressSpec& wanted,
                                                     const std::vector<core::InterfaceState>& states,
                                                     const std::optional<AddressRecord>& record,
                                                     const std::string& boot_id);

}  // namespace colony::daemon
