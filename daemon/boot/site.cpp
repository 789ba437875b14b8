#include "daemon/boot/site.hpp"

namespace colony::daemon {

namespace {

workflows::DiscoverMode discover_mode(DiscoverMode mode) {
  switch (mode) {
    case DiscoverMode::window: return workflows::DiscoverMode::window;
    case DiscoverMode::always: return workflows::DiscoverMode::always;
    case DiscoverMode::never: return workflows::DiscoverMode::never;
  }
  return workflows::DiscoverMode::never;
}

}  // namespace

workflows::Site make_site(const Config& config, const Images& images) {
  workflows::Site site;
  site.http_address = config.load_balancer.ip.address;
  site.http_port = config.http.port;
  site.discover = discover_mode(config.dhcp.discover);
  site.scout = images.scout;
  site.talos = images.talos;
  site.wipe_minimum = config.wipe.minimum == WipeMinimum::purge ? drivers::scout::WipeLevel::purge
                                                                : drivers::scout::WipeLevel::clear;
  site.wipe_verify_permille = config.wipe.verify.value * 10U;
  site.wipe_budget_per_hour = config.wipe.budget_per_hour;
  site.bmc_reset = config.bmc.reset == BmcResetPolicy::last_resort ? workflows::BmcReset::last_resort
                                                                   : workflows::BmcReset::never;
  site.bmc_driver = config.bmc.driver == BmcDriver::ipmitool ? "ipmitool" : "native";
  site.pacing.off_confirmed = config.bmc.off_confirmation;
  site.pacing.power_change = config.bmc.power_change;
  site.pacing.disk_boot_settle = config.talos.disk_boot_settle;
  site.pacing.quiet_after_install = config.talos.quiet_after_install;
  return site;
}

}  // namespace colony::daemon
