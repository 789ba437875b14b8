#pragma once
// A Talos machine config as an operator hands it over.

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "drivers/scout/messages.hpp"
#include "workflows/desk/config_marks.hpp"
#include "workflows/orders.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_machine_config = 1 << 20;

/// Checks it, and fills in what was ordered (config_marks.hpp). What the order names has to be what the
/// config names where it counts: the disk in `machine.install.diskSelector`, by serial or wwid; each NIC in
/// some value. Else the node would install on another disk than the one that was shown. Errors:
/// provision.config_empty, provision.config_too_large, provision.config_not_yaml, provision.config_not_talos,
/// provision.config_not_followed (anchors, aliases, tags), provision.disk_not_used, provision.disk_unnamed,
/// provision.disk_ambiguous (another of the inventory would be meant as well), provision.nic_not_used, and
/// those of config_marks.hpp.
[[nodiscard]] core::Result<core::Secret> finish_machine_config(const core::Secret& config,
                                                               const InstallParts& parts,
                                                               const drivers::scout::Inventory* inventory);

/// The disk that an order means: by serial, WWN or rule (choice/disk_choice.hpp), or by the kernel name that
/// it had when the asset was last looked at. Both given must be one. Nothing when neither is given. Errors as
/// choose_disk and disk_of_device with purpose "provision"; provision.disk_device_changed.
[[nodiscard]] core::Result<std::optional<drivers::scout::Disk>> install_disk(
    const drivers::scout::Inventory& inventory, const std::string& disk, const std::string& device);

/// All that a provision order names. Errors as install_disk, and as choose_nics with purpose "provision";
/// provision.no_inventory.
[[nodiscard]] core::Result<InstallParts> install_parts(const drivers::scout::Inventory* inventory,
                                                       const ProvisionOrder& order);

}  // namespace colony::workflows
