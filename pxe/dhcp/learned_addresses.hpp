#pragma once
// Which machine uses which address, learnt from the DHCP traffic of machines that boot through us. In proxy
// mode the site's DHCP server leases the addresses, so we listen: a client names its address in ciaddr, or in
// option 50 of its broadcast REQUEST. Bounded: the machine longest not heard is forgotten first.

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include "pxe/boot_policy.hpp"
#include "pxe/client_addresses.hpp"

namespace colony::pxe::dhcp {

class LearnedAddresses final : public ClientAddresses {
 public:
  explicit LearnedAddresses(std::size_t capacity = 4096) : capacity_(capacity) {}

  /// `request.mac` boots through us; its address, when given, replaces the one known so far. An address that
  /// another machine used moves to this one: the site's server leased it anew.
  void learn(const BootRequest& request);
  [[nodiscard]] bool knows(core::MacAddress mac) const { return by_mac_.contains(mac); }
  [[nodiscard]] std::optional<core::MacAddress> find(core::Ipv4Address address) const override;
  [[nodiscard]] std::optional<core::MacAddress> holder(core::Ipv4Address address) const override {
    return find(address);
  }
  /// The last request of a machine, with its address where known.
  [[nodiscard]] std::optional<BootRequest> last_request(core::MacAddress mac) const;
  [[nodiscard]] std::size_t size() const { return recent_.size(); }

 private:
  using Entries = std::list<BootRequest>;  // most recently heard first

  std::size_t capacity_;
  Entries recent_;
  std::unordered_map<core::MacAddress, Entries::iterator> by_mac_;
  std::unordered_map<core::Ipv4Address, Entries::iterator> by_address_;
};

}  // namespace colony::pxe::dhcp
