#pragma once
// What a server is made of, for people: sections of lines and tables of at most 100 columns.

#include <string>
#include <string_view>

#include "core/json.hpp"

namespace colony::daemon::cli {

/// `inventory` as the local API shows it (docs/wire/scout.md). Identity, CPU, memory, network, disks,
/// devices, firmware; what the machine did not tell is left out.
/// `pci_ids`: the list of names of PCI devices (pci_ids.hpp); empty: their numbers alone are shown.
[[nodiscard]] std::string inventory_sections(const core::Json& inventory, std::string_view pci_ids = {});

}  // namespace colony::daemon::cli
