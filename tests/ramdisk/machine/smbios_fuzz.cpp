// Any bytes as a structure table: decoded as far as they make sense, and every name comes out clean.
#include <algorithm>
#include <cstdlib>

#include "ramdisk/machine/smbios.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace colony::ramdisk;
  const colony::core::ByteView bytes(data, size);
  const auto table = decode_smbios(bytes, decode_smbios_entry_point(bytes));
  const auto& names = table.names;
  for (const auto* text : {&names.manufacturer, &names.product, &names.serial, &names.board_serial,
                           &names.chassis_serial, &names.bios_version}) {
    if (text->size() > 256) std::abort();
    if (std::ranges::any_of(*text, [](char c) { return c < 0x20 || c > 0x7e; })) std::abort();
  }
  return 0;
}
