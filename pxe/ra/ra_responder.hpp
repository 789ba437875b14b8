#pragma once
// iPXE waits about 16 s for a router before it goes on without IPv6 (measured: 18.3 s to the script without
// an advertisement, 2.3 s with one). So a machine that boots through us, and nobody else, is told at once
// that there is none to be had.

#include <cstdint>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/rate_limit.hpp"
#include "pxe/ra/neighbor_discovery.hpp"

namespace colony::pxe::ra {

class RaResponder {
 public:
  struct Counters {
    std::uint64_t received = 0;
    std::uint64_t answered = 0;
    std::uint64_t malformed = 0;
    std::uint64_t not_ours = 0;
  };

  /// `boots_through_us` is asked for each solicitation.
  RaResponder(core::MacAddress own_mac, std::function<bool(core::MacAddress)> boots_through_us);

  /// The frame to send, if any.
  [[nodiscard]] std::optional<core::Bytes> on_frame(core::ByteView frame, core::BootTime now);
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  core::MacAddress own_mac_;
  std::function<bool(core::MacAddress)> boots_through_us_;
  core::RateLimit<core::MacAddress> answered_;
  Counters counters_;
};

}  // namespace colony::pxe::ra
