#include "pxe/dhcp/lease.hpp"

namespace colony::pxe::dhcp {

std::string_view name(LeaseState state) {
  switch (state) {
    case LeaseState::bound: return "bound";
    case LeaseState::released: return "released";
    case LeaseState::declined: return "declined";
  }
  return "?";
}

std::optional<LeaseState> parse_lease_state(std::string_view text) {
  for (const auto state : {LeaseState::bound, LeaseState::released, LeaseState::declined}) {
    if (text == name(state)) return state;
  }
  return std::nullopt;
}

}  // namespace colony::pxe::dhcp
