#include "ramdisk/scout/boot_arguments.hpp"

#include <algorithm>

namespace colony::ramdisk {

namespace {

constexpr std::string_view blanks = " \t\n";

std::optional<core::MacAddress> machine_address(std::string_view text) {
  const auto mac = core::MacAddress::parse(text);
  return mac && !mac->is_zero() && !mac->is_group() ? mac : std::nullopt;
}

}  // namespace

core::Result<BootArguments> parse_boot_arguments(std::string_view line) {
  BootArguments arguments;
  std::optional<core::MacAddress> boot_if;
  while (!line.empty()) {
    const auto end = std::min(line.find_first_of(blanks), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    const auto value_of = [word](std::string_view key) -> std::optional<std::string_view> {
      return word.starts_with(key) ? std::optional(word.substr(key.size())) : std::nullopt;
    };
    if (const auto url = value_of("colony.url=")) arguments.url = *url;
    if (const auto token = value_of("colony.token=")) arguments.token = core::Secret(*token);
    if (const auto mac = value_of("colony.mac=")) arguments.boot_mac = machine_address(*mac);
    // The first byte of BOOTIF is the hardware type, 01 for Ethernet.
    if (const auto mac = value_of("BOOTIF=01-")) boot_if = machine_address(*mac);
  }
  if (!arguments.boot_mac) arguments.boot_mac = boot_if;
  if (arguments.url.empty() || arguments.token.empty()) {
    return core::fail(
        core::ErrorKind::invalid_input, "scout.arguments",
        "the kernel command line has no colony.url= and colony.token=: was this image booted by "
        "colonyd?");
  }
  return arguments;
}

}  // namespace colony::ramdisk
