#pragma once
// Faults of the world by name and count: "at dhcp.offer, lose, twice". RACK.yaml names them; each server has
// its own plan. Faults inside a BMC (bmc.*) are the BMC model's (hw-sim/bmc/bmc_faults.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace colony::hw_sim {

/// Where a fault strikes. Outgoing means: from the server to the appliance.
enum class FaultPoint : std::uint8_t {
  dhcp_request,  // outgoing DISCOVER and REQUEST
  dhcp_reply,    // incoming OFFER and ACK
  tftp_request,  // outgoing RRQ and ACK
  tftp_data,     // incoming OACK and DATA
  http_request,  // outgoing GET
  http_reply,    // incoming: of a GET
  scout_hello,   // scout's messages, by name
  scout_inventory,
  scout_order,
  scout_redeem,
  scout_progress,
  scout_result,
  scout_agent,          // scout itself
  firmware_post,        // power-on self test
  firmware_boot_order,  // the one-time boot device
  disk_discard,
  disk_zero_out,
  disk_write,
  talos_install,
  hardware_power_supply,  // at a power-on
  hardware_memory,        // at a power-on
};

enum class FaultKind : std::uint8_t {
  lose,       // never arrives; for a reply: the act happened, its answer is lost
  late,       // arrives after `delay`
  duplicate,  // arrives twice
  refuse,     // answered with an error, or fails
  ignore,     // taken and not done
  lie,        // reported done, and not done
};

struct Fault {
  FaultPoint at{};
  FaultKind kind{};
  unsigned times = 1;
  core::Duration delay = std::chrono::seconds(2);
};

[[nodiscard]] std::optional<FaultPoint> parse_fault_point(std::string_view text);  // "dhcp.reply"
[[nodiscard]] std::optional<FaultKind> parse_fault_kind(std::string_view text);    // "lose"
[[nodiscard]] std::string_view name(FaultPoint point);
[[nodiscard]] std::string_view name(FaultKind kind);
[[nodiscard]] std::vector<std::string_view> fault_point_names();
[[nodiscard]] std::vector<std::string_view> fault_kind_names();
/// Which kinds mean something at a point; the others are refused where RACK.yaml is read.
[[nodiscard]] bool applies(FaultPoint point, FaultKind kind);

class FaultPlan {
 public:
  void add(const Fault& fault) { faults_.push_back(fault); }
  /// The fault that strikes at this point now, the first in order; one strike less is left of it.
  [[nodiscard]] std::optional<Fault> strike(FaultPoint at);
  [[nodiscard]] std::uint64_t struck() const { return struck_; }

 private:
  std::vector<Fault> faults_;
  std::uint64_t struck_ = 0;
};

}  // namespace colony::hw_sim
