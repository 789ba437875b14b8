#include "ramdisk/machine/kernel_machine.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "ramdisk/machine/content_signature.hpp"
#include "ramdisk/machine/disks.hpp"
#include "ramdisk/machine/ipmi_device.hpp"
#include "ramdisk/machine/kernel_block_device.hpp"
#include "ramdisk/machine/lldp.hpp"
#include "ramdisk/machine/pci.hpp"
#include "ramdisk/machine/processors.hpp"
#include "ramdisk/machine/smbios.hpp"
#include "ramdisk/machine/tpm.hpp"

namespace colony::ramdisk {

using core::Result;
using drivers::scout::Disk;
using drivers::scout::Inventory;

namespace {

constexpr std::size_t max_smbios = 1 << 20;
constexpr std::size_t max_cpuinfo = 16 << 20;  // 1.5 KB a thread
constexpr std::size_t max_meminfo = 16 << 10;

std::string machine_architecture() {
  utsname names{};
  return uname(&names) == 0 ? clean(names.machine) : std::string();
}

/// Boards without SMBIOS (many of arm64) say who they are in the device tree. Its texts end with a zero byte,
/// which clean() takes away.
void add_device_tree(const Tree& sysfs, drivers::scout::Smbios& names) {
  constexpr const char* base = "firmware/devicetree/base/";
  if (names.product.empty()) names.product = sysfs.line(std::string(base) + "model");
  if (names.serial.empty()) names.serial = sysfs.line(std::string(base) + "serial-number");
}

}  // namespace

KernelMachine::KernelMachine(MachineRoots roots)
    : sysfs_(std::move(roots.sysfs)),
      procfs_(std::move(roots.procfs)),
      devices_(std::move(roots.devices)),
      neighbours_(std::move(roots.neighbours)),
      permanent_mac_(std::move(roots.permanent_mac)),
      nic_firmware_(std::move(roots.nic_firmware)) {}

Neighbours KernelMachine::neighbours() {
  Neighbours heard;
  for (const auto& port : neighbours_.names(".")) {
    if (heard.size() == drivers::scout::max_nics) break;
    if (port.starts_with('.')) continue;  // being written
    if (auto neighbour = decode_lldp(neighbours_.bytes(port, max_lldp_frame))) {
      heard.emplace(clean(port), std::move(*neighbour));
    }
  }
  return heard;
}

Result<Inventory> KernelMachine::inventory() {
  Inventory inventory;
  const auto version = decode_smbios_entry_point(sysfs_.bytes("firmware/dmi/tables/smbios_entry_point", 64));
  auto smbios = decode_smbios(sysfs_.bytes("firmware/dmi/tables/DMI", max_smbios), version);
  inventory.smbios = std::move(smbios.names);
  add_device_tree(sysfs_, inventory.smbios);
  inventory.cpu = parse_cpuinfo(procfs_.text("cpuinfo", max_cpuinfo));
  // What is plugged in, where the firmware tells; else what the kernel can use.
  inventory.memory_bytes =
      smbios.memory_bytes != 0 ? smbios.memory_bytes : parse_meminfo(procfs_.text("meminfo", max_meminfo));
  inventory.cpu.architecture = machine_architecture();
  // x86 tells sockets and cores in cpuinfo; arm64 does not.
  if (inventory.cpu.architecture != "x86_64") count_topology(sysfs_, inventory.cpu);
  inventory.dimms = std::move(smbios.dimms);
  inventory.nics = list_nics(sysfs_, permanent_mac_, nic_firmware_);
  add_neighbours(inventory, neighbours());
  inventory.devices = list_pci(sysfs_);
  inventory.tpm = describe_tpm(sysfs_, open_tpm_device(devices_.at("tpmrm0")), smbios.tpm);
  inventory.disks = list_disks(sysfs_);
  inventory.more_disks = inventory.disks.size() > drivers::scout::max_disks;
  if (inventory.more_disks) inventory.disks.resize(drivers::scout::max_disks);
  for (Disk& disk : inventory.disks) {
    ask_disk(devices_.at(disk.device), language_of(sysfs_, disk), disk);
    const auto begin = devices_.bytes(disk.device, signature_bytes);
    disk.content = begin.empty() ? "unreadable" : content_signature(begin);
  }
  if (const auto bmc = open_ipmi_device(devices_.at("ipmi0"))) inventory.bmc = ask_bmc(*bmc);
  inventory.boot_firmware = sysfs_.exists("firmware/efi") ? "efi" : "bios";
  return inventory;
}

Result<std::shared_ptr<BlockDevice>> KernelMachine::open(const Disk& disk) {
  auto device = KernelBlockDevice::open(devices_.at(disk.device));
  if (!device) return device;
  // Held open, the name cannot pass to another disk any more: now it must be the one that was meant.
  const Disk now = describe_disk(sysfs_, disk.device);
  if (now.id != disk.id || now.model != disk.model || now.size_bytes != (*device)->size_bytes()) {
    return core::fail(core::ErrorKind::conflict, "scout.disk_changed",
                      fmt::format("{} became another disk while it was opened", disk.device));
  }
  return device;
}

}  // namespace colony::ramdisk
