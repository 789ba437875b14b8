#include "pxe/dhcp/learned_addresses.hpp"

namespace colony::pxe::dhcp {

void LearnedAddresses::learn(const BootRequest& request) {
  const auto known = by_mac_.find(request.mac);
  if (known == by_mac_.end()) {
    if (recent_.size() >= capacity_) {
      const auto& oldest = recent_.back();
      by_mac_.erase(oldest.mac);
      if (oldest.address) by_address_.erase(*oldest.address);
      recent_.pop_back();
    }
    recent_.emplace_front().mac = request.mac;
    by_mac_.emplace(request.mac, recent_.begin());
  } else {
    recent_.splice(recent_.begin(), recent_, known->second);
  }
  BootRequest& entry = recent_.front();
  const auto old_address = entry.address;
  entry = request;
  if (!request.address) {
    entry.address = old_address;
    return;
  }
  if (old_address) by_address_.erase(*old_address);
  const auto previous = by_address_.find(*request.address);
  if (previous != by_address_.end()) previous->second->address.reset();
  by_address_.insert_or_assign(*request.address, recent_.begin());
}

std::optional<core::MacAddress> LearnedAddresses::find(core::Ipv4Address address) const {
  const auto found = by_address_.find(address);
  if (found == by_address_.end()) return std::nullopt;
  return found->second->mac;
}

std::optional<BootRequest> LearnedAddresses::last_request(core::MacAddress mac) const {
  const auto found = by_mac_.find(mac);
  if (found == by_mac_.end()) return std::nullopt;
  return *found->second;
}

}  // namespace colony::pxe::dhcp
