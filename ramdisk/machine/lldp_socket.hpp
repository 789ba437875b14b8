#pragma once
// Hears what switches say on every port, from before the links come up, and leaves the newest frame of each
// port as DIRECTORY/INTERFACE: a program of its own beside scout, so that what a switch says only when the
// link comes up is not missed.

#include <filesystem>

namespace colony::ramdisk {

/// Runs until it is killed; returns an exit code when it cannot begin. At most max_nics ports.
[[nodiscard]] int hear_neighbours(const std::filesystem::path& directory);

}  // namespace colony::ramdisk
