#pragma once
// /proc/cpuinfo and /proc/meminfo, as text.

#include <cstdint>
#include <string_view>

#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

/// A kernel that tells no physical ids (some virtual machines): one socket, a core per thread.
[[nodiscard]] drivers::scout::Cpu parse_cpuinfo(std::string_view text);
/// MemTotal in bytes: what the kernel has left of the memory, so a little less than is built in; 0 when
/// absent.
[[nodiscard]] std::uint64_t parse_meminfo(std::string_view text);

}  // namespace colony::ramdisk
