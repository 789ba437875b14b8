#pragma once
// Where machines are served: the interface as it is now, and the load-balancer address with its network.

#include <optional>

#include "core/net/privileged.hpp"
#include "daemon/config/config.hpp"

namespace colony::daemon {

struct BootPlace {
  unsigned interface_index = 0;
  core::Ipv4Network network;  // as configured, else the one that the interface already has
  friend bool operator==(const BootPlace&, const BootPlace&) = default;
};

/// Nothing while there is no such interface; the claim names what is wrong.
[[nodiscard]] std::optional<BootPlace> boot_place(const LoadBalancerConfig& config,
                                                  core::InterfaceAddresses& interfaces);

/// What colonyd keeps beside its store, by name: "artifacts", "tftp".
[[nodiscard]] std::string beside_store(const StoreConfig& store, std::string_view name);

}  // namespace colony::daemon
