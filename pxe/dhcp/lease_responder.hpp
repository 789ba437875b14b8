#pragma once
// A DHCP server (RFC 2131) without sockets and without a disk: a datagram in; out comes what has to be
// journaled, and what may be sent once that is durable. A machine that boots through us gets address and
// boot options in one answer; its firmware, its iPXE and its operating system get the same address.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/evidence/evidence.hpp"
#include "core/log.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/dhcp/exchange.hpp"
#include "pxe/dhcp/known_clients.hpp"
#include "pxe/dhcp/learned_addresses.hpp"
#include "pxe/dhcp/lease_pool.hpp"
#include "pxe/dhcp/reply.hpp"
#include "pxe/dhcp/sightings.hpp"

namespace colony::pxe::dhcp {

struct LeaseConfig {
  std::vector<Subnet> subnets;  // apart from each other
  std::vector<Reservation> reservations;
};

class LeaseResponder {
 public:
  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t offered = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;  // NAKs
    std::uint64_t declined = 0;
    std::uint64_t released = 0;
    std::uint64_t silent = 0;           // network boots that are not ours
    std::uint64_t foreign = 0;          // from no subnet of ours, or not (or not surely) meant for us
    std::uint64_t without_address = 0;  // DISCOVERs and REQUESTs for which none was left
    Sightings::MalformedCounts malformed{};
  };
  struct Answer {
    std::optional<LeaseRecord> journal;  // durable before `send` leaves
    std::optional<Outgoing> send;
  };
  struct Rival {
    core::Ipv4Address server;
    core::BootTime at;
  };

  /// What is passed by reference outlives the responder. `neighbours`: of the local link.
  LeaseResponder(ReplyConfig reply, const LeaseConfig& config, const BootPolicy& policy,
                 const Neighbours& neighbours, LearnedAddresses& addresses, core::EvidenceSink& evidence,
                 core::Log& log);

  [[nodiscard]] Answer on_datagram(const Arrival& arrival);

  /// From the journal, oldest row first.
  void restore(const std::vector<LeaseRecord>& records, core::BootTime now, core::UtcTime utc_now);
  void sweep(core::BootTime now);

  [[nodiscard]] Counters counters() const;
  [[nodiscard]] LeasePool::Counts lease_counts() const;
  [[nodiscard]] std::vector<LeaseView> leases(core::BootTime now, core::UtcTime utc_now) const;
  /// Addresses that somebody uses whom we did not lease them to.
  [[nodiscard]] std::vector<core::Ipv4Address> set_aside() const;
  /// Another server that a client of ours chose, last.
  [[nodiscard]] const std::optional<Rival>& rival() const { return rival_; }
  /// On our own link, for looking in advance whether they are used.
  [[nodiscard]] std::vector<core::Ipv4Address> next_candidates(std::size_t count) const;

 private:
  struct Asked;
  [[nodiscard]] LeasePool* pool_of(const Message& message);
  [[nodiscard]] Answer on_discover(const Asked& asked);
  [[nodiscard]] Answer on_request(const Asked& asked);
  [[nodiscard]] Answer on_decline(const Asked& asked);
  [[nodiscard]] Answer on_release(const Asked& asked);
  [[nodiscard]] Answer on_inform(const Asked& asked);
  [[nodiscard]] Answer grant(const Asked& asked, core::Ipv4Address address);
  [[nodiscard]] Answer refuse(const Asked& asked, std::string_view why);
  void note_system(const Asked& asked);
  void note_exhausted(const Asked& asked);

  ReplyConfig reply_;
  std::vector<LeasePool> pools_;
  const BootPolicy& policy_;
  const Neighbours& neighbours_;
  LearnedAddresses& addresses_;
  core::Log& log_;
  Sightings sightings_;
  Counters counters_;
  std::optional<Rival> rival_;
  core::RateLimit<std::uint8_t> exhausted_lines_;
  core::RateLimit<std::uint8_t> declined_lines_;
};

}  // namespace colony::pxe::dhcp
