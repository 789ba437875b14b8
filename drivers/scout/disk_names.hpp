#pragma once
// What a disk is called: for people, and in orders.

#include <string>
#include <vector>

#include "drivers/scout/messages.hpp"

namespace colony::drivers::scout {

/// Its serial number, or its WWN when it has none; empty when it has neither.
[[nodiscard]] const std::string& best_name(const Disk& disk);

/// What an order names this disk of `all` by, so that it means no other: the serial number, or the WWN where
/// disks share a serial number (the namespaces of one NVMe controller do). Empty: no name is its own.
[[nodiscard]] std::string name_in_orders(const Disk& disk, const std::vector<Disk>& all);

/// The same disk as before, by everything that does not change: not by its kernel name.
[[nodiscard]] bool is_same_disk(const Disk& a, const Disk& b);

}  // namespace colony::drivers::scout
