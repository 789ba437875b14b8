// Any kernel command line.
#include <cstdlib>

#include "ramdisk/scout/boot_arguments.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto arguments = colony::ramdisk::parse_boot_arguments({reinterpret_cast<const char*>(data), size});
  if (!arguments) {
    if (arguments.error().code != "scout.arguments") std::abort();
    return 0;
  }
  if (arguments->url.empty() || arguments->token.empty()) std::abort();
  if (arguments->url.find_first_of(" \t\n") != std::string::npos) std::abort();
  if (arguments->boot_mac && (arguments->boot_mac->is_zero() || arguments->boot_mac->is_group()))
    std::abort();
  return 0;
}
