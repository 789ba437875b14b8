#pragma once
// What colonyd gives scout on the kernel's command line: docs/ramdisk.md.

#include <optional>
#include <string_view>

#include "core/address.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace colony::ramdisk {

struct BootArguments {
  std::string url;                           // colony.url=http://ADDRESS[:PORT]
  core::Secret token;                        // colony.token=
  std::optional<core::MacAddress> boot_mac;  // colony.mac=, else PXELINUX's BOOTIF=01-aa-bb-cc-dd-ee-ff
};

/// The last of several arguments of one name counts, as with the kernel's own. Errors: scout.arguments.
[[nodiscard]] core::Result<BootArguments> parse_boot_arguments(std::string_view command_line);

}  // namespace colony::ramdisk
