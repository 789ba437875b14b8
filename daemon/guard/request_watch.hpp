#pragma once
// Do the requests that reach our interface reach us? The packet socket sees a frame before the kernel's
// packet filter does; our doors count what came through. Requests on the wire of which none arrives are
// dropped in between. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "core/clock.hpp"
#include "daemon/findings.hpp"

namespace colony::daemon::guard {

enum class Door : std::uint8_t { dhcp, tftp, http };
[[nodiscard]] std::string_view name(Door door);

class RequestWatch {
 public:
  /// Lost frames, broken ones, full buffers: one or two prove nothing.
  static constexpr std::uint64_t unheard_limit = 3;
  /// Between a request's two ways to us, whichever is the longer: what is on the wire so soon after the
  /// counter moved may be what moved it.
  static constexpr core::Duration grace = std::chrono::seconds(1);
  static constexpr core::Duration remember = std::chrono::minutes(10);

  void on_wire(Door door, core::BootTime now);
  /// Nothing: the door is closed, or not ours; then what is on the wire says nothing.
  void on_taken_in(Door door, std::optional<std::uint64_t> count, core::BootTime now);
  void forget_all() { doors_.clear(); }

  void add_findings(std::string_view interface, core::BootTime now, FindingMap& findings) const;

 private:
  struct Seen {
    std::uint64_t on_wire = 0;  // since one was last taken in
    std::uint64_t count = 0;    // of the door
    core::BootTime last{};
    std::optional<core::BootTime> counted_at;  // when the count was last another one
  };
  std::map<Door, Seen> doors_;
};

}  // namespace colony::daemon::guard
