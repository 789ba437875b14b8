#include "drivers/ipmitool/output.hpp"

using namespace colony;
using namespace colony::drivers::ipmitool;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = parse_raw(text); bytes && bytes->size() > 256) __builtin_trap();
  (void)parse_power_status(text);
  if (const auto fru = parse_fru(text); fru && fru->board_serial.size() > 128) __builtin_trap();
  (void)parse_failure(text);
  return 0;
}
