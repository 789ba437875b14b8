#pragma once
// A Talos machine config as an operator hands it over.

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "drivers/scout/messages.hpp"
#include "workflows/orders.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_machine_config = 1 << 20;

/// The parts of the machine that an order names.
struct InstallParts {
  std::optional<drivers::scout::Disk> disk;
  std::vector<drivers::scout::Nic> nics;
};

/// Checks it, and fills in what was ordered. `${install_disk_serial}` and `${install_disk_wwid}` stand for
/// the disk, for use in `machine.install.diskSelector`; `${install_nic_mac}` for the first NIC's permanent
/// MAC,
/// `${install_nic_2_mac}` for the second's and so on, for use in a `deviceSelector` or a LinkAliasConfig. A
/// part that the config does not ask for would have no effect and is refused, and so is a mark that nothing
/// fills. Errors: provision.config_empty, provision.config_too_large, provision.config_not_yaml,
/// provision.config_not_talos, provision.disk_not_used, provision.disk_not_given, provision.disk_unnamed,
/// provision.disk_ambiguous (another of the inventory would be meant as well), provision.nic_not_used,
/// provision.nic_not_given, provision.mark_unknown.
[[nodiscard]] core::Result<core::Secret> finish_machine_config(const core::Secret& config,
                                                               const InstallParts& parts,
                                                               const drivers::scout::Inventory* inventory);

/// The disk that an order means: by serial, WWN or rule (choice/disk_choice.hpp), or by the kernel name that
/// it had when the asset was last looked at. Both given must be one. Nothing when neither is given. Errors as
/// choose_disk and disk_of_device with purpose "provision"; provision.disk_device_changed.
[[nodiscard]] core::Result<std::optional<drivers::scout::Disk>> install_disk(
    const drivers::scout::Inventory* inventory, const std::string& disk, const std::string& device);

/// All that a provision order names. Errors as install_disk, and as choose_nics with purpose "provision".
[[nodiscard]] core::Result<InstallParts> install_parts(const drivers::scout::Inventory* inventory,
                                                       const ProvisionOrder& order);

}  // namespace colony::workflows
