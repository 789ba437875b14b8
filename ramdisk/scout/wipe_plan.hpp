#pragma once
// Whether an order's disks are the disks of this machine: exactly those, and all of them. A kernel name is
// never compared: /dev/sda may be another disk at the next boot.

#include <vector>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

/// The present disks for the ordered ones, in their order. All or nothing; each fault names the disk:
/// scout.disk_missing, scout.disk_ambiguous (two disks answer to one name, as through two paths),
/// scout.disk_changed (another size, model or block), scout.disk_removable, scout.disk_read_only.
[[nodiscard]] core::Result<std::vector<drivers::scout::Disk>> match_disks(
    const std::vector<drivers::scout::Disk>& ordered, const std::vector<drivers::scout::Disk>& present);

}  // namespace colony::ramdisk
