#pragma once
// /dev/ipmi0 of the kernel's ipmi_devintf (Documentation/driver-api/ipmi.rst).

#include <filesystem>
#include <optional>

#include "ramdisk/machine/in_band_bmc.hpp"

namespace colony::ramdisk {

/// nullopt when the device is absent. Each command waits 5 s for its answer.
[[nodiscard]] std::optional<IpmiCommand> open_ipmi_device(const std::filesystem::path& path);

}  // namespace colony::ramdisk
