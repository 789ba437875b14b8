#pragma once
// ProxyDHCP (PXE 2.1 section 2.2) without sockets: a datagram in, at most one datagram out. Speaks only to
// machines that boot over the network and that BootPolicy serves; everybody else gets silence, and evidence
// that they asked. Everything that a stranger can make us write down is rate limited.

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/evidence/evidence.hpp"
#include "core/log.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/dhcp/learned_addresses.hpp"
#include "pxe/dhcp/message.hpp"
#include "pxe/dhcp/reply.hpp"
#include "pxe/rate_limit.hpp"

namespace colony::pxe::dhcp {

enum class ArrivalPort : std::uint8_t { server, pxe };  // 67, 4011

struct Arrival {
  core::ByteView datagram;
  core::Ipv4Address source;
  std::uint16_t source_port = 0;
  ArrivalPort port = ArrivalPort::server;
  core::BootTime now;
  core::UtcTime utc_now;
};

struct Outgoing {
  core::Ipv4Address destination;
  std::uint16_t port = 0;
  core::Bytes datagram;
};

class Responder {
 public:
  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t answered = 0;
    std::uint64_t not_ours = 0;   // ordinary DHCP clients, replies of other servers
    std::uint64_t strangers = 0;  // network boots that the policy does not serve
    std::uint64_t refused = 0;    // served, but without a boot program
    std::array<std::uint64_t, decode_error_count> malformed{};
  };

  /// What is passed by reference outlives the responder.
  Responder(ReplyConfig config, const BootPolicy& policy, LearnedAddresses& addresses,
            core::EvidenceSink& evidence, core::Log& log);

  [[nodiscard]] std::optional<Outgoing> on_datagram(const Arrival& arrival);
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void on_malformed(const Arrival& arrival, DecodeError error);
  void on_ordinary_client(const Arrival& arrival, const Message& message);
  void on_refusal(const Arrival& arrival, const BootRequest& request, Refusal refusal);
  void emit(const Arrival& arrival, const BootRequest& request, core::Fact fact) const;
  void emit_seen(const Arrival& arrival, const BootRequest& request, bool answered);

  ReplyConfig config_;
  const BootPolicy& policy_;
  LearnedAddresses& addresses_;
  core::EvidenceSink& evidence_;
  core::Log& log_;
  Counters counters_;
  RateLimit<std::uint64_t> seen_;  // per machine, stage and verdict
  RateLimit<std::uint64_t> unanswered_;
  RateLimit<std::uint8_t> malformed_lines_;
};

}  // namespace colony::pxe::dhcp
