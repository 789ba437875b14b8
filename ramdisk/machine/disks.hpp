#pragma once
// The disks in /sys/block: whole and real, also those without capacity that are no drives for media. Loop,
// device-mapper, software RAID, optical drives and the hidden paths of a multipath NVMe disk are none.

#include <vector>

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/disk_device.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// In order of their kernel names; `content` is left empty. A SAS disk
/// that is reached by several paths is one disk, under its first name.
[[nodiscard]] std::vector<drivers::scout::Disk> list_disks(const Tree& sysfs);
/// One of them; a disk of size 0 when there is none of that name.
[[nodiscard]] drivers::scout::Disk describe_disk(const Tree& sysfs, const std::string& name);

/// How this disk may be asked about itself (disk_device.hpp).
[[nodiscard]] DiskLanguage language_of(const Tree& sysfs, const drivers::scout::Disk& disk);

}  // namespace colony::ramdisk
