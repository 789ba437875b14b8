#pragma once
// Commands that read from a disk, past the block layer: SG_IO and NVMe's admin ioctl (scsi/sg.h,
// linux/nvme_ioctl.h). Each waits 10 s at most.

#include <filesystem>

#include "ramdisk/machine/ata_disk.hpp"
#include "ramdisk/machine/nvme_disk.hpp"
#include "ramdisk/machine/scsi_disk.hpp"

namespace colony::ramdisk {

/// How a disk is to be asked; `nothing` for what may not understand or may take harm (USB bridges, RAID
/// volumes, virtual disks).
enum class DiskLanguage : std::uint8_t { nothing, ata, scsi, nvme };

/// Asks the disk at `path`; what it does not tell stays as it is. A disk that cannot be opened tells nothing.
void ask_disk(const std::filesystem::path& path, DiskLanguage language, drivers::scout::Disk& disk);

}  // namespace colony::ramdisk
