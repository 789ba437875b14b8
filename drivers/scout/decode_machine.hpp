#pragma once
// The parts of an Inventory, each from its JSON object. What was added after the first version is optional:
// inventories that were journaled by earlier programs go on to be read.

#include <vector>

#include "drivers/scout/members.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::drivers::scout {

/// Optional text of at most max_text bytes.
[[nodiscard]] std::string label(Members& members, std::string_view key);

[[nodiscard]] DiskId read_disk_id(Members members);
[[nodiscard]] Disk read_disk(Members members);
[[nodiscard]] Nic read_nic(Members members);
/// The list under "disks".
[[nodiscard]] std::vector<Disk> read_disks(Members& members, std::size_t least);
[[nodiscard]] Inventory read_inventory(Members& members);

}  // namespace colony::drivers::scout
