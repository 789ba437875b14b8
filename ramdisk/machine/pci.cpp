#include "ramdisk/machine/pci.hpp"

#include <charconv>

namespace colony::ramdisk {

using drivers::scout::PciDevice;

namespace {

/// "0x030000"; 0 when it is none or more than `most`.
std::uint32_t hex_number(const Tree& sysfs, const std::string& path, std::uint32_t most) {
  const std::string text = sysfs.line(path);
  std::uint32_t value = 0;
  if (!text.starts_with("0x")) return 0;
  const auto [end, fault] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return fault == std::errc{} && end == text.data() + text.size() && value <= most ? value : 0;
}

/// PCI Code and ID Assignment Specification 1.15, section 1.
bool is_worth_knowing(std::uint32_t device_class) {
  constexpr unsigned memory = 0x05, bridge = 0x06, system_part = 0x08, input = 0x09, docking = 0x0a;
  constexpr unsigned serial_bus = 0x0c, infiniband = 0x06, counters = 0x11;
  const unsigned base = device_class >> 16 & 0xff;
  const unsigned sub = device_class >> 8 & 0xff;
  switch (base) {
    case memory:
    case bridge:
    case system_part:
    case input:
    case docking:
    case counters: return false;
    case serial_bus: return sub == infiniband;
    default: return true;
  }
}

}  // namespace

std::vector<PciDevice> list_pci(const Tree& sysfs) {
  std::vector<PciDevice> devices;
  for (const auto& name : sysfs.names("bus/pci/devices")) {
    if (devices.size() == drivers::scout::max_pci) break;
    const std::string at = "bus/pci/devices/" + name;
    PciDevice device;
    device.address = clean(name);
    device.device_class = hex_number(sysfs, at + "/class", 0xffffff);
    const auto id = [&](const char* file) {
      return static_cast<std::uint16_t>(hex_number(sysfs, at + file, 0xffff));
    };
    device.vendor = id("/vendor");
    device.device = id("/device");
    device.subsystem_vendor = id("/subsystem_vendor");
    device.subsystem_device = id("/subsystem_device");
    const std::string driver = sysfs.resolved(at + "/driver");
    device.driver = clean(driver.substr(driver.rfind('/') + 1));
    if (device.vendor == 0 || !is_worth_knowing(device.device_class)) continue;
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace colony::ramdisk
