#pragma once
// /proc/cpuinfo and /proc/meminfo, as text.

#include <cstdint>
#include <string_view>

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// x86 and arm64. A kernel that tells no physical ids (some virtual machines): one socket, a core per thread.
[[nodiscard]] drivers::scout::Cpu parse_cpuinfo(std::string_view text);
/// Sockets and cores from sysfs, for kernels whose cpuinfo does not tell them (arm64).
void count_topology(const Tree& sysfs, drivers::scout::Cpu& cpu);
/// MemTotal in bytes: what the kernel has left of the memory, so a little less than is built in; 0 when
/// absent.
[[nodiscard]] std::uint64_t parse_meminfo(std::string_view text);

}  // namespace colony::ramdisk
