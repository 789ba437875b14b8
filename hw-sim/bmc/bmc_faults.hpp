#pragma once
// Faults of a BMC by name and count: "at bmc.power, ignore, once". Each is taken from a real BMC or a real
// network.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace colony::hw_sim {

/// Where it strikes. A narrower moment is also part of the wider ones.
enum class BmcMoment : std::uint8_t {
  any,       // "bmc": every datagram
  session,   // "bmc.session": Open Session and RAKP
  command,   // "bmc.command": every command inside a session
  power,     // "bmc.power": Chassis Control
  status,    // "bmc.status": Get Chassis Status
  sol,       // "bmc.sol": serial text and its answers, each way
  bootdev,   // "bmc.bootdev": Set System Boot Options, boot flags
  records,   // "bmc.records": events, sensors, FRU
  payload,   // "bmc.payload": who has the serial line, what a channel carries
  password,  // "bmc.password": Set User Password, the operation that sets one
};

enum class BmcFaultKind : std::uint8_t {
  drop,           // the request never arrives
  lose,           // done, but the reply never arrives
  late,           // done, and answered after `delay`
  duplicate,      // the reply arrives twice
  refuse,         // answered with an error
  starting,       // command: answered with D2h, it is still starting
  ignore,         // answered with success, and nothing done
  lie,            // status: the opposite of the truth
  freeze,         // no reply to anything for `delay`
  full,           // Open Session: insufficient resources
  repeat,         // a retransmitted command is carried out again
  ignore_legacy,  // bootdev: a setting without the EFI bit is answered with success, and not taken
  cut,            // password: answered with success, and cut to its first eight characters
  stuck,          // bootdev: as ignore, until the controller is reset
  freeze_after,   // `times` commands are carried out, the next one freezes it for `delay`, once
};

struct BmcFault {
  BmcMoment at = BmcMoment::any;
  BmcFaultKind kind = BmcFaultKind::drop;
  unsigned times = 1;
  core::Duration delay = std::chrono::seconds(2);
};

[[nodiscard]] std::optional<BmcMoment> parse_bmc_moment(std::string_view text);         // "bmc.power"
[[nodiscard]] std::optional<BmcFaultKind> parse_bmc_fault_kind(std::string_view text);  // "ignore"

class BmcFaults {
 public:
  void add(const BmcFault& fault) { faults_.push_back(fault); }
  void clear() { faults_.clear(); }
  /// What a reset of the controller cures.
  void on_reset() {
    std::erase_if(faults_, [](const BmcFault& fault) { return fault.kind == BmcFaultKind::stuck; });
  }
  /// The fault of this kind that strikes now, and one strike less is left of it.
  [[nodiscard]] std::optional<BmcFault> strike(BmcMoment at, BmcFaultKind kind);
  /// A command is about to be carried out: how long a BMC freezes that has had enough by now.
  [[nodiscard]] std::optional<core::Duration> wear(BmcMoment at);
  [[nodiscard]] unsigned struck() const { return struck_; }

 private:
  std::vector<BmcFault> faults_;
  unsigned struck_ = 0;
};

}  // namespace colony::hw_sim
