#include "drivers/bmc_user_values.hpp"
#include "drivers/bmc_values.hpp"

namespace colony::drivers {

std::string_view name(PowerAction action) {
  switch (action) {
    case PowerAction::off: return "off";
    case PowerAction::on: return "on";
    case PowerAction::soft_off: return "soft-off";
    case PowerAction::cycle: return "cycle";
    case PowerAction::reset: return "reset";
  }
  return "off";
}

std::string_view name(BootDevice device) {
  switch (device) {
    case BootDevice::none: return "none";
    case BootDevice::pxe: return "pxe";
    case BootDevice::disk: return "disk";
    case BootDevice::cdrom: return "cdrom";
    case BootDevice::bios_setup: return "bios-setup";
  }
  return "none";
}

std::string_view name(UserPrivilege privilege) {
  switch (privilege) {
    case UserPrivilege::none: return "none";
    case UserPrivilege::callback: return "callback";
    case UserPrivilege::user: return "user";
    case UserPrivilege::operator_: return "operator";
    case UserPrivilege::administrator: return "administrator";
    case UserPrivilege::oem: return "oem";
  }
  return "none";
}

std::string_view name(UserEnabled enabled) {
  switch (enabled) {
    case UserEnabled::untold: return "untold";
    case UserEnabled::yes: return "yes";
    case UserEnabled::no: return "no";
  }
  return "untold";
}

}  // namespace colony::drivers
