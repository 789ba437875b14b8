#pragma once
// Marks in a machine config that stand for parts of the machine: `${install_disk_serial}` and
// `${install_disk_wwid}` for the disk, `${install_nic_mac}` for the first NIC's permanent MAC,
// `${install_nic_2_mac}` for the second's and so on.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

/// The parts of the machine that an order names.
struct InstallParts {
  std::optional<drivers::scout::Disk> disk;
  std::vector<drivers::scout::Nic> nics;
};

/// The mark of the NIC at this position of the order, from 0.
[[nodiscard]] std::string nic_mark(std::size_t position);

/// What firmware says, and may stand in a YAML value as it is: it needs no quotes, is no null and no pattern.
[[nodiscard]] bool is_plain(std::string_view text);

/// The text with the marks of these parts filled in; it may hold secrets, wipe it. Error:
/// provision.disk_unnamed, a value that is not plain.
[[nodiscard]] core::Result<std::string> fill_marks(std::string_view text, const InstallParts& parts);

/// Why a mark still stands in the text: provision.disk_not_given, provision.nic_not_given,
/// provision.mark_unknown. Nothing when none does.
[[nodiscard]] std::optional<core::Error> unfilled_mark(std::string_view text);

}  // namespace colony::workflows
