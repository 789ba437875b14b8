#pragma once
// What is written down about who asks: evidence and log lines, in proxy and in server mode the same.
// Everything that a stranger can make us write is rate limited.

#include <array>
#include <cstdint>

#include "core/evidence/evidence.hpp"
#include "core/log.hpp"
#include "core/rate_limit.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/dhcp/exchange.hpp"
#include "pxe/dhcp/reply.hpp"

namespace colony::pxe::dhcp {

class Sightings {
 public:
  using MalformedCounts = std::array<std::uint64_t, decode_error_count>;

  Sightings(core::EvidenceSink& evidence, core::Log& log);

  void malformed(const Arrival& arrival, DecodeError error);
  /// A network boot was answered.
  void answered(const Arrival& arrival, const BootRequest& request, const Message& reply);
  /// A network boot asked and is not ours to answer.
  void unanswered(const Arrival& arrival, const BootRequest& request);
  /// One of ours, for which there is nothing to boot.
  void refused(const Arrival& arrival, const BootRequest& request, Refusal refusal);
  /// A served machine's operating system begins with DHCP: it is up.
  void system_asked(const Arrival& arrival, const BootRequest& request);

  [[nodiscard]] const MalformedCounts& malformed_counts() const { return malformed_; }

 private:
  void emit(const Arrival& arrival, const BootRequest& request, core::Fact fact) const;

  core::EvidenceSink& evidence_;
  core::Log& log_;
  MalformedCounts malformed_{};
  core::RateLimit<std::uint64_t> seen_;  // per machine and stage
  core::RateLimit<std::uint64_t> answer_lines_;
  core::RateLimit<std::uint64_t> unanswered_;
  core::RateLimit<std::uint8_t> malformed_lines_;
};

}  // namespace colony::pxe::dhcp
