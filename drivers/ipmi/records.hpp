#pragma once
// What a BMC writes down and measures, as sequences of commands: bounded, and resumed when a reservation is
// lost.

#include "drivers/bmc_records.hpp"
#include "drivers/ipmi/operations.hpp"

namespace colony::drivers::ipmi {

[[nodiscard]] core::Task<core::Result<SelLog>> read_sel(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<SelNews>> read_sel_since(Link& link, std::optional<SelMark> mark,
                                                               core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<>> erase_sel(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<SensorReadings>> read_sensors(Link& link, SensorDetail detail,
                                                                    core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<FruFields>> read_fru_fields(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<LanConfig>> read_lan(Link& link, core::BootTime deadline);
[[nodiscard]] core::Task<core::Result<std::string>> read_restart_cause(Link& link, core::BootTime deadline);

}  // namespace colony::drivers::ipmi
