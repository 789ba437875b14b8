#pragma once
// Disks as operators must see them before anything is erased: who they are and what is on them.

#include <string>

#include "core/json.hpp"

namespace colony::daemon::cli {

/// The serial, else the WWN: what names a disk that was shown in the order that follows.
[[nodiscard]] std::string disk_name(const core::Json& disk);

/// "" without disks.
[[nodiscard]] std::string disk_table(const core::Json& disks);

}  // namespace colony::daemon::cli
