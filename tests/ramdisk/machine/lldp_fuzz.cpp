// Any bytes as a frame of a switch: what is taken for a neighbour names itself, in clean and short text.
#include <cstdlib>

#include "ramdisk/machine/lldp.hpp"
#include "ramdisk/machine/tree.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony::ramdisk;
  const auto neighbour = decode_lldp({data, size});
  if (!neighbour) return 0;
  if (neighbour->chassis_id.empty() || neighbour->port_id.empty()) std::abort();
  for (const auto* text :
       {&neighbour->chassis_id, &neighbour->port_id, &neighbour->port_description, &neighbour->system_name}) {
    if (clean(*text) != *text) std::abort();
  }
  return 0;
}
