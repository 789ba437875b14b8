#include "daemon/address/plan.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace colony::daemon {

namespace {

using core::ErrorKind;
using core::InterfaceState;
using core::Ipv4Network;

const Ipv4Network* find_address(const InterfaceState& state, core::Ipv4Address address) {
  const auto found = std::ranges::find(state.addresses, address, &Ipv4Network::address);
  return found == state.addresses.end() ? nullptr : &*found;
}

std::string names_of(const std::vector<InterfaceState>& states) {
  std::vector<std::string> names;
  for (const auto& state : states) {
    if (state.arp && names.size() < 16) names.push_back(state.name);
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

bool in_a_network_of(const InterfaceState& state, core::Ipv4Address address) {
  return std::ranges::any_of(state.addresses, [address](const Ipv4Network& network) {
    return network.prefix_length < 32 && network.contains(address);
  });
}

}  // namespace

core::Result<AddressPlan> plan_address(const InterfaceName& interface, const AddressSpec& wanted,
                                       const std::vector<InterfaceState>& states,
                                       const std::optional<AddressRecord>& record,
                                       const std::string& boot_id) {
  const auto state = std::ranges::find(states, interface.text(), &InterfaceState::name);
  if (state == states.end()) {
    return core::fail(
        ErrorKind::not_found, "address.interface_missing",
        fmt::format("there is no interface {}; this machine has: {}", interface.text(), names_of(states)));
  }
  if (!state->up) {
    return core::fail(
        ErrorKind::unreachable, "address.interface_down",
        fmt::format("interface {} is down; run: ip link set {} up", interface.text(), interface.text()));
  }
  for (const auto& other : states) {
    if (other.index != state->index && find_address(other, wanted.address) != nullptr) {
      return core::fail(ErrorKind::conflict, "address.elsewhere",
                        fmt::format("{} is already on interface {} of this machine, not on {}",
                                    wanted.address.to_string(), other.name, interface.text()));
    }
  }

  AddressPlan plan;
  plan.interface = *state;
  const bool record_counts = record && !boot_id.empty() && record->boot_id == boot_id;
  if (const Ipv4Network* present = find_address(*state, wanted.address)) {
    const bool ours = record_counts && record->interface == state->name && record->address == *present;
    plan.way = ours ? AddressPlan::Way::resume : AddressPlan::Way::borrow;
    plan.address = *present;
  } else if (wanted.prefix_length) {
    plan.address = {wanted.address, *wanted.prefix_length};
  } else if (in_a_network_of(*state, wanted.address)) {
    plan.address = {wanted.address, 32};
  } else {
    return core::fail(ErrorKind::invalid_input, "address.prefix",
                      fmt::format("{} is in no network of interface {}; give its prefix too, as in {}/24",
                                  wanted.address.to_string(), interface.text(), wanted.address.to_string()));
  }

  if (record_counts && plan.way != AddressPlan::Way::resume) {
    const auto old = std::ranges::find(states, record->interface, &InterfaceState::name);
    if (old != states.end()) {
      const Ipv4Network* held = find_address(*old, record->address.address);
      const bool same_place = old->index == state->index && record->address.address == wanted.address;
      if (held != nullptr && *held == record->address && !same_place) plan.leftover = {old->index, *held};
    }
  }
  return plan;
}

}  // namespace colony::daemon
