#pragma once
// What the stand-in does to requests before it looks at them: rate limits per key as the reference documents
// them, and faults by name and count.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace colony::hw_sim {

/// Sliding windows over the requests of one key.
class HostedLimits {
 public:
  HostedLimits(unsigned per_minute, unsigned per_hour) : per_minute_(per_minute), per_hour_(per_hour) {}
  /// Counts the request; or, when it is over a limit, says after how long the next one is welcome. A refused
  /// request does not count.
  [[nodiscard]] std::optional<core::Duration> admit(const std::string& key, core::BootTime now);

 private:
  unsigned per_minute_;
  unsigned per_hour_;
  std::map<std::string, std::deque<core::BootTime>> admitted_;
};

enum class HostedFaultKind : std::uint8_t {
  drop,              // the request is lost: nothing happens, the connection breaks
  drop_after_apply,  // it is carried out, and the answer is lost
  truncated,         // it is carried out, and half of the answer arrives
  slow,              // it is carried out, and the answer takes 5 s
  error_500,
  error_503,  // with Retry-After: 1
  error_429,  // with Retry-After: 2
  error_401,
  error_404,  // as if the call did not exist
};
[[nodiscard]] std::string_view name(HostedFaultKind kind);

struct HostedFault {
  std::string at;  // a call's name ("agents.events"), or "*"
  HostedFaultKind kind = HostedFaultKind::drop;
  unsigned times = 1;
};
/// "AT:KIND:TIMES", e.g. "agents.events:drop_after_apply:2".
[[nodiscard]] std::optional<HostedFault> parse_hosted_fault(std::string_view text);

class HostedFaults {
 public:
  void add(HostedFault fault) { faults_.push_back(std::move(fault)); }
  /// The first one that applies to this call; counts it down.
  [[nodiscard]] std::optional<HostedFaultKind> take(std::string_view call);

 private:
  std::vector<HostedFault> faults_;
};

}  // namespace colony::hw_sim
