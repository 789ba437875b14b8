#pragma once
// The Ethernet ports in /sys/class/net that belong to a device.

#include <functional>
#include <optional>
#include <vector>

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// The address burnt into the port, which a bond or an operator cannot change.
using PermanentMac = std::function<std::optional<core::MacAddress>(const std::string& interface)>;

/// ETHTOOL_GPERMADDR (ethtool.h).
[[nodiscard]] std::optional<core::MacAddress> ask_permanent_mac(const std::string& interface);

/// The version of the port's own firmware; empty when the driver does not tell.
using NicFirmware = std::function<std::string(const std::string& interface)>;

/// ETHTOOL_GDRVINFO (ethtool.h).
[[nodiscard]] std::string ask_nic_firmware(const std::string& interface);

/// At most drivers::scout::max_nics, in order of their names.
[[nodiscard]] std::vector<drivers::scout::Nic> list_nics(const Tree& sysfs, const PermanentMac& permanent_mac,
                                                         const NicFirmware& firmware = {});

}  // namespace colony::ramdisk
