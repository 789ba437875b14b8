#pragma once
// A Talos machine config as an operator hands it over.

#include <string>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::workflows {

inline constexpr std::size_t max_machine_config = 1 << 20;

/// Checks it, and fills in the install disk: `${install_disk_serial}` and `${install_disk_wwid}` stand for
/// the disk that was ordered, for use in `machine.install.diskSelector`. A disk that the config does not ask
/// for would have no effect and is refused. Errors: provision.config_empty, provision.config_too_large,
/// provision.config_not_talos, provision.unknown_disk, provision.disk_not_used, provision.disk_not_given.
[[nodiscard]] core::Result<core::Secret> finish_machine_config(const core::Secret& config,
                                                               const std::string& disk,
                                                               const drivers::scout::Inventory* inventory);

}  // namespace colony::workflows
