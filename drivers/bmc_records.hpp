#pragma once
// What a BMC writes down and measures, whatever the driver: events, sensors, inventory, its own network. A
// driver that can tell hands this out with Bmc::records().

#include <string>
#include <vector>

#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "drivers/bmc_record_values.hpp"

namespace colony::drivers {

class BmcRecords {
 public:
  virtual ~BmcRecords() = default;
  /// Errors: those of every call. A log that changes meanwhile is read on from where it was.
  [[nodiscard]] virtual core::Task<core::Result<SelLog>> sel(core::BootTime deadline) = 0;
  /// What came after `mark`; nullopt: nothing but where the log stands. A few commands, however long the log
  /// is. What was read until `deadline` is no error. A mark that is gone from a long log gives the newest
  /// record.
  [[nodiscard]] virtual core::Task<core::Result<SelNews>> sel_since(std::optional<SelMark> mark,
                                                                    core::BootTime deadline) = 0;
  /// Success: the BMC says that it is empty.
  [[nodiscard]] virtual core::Task<core::Result<>> clear_sel(core::BootTime deadline) = 0;
  /// What was read until `deadline` is no error, unless it is nothing.
  [[nodiscard]] virtual core::Task<core::Result<SensorReadings>> sensors(SensorDetail detail,
                                                                         core::BootTime deadline) = 0;
  [[nodiscard]] virtual core::Task<core::Result<FruFields>> fru(core::BootTime deadline) = 0;
  [[nodiscard]] virtual core::Task<core::Result<LanConfig>> lan(core::BootTime deadline) = 0;
  /// Why the machine was last started: "chassis control command", "power-up via power push button", ...
  [[nodiscard]] virtual core::Task<core::Result<std::string>> restart_cause(core::BootTime deadline) = 0;
};

}  // namespace colony::drivers
