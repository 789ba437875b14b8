#pragma once
// RFC 5227's probe, before anything is written: a shorter one than the service's own before its claim, for an
// operator waits.

#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/address/claim.hpp"
#include "daemon/init/init.hpp"

namespace colony::daemon {

/// A packet socket of this process. Needs CAP_NET_RAW; without it nobody is asked, and that is said.
class SystemAddressProbe final : public AddressProbe {
 public:
  /// Three probes and a wait, 1.2 s: an answer on one segment takes milliseconds.
  static constexpr ArpTiming usual{.probe_wait = std::chrono::milliseconds(0),
                                   .probe_min = std::chrono::milliseconds(250),
                                   .probe_max = std::chrono::milliseconds(350),
                                   .announce_wait = std::chrono::milliseconds(600)};

  explicit SystemAddressProbe(ArpTiming timing = usual) : timing_(timing) {}
  [[nodiscard]] core::Result<Answer> ask(const core::InterfaceState& interface,
                                         core::Ipv4Address address) override;

 private:
  ArpTiming timing_;
  core::SystemRandom random_;
  core::KernelSockets sockets_;
};

}  // namespace colony::daemon
