#pragma once
// Which disk of a machine is meant: by its serial number or WWN, or by a rule over its attributes. Never by a
// kernel name: /dev/sda may be another disk at the next boot.
//
//   RULE = TERM{,TERM}
//   TERM = (serial|wwn|model|transport|content)=GLOB | size(=|>=|<=)SIZE | rotational=(yes|no) |
//   raid=(yes|no)
//        | smallest | largest
//   SIZE = bytes, or with KB, MB, GB, TB, KiB, MiB, GiB, TiB; GLOB knows * and ?, and upper and lower case
//   are one
//
// `content=none` is a disk that carries nothing; a WWN may be written as lsblk does, 0x for naa.
//
// A rule never chooses a disk that is removable, read-only, without capacity or without a name of its own. It
// must leave one: "smallest" of two equal disks is a refusal that names both.

#include <string>
#include <string_view>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

/// "SAMSUNG MZQL2960 S64FNE0R1, 960.2 GB, nvme": for refusals and confirmations.
[[nodiscard]] std::string disk_text(const drivers::scout::Disk& disk);

/// `purpose` begins the codes of refusals: PURPOSE.unknown_disk, PURPOSE.disk_ambiguous, PURPOSE.disk_rule,
/// PURPOSE.disk_kernel_name. They name the candidates.
[[nodiscard]] core::Result<drivers::scout::Disk> choose_disk(const drivers::scout::Inventory& inventory,
                                                             std::string_view wanted,
                                                             std::string_view purpose);

/// The disk that the last look at the machine saw under this kernel name ("/dev/sda", "nvme0n1"). For orders
/// that can only say it so: what it was is to be shown, and the disk to be named by serial or WWN from then
/// on. Errors: PURPOSE.unknown_disk, PURPOSE.disk_unidentified.
[[nodiscard]] core::Result<drivers::scout::Disk> disk_of_device(const drivers::scout::Inventory& inventory,
                                                                std::string_view device,
                                                                std::string_view purpose);

}  // namespace colony::workflows
