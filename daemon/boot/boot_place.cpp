#include "daemon/boot/boot_place.hpp"

#include <algorithm>
#include <filesystem>

namespace colony::daemon {

std::optional<BootPlace> boot_place(const LoadBalancerConfig& config, core::InterfaceAddresses& interfaces) {
  const auto states = interfaces.interfaces();
  if (!states) return std::nullopt;
  const auto state = std::ranges::find(*states, config.interface.text(), &core::InterfaceState::name);
  if (state == states->end()) return std::nullopt;
  if (config.ip.prefix_length) return BootPlace{state->index, {config.ip.address, *config.ip.prefix_length}};
  for (const auto& network : state->addresses) {
    if (network.prefix_length == 32 || !network.contains(config.ip.address)) continue;
    return BootPlace{state->index, {config.ip.address, network.prefix_length}};
  }
  return BootPlace{state->index, {config.ip.address, 32}};
}

std::string beside_store(const StoreConfig& store, std::string_view name) {
  return (std::filesystem::path(store.path.text()).parent_path() / name).string();
}

}  // namespace colony::daemon
