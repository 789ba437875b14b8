#pragma once
// Questions to BMCs that need no daemon: everything about one, or the power of many. What `colony bmc`
// prints.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "drivers/bmc.hpp"

namespace colony::drivers {

struct BmcProbe {
  BmcIdentity identity;
  core::PowerState power = core::PowerState::off;
  std::optional<BootDeviceSetting> boot_device;  // nullopt: the BMC has no boot options
};

/// Identity, power and boot device, then close(). (The cipher suite: IpmiClient::suite_of.)
[[nodiscard]] core::Task<core::Result<BmcProbe>> probe(Bmc& bmc, core::BootTime deadline);

struct SweepTarget {
  BmcEndpoint endpoint;
  BmcCredentials credentials;
};
struct SweepRow {
  BmcEndpoint endpoint;
  core::Result<core::PowerState> power;
};

/// Opens a BMC: of the native client, or of ipmitool's.
using OpenBmc = std::function<std::unique_ptr<Bmc>(BmcEndpoint, BmcCredentials)>;
/// Told of each row as it comes, in the order of answers; never from two places at once.
using OnRow = std::function<void(const SweepRow&)>;

/// The power state of every target, `at_once` at a time, each with `patience` from its own turn on; sessions
/// are closed. A BMC that does not answer delays nobody but its own place. The workers run in `group`.
[[nodiscard]] core::Task<> sweep_power(core::Timers& timers, core::TaskGroup& group,
                                       std::vector<SweepTarget> targets, OpenBmc open, OnRow on_row,
                                       std::size_t at_once, core::Duration patience);

}  // namespace colony::drivers
