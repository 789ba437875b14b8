#pragma once
// Every command, one maker a file. Whoever adds one adds a line here and in make_commands().

#include "daemon/cli/command.hpp"

namespace colony::daemon::cli {

using Maker = std::unique_ptr<Command>();

// Look
Maker make_status_command;
Maker make_doctor_command;
Maker make_assets_command;
Maker make_workflows_command;
Maker make_events_command;
Maker make_why_command;
Maker make_clusters_command;
Maker make_certificates_command;
Maker make_leases_command;
Maker make_audit_command;
// Set up
Maker make_init_command;
Maker make_api_key_rotate_command;
// Act
Maker make_add_ipmi_command;
Maker make_add_ipmis_command;
Maker make_discover_command;
Maker make_accept_command;
Maker make_provision_command;
Maker make_wipe_command;
Maker make_deprovision_command;
Maker make_cancel_command;
Maker make_approve_command;
Maker make_power_command;
Maker make_reboot_command;
Maker make_console_command;
// Keys and users of the local API
Maker make_api_keys_create_command;
Maker make_api_keys_list_command;
Maker make_api_keys_show_command;
Maker make_api_keys_change_command;
Maker make_api_keys_rotate_command;
Maker make_api_keys_revoke_command;
Maker make_api_keys_delete_command;
Maker make_users_create_command;
Maker make_users_list_command;
Maker make_users_change_command;
Maker make_users_second_factor_command;
Maker make_users_delete_command;
// BMCs directly
Maker make_bmc_probe_command;
Maker make_bmc_power_command;
Maker make_bmc_bootdev_command;
Maker make_bmc_console_command;
Maker make_bmc_sel_command;
Maker make_bmc_sensors_command;
Maker make_bmc_fru_command;
Maker make_bmc_lan_command;
Maker make_bmc_users_command;
Maker make_bmc_rotate_command;
Maker make_bmc_password_command;
Maker make_bmc_audit_command;
// About
Maker make_version_command;
Maker make_completion_command;

/// All of the above, in the order in which --help lists them.
[[nodiscard]] Commands make_commands();

}  // namespace colony::daemon::cli
