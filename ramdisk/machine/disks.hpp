#pragma once
// The disks in /sys/block: whole, real, not empty. Loop, device-mapper, software RAID, optical drives and the
// hidden paths of a multipath NVMe disk are none.

#include <vector>

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// At most drivers::scout::max_disks, in order of their kernel names; `content` is left empty.
[[nodiscard]] std::vector<drivers::scout::Disk> list_disks(const Tree& sysfs);
/// One of them; a disk of size 0 when there is none of that name.
[[nodiscard]] drivers::scout::Disk describe_disk(const Tree& sysfs, const std::string& name);

}  // namespace colony::ramdisk
