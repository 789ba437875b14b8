#pragma once
// The PCI devices in /sys/bus/pci/devices that one would choose a server for.

#include <vector>

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// Storage, network, display, multimedia, processors, accelerators, encryption, InfiniBand, and what says
/// nothing about itself; bridges, USB and the chipset's own parts are left out. By address, at most max_pci.
[[nodiscard]] std::vector<drivers::scout::PciDevice> list_pci(const Tree& sysfs);

}  // namespace colony::ramdisk
