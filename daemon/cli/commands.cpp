#include "daemon/cli/commands.hpp"

namespace colony::daemon::cli {

Commands make_commands() {
  constexpr Maker* makers[] = {
      make_init_command,
      make_status_command,
      make_doctor_command,
      make_add_ipmi_command,
      make_add_ipmis_command,
      make_discover_command,
      make_assets_command,
      make_accept_command,
      make_why_command,
      make_provision_command,
      make_wipe_command,
      make_workflows_command,
      make_cancel_command,
      make_approve_command,
      make_events_command,
      make_certificates_command,
      make_leases_command,
      make_audit_command,
      make_power_command,
      make_reboot_command,
      make_console_command,
      make_deprovision_command,
      make_clusters_command,
      make_api_key_rotate_command,
      make_api_keys_create_command,
      make_api_keys_list_command,
      make_api_keys_show_command,
      make_api_keys_change_command,
      make_api_keys_rotate_command,
      make_api_keys_revoke_command,
      make_api_keys_delete_command,
      make_users_create_command,
      make_users_list_command,
      make_users_change_command,
      make_users_second_factor_command,
      make_users_delete_command,
      make_bmc_probe_command,
      make_bmc_power_command,
      make_bmc_bootdev_command,
      make_bmc_console_command,
      make_bmc_sel_command,
      make_bmc_sensors_command,
      make_bmc_fru_command,
      make_bmc_lan_command,
      make_bmc_users_command,
      make_bmc_rotate_command,
      make_bmc_password_command,
      make_bmc_audit_command,
      make_version_command,
      make_completion_command,
  };
  Commands out;
  for (Maker* make : makers) out.push_back(make());
  return out;
}

}  // namespace colony::daemon::cli
