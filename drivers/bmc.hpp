#pragma once
// One machine, driven from outside through its baseboard management controller. Implemented by drivers/ipmi
// (native RMCP+), drivers/ipmitool (the program), and by simulations. One conformance suite runs against all.
//
// Every call has an absolute deadline and ends by it. An error of kind timed_out or unreachable after a
// changing call means "unknown whether it happened": look before doing it again.

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence/evidence.hpp"
#include "drivers/bmc_passport.hpp"
#include "drivers/bmc_values.hpp"

namespace colony::drivers {

class BmcAuditor;     // drivers/bmc_audit.hpp
class BmcRecords;     // drivers/bmc_records.hpp
class BmcUsers;       // drivers/bmc_users.hpp
class SerialConsole;  // drivers/serial_console.hpp

class Bmc {
 public:
  virtual ~Bmc() = default;

  [[nodiscard]] virtual core::Task<core::Result<BmcIdentity>> identity(core::BootTime deadline) = 0;
  [[nodiscard]] virtual core::Task<core::Result<core::PowerState>> power_state(core::BootTime deadline) = 0;
  /// Sends the action once; success = the BMC accepted it. Whether it happened is seen by power_state.
  [[nodiscard]] virtual core::Task<core::Result<>> power(PowerAction action, core::BootTime deadline) = 0;
  [[nodiscard]] virtual core::Task<core::Result<>> set_boot_device(const BootDeviceSetting& setting,
                                                                   core::BootTime deadline) = 0;
  /// What the BMC says is set (section 28.13, parameter 5).
  [[nodiscard]] virtual core::Task<core::Result<BootDeviceSetting>> boot_device(core::BootTime deadline) = 0;
  /// Restarts the controller itself (section 20.2), not the machine. Sent once. Success = it took the order,
  /// or fell silent over it, and is so for a minute or more. An error: it was not told, or does not obey.
  [[nodiscard]] virtual core::Task<core::Result<>> reset_controller(core::BootTime deadline) = 0;

  /// What is known of it; nothing is sent.
  [[nodiscard]] virtual BmcStanding standing() const { return {}; }

  // What not every driver can do: nullptr when it cannot. Lives as long as the Bmc.
  [[nodiscard]] virtual SerialConsole* serial() { return nullptr; }
  [[nodiscard]] virtual BmcRecords* records() { return nullptr; }
  [[nodiscard]] virtual BmcUsers* users() { return nullptr; }
  [[nodiscard]] virtual BmcAuditor* auditor() { return nullptr; }

  /// Ends the session, if there is one. Always called before destruction where the loop still runs.
  [[nodiscard]] virtual core::Task<> close() = 0;
};

}  // namespace colony::drivers
