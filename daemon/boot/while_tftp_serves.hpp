#pragma once
// Who may be offered a boot: those whom the real policy serves, while what we offer is served (a foreign TFTP
// server may not be there). Without it network boots hear nothing, also from our own DHCP server: their
// firmware would take the address and wait for a file. Everybody else's leases go on.

#include <functional>

#include "pxe/boot_policy.hpp"

namespace colony::daemon {

class WhileTftpServes final : public pxe::BootPolicy {
 public:
  explicit WhileTftpServes(pxe::BootPolicy& policy) : policy_(policy) {}
  /// Without it: always, as the built-in server is there when we are.
  void follow(std::function<bool()> served) { served_ = std::move(served); }

  [[nodiscard]] bool serves(const pxe::BootRequest& request) const override {
    return (!served_ || served_()) && policy_.serves(request);
  }
  [[nodiscard]] bool knows(core::MacAddress mac) const override { return policy_.knows(mac); }
  [[nodiscard]] pxe::BootDecision decide(const pxe::BootRequest& request) override {
    return policy_.decide(request);
  }

 private:
  pxe::BootPolicy& policy_;
  std::function<bool()> served_;
};

}  // namespace colony::daemon
