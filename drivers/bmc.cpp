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

}  // namespace colony::drivers
