// Any text as /proc/cpuinfo and /proc/meminfo.
#include <algorithm>
#include <cstdlib>

#include "ramdisk/machine/processors.hpp"
#include "ramdisk/machine/tree.hpp"

using namespace colony::ramdisk;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cpu = parse_cpuinfo(text);
  if (cpu.threads > size || cpu.cores > size || cpu.sockets > size || clean(cpu.model) != cpu.model)
    std::abort();
  if (parse_meminfo(text) % 1024 != 0) std::abort();
  const std::string shown = clean(text);
  if (shown.size() > 256 || clean(shown) != shown) std::abort();
  return 0;
}
