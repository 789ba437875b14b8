#pragma once
// A Talos machine config as an operator hands it over.

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_machine_config = 1 << 20;

/// Checks it, and fills in the install disk: `${install_disk_serial}` and `${install_disk_wwid}` stand for
/// the disk that was ordered, for use in `machine.install.diskSelector`. A disk that the config does not ask
/// for would have no effect and is refused. Errors: provision.config_empty, provision.config_too_large,
/// provision.config_not_talos, provision.disk_not_used, provision.disk_not_given, provision.disk_unnamed,
/// provision.disk_ambiguous: another of the inventory would be meant as well.
[[nodiscard]] core::Result<core::Secret> finish_machine_config(
    const core::Secret& config, const std::optional<drivers::scout::Disk>& disk,
    const drivers::scout::Inventory* inventory);

/// The disk that an order means: by serial, WWN or rule (wipe/disk_choice.hpp), or by the kernel name that it
/// had when the asset was last looked at. Both given must be one. Nothing when neither is given. Errors as
/// choose_disk and disk_of_device with purpose "provision"; provision.disk_device_changed.
[[nodiscard]] core::Result<std::optional<drivers::scout::Disk>> install_disk(
    const drivers::scout::Inventory* inventory, const std::string& disk, const std::string& device);

}  // namespace colony::workflows
