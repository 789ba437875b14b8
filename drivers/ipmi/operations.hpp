#pragma once
// What a BMC is asked for, as sequences of commands over a link that keeps a session. Written once, without
// sessions, sockets or retries in sight.

#include <functional>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "drivers/bmc_passport.hpp"
#include "drivers/bmc_values.hpp"
#include "drivers/ipmi/session.hpp"

namespace colony::drivers::ipmi {

class Link {
 public:
  virtual ~Link() = default;
  /// The BMC's answer with any completion code but "busy"; errors are those of the session.
  [[nodiscard]] virtual core::Task<core::Result<Answered>> call(Command command, core::BootTime deadline) = 0;
  /// Something to remember of this BMC.
  virtual void learn(const std::function<void(BmcPassport&)>& what) = 0;
  /// The BMC's number for the session that the last answer came in.
  [[nodiscard]] virtual std::uint32_t session() const = 0;
};

/// A FRU that is absent or damaged leaves its fields empty; a missing GUID leaves it out.
[[nodiscard]] core::Task<core::Result<BmcIdentity>> read_identity(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<core::PowerState>> read_power(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<>> act_on_power(Link& link, PowerAction action,
                                                      core::BootTime deadline);
/// Restarts the controller. Falling silent over it is success.
[[nodiscard]] core::Task<core::Result<>> reset_controller(Link& link, core::BootTime deadline);
/// Sets, and reads back: ipmi.boot_device_ignored when the BMC says something else afterwards.
[[nodiscard]] core::Task<core::Result<>> write_boot_device(Link& link, BootDeviceSetting setting,
                                                           core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<BootDeviceSetting>> read_boot_device(Link& link,
                                                                           core::BootTime deadline);

}  // namespace colony::drivers::ipmi
