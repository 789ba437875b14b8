#pragma once
// ProxyDHCP (PXE 2.1 section 2.2) without sockets: a datagram in, at most one datagram out. Speaks only to
// machines that boot over the network and that BootPolicy serves; everybody else gets silence, and evidence
// that they asked.

#include <cstdint>
#include <optional>

#include "pxe/boot_policy.hpp"
#include "pxe/dhcp/exchange.hpp"
#include "pxe/dhcp/learned_addresses.hpp"
#include "pxe/dhcp/reply.hpp"
#include "pxe/dhcp/sightings.hpp"

namespace colony::pxe::dhcp {

class Responder {
 public:
  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t answered = 0;
    std::uint64_t not_ours = 0;   // ordinary DHCP clients, replies of other servers
    std::uint64_t strangers = 0;  // network boots that the policy does not serve
    std::uint64_t refused = 0;    // served, but without a boot program
    Sightings::MalformedCounts malformed{};
  };

  /// What is passed by reference outlives the responder.
  Responder(ReplyConfig config, const BootPolicy& policy, LearnedAddresses& addresses,
            core::EvidenceSink& evidence, core::Log& log);

  [[nodiscard]] std::optional<Outgoing> on_datagram(const Arrival& arrival);
  [[nodiscard]] Counters counters() const;

 private:
  void on_ordinary_client(const Arrival& arrival, const Message& message);

  ReplyConfig config_;
  const BootPolicy& policy_;
  LearnedAddresses& addresses_;
  Sightings sightings_;
  Counters counters_;
};

}  // namespace colony::pxe::dhcp
