#include "hw-sim/rack/scout_machine.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::hw_sim {

namespace {

namespace wire = drivers::scout;

/// What scout's look at the first blocks would find.
std::string content_of(const SimDisk& disk) {
  const core::Bytes head = disk.peek(0, 4096);
  const bool zero = std::all_of(head.begin(), head.end(), [](core::Byte b) { return b == 0; });
  return zero ? "" : "data";
}

class ScoutMachine final : public ramdisk::Machine {
 public:
  explicit ScoutMachine(Server& server) : server_(server) {}

  core::Result<wire::Inventory> inventory() override {
    const ServerProfile& profile = server_.profile();
    wire::Inventory out;
    out.smbios.uuid = profile.smbios_uuid;
    out.smbios.manufacturer = profile.manufacturer;
    out.smbios.product = profile.product;
    out.smbios.serial = profile.serial;
    out.smbios.board_serial = profile.board_serial;
    out.smbios.chassis_serial = profile.serial;
    out.smbios.bios_version = "sim-1";
    out.smbios.bios_vendor = "Colony";
    out.cpu.model = profile.cpu_model;
    out.cpu.sockets = profile.sockets;
    out.cpu.cores = profile.cores;
    out.cpu.threads = profile.threads;
    out.cpu.architecture = "x86_64";
    out.cpu.flags = {"aes", "avx2"};
    out.dimms = dimms(profile);
    out.memory_bytes = profile.memory_bytes;
    wire::Nic nic;
    nic.name = "eno1";
    nic.mac = profile.mac;
    nic.driver = "colony_sim";
    nic.speed_mbps = 25000;
    nic.link_up = true;
    nic.pci_address = "0000:18:00.0";
    nic.firmware = "sim-1";
    nic.lldp = wire::LldpNeighbour{.chassis_id = "02:53:57:00:00:01",
                                   .port_id = "port-" + profile.name,
                                   .port_description = {},
                                   .system_name = "sim-switch",
                                   .vlan = {},
                                   .heard_at = {}};
    out.nics.push_back(nic);
    for (std::size_t i = 0; i < server_.disks().size(); ++i) out.disks.push_back(disk(i));
    wire::InBandBmc bmc;
    bmc.address = profile.bmc_address.address;
    bmc.mac = profile.bmc_mac;
    bmc.firmware_revision = "2.49";
    out.bmc = bmc;
    out.devices.push_back({.address = nic.pci_address,
                           .device_class = 0x020000,
                           .vendor = 0x15b3,
                           .device = 0x1017,
                           .driver = nic.driver});
    out.tpm = wire::Tpm{.version = "2.0", .manufacturer = "SIM", .firmware = "1.0"};
    out.boot_firmware = profile.firmware == FirmwareKind::bios ? "bios" : "efi";
    out.boot_mac = profile.mac;
    return out;
  }

  core::Result<std::shared_ptr<ramdisk::BlockDevice>> open(const wire::Disk& wanted) override {
    for (std::size_t i = 0; i < server_.disks().size(); ++i) {
      if (!(disk(i).id == wanted.id)) continue;
      spoil(*server_.disks()[i]);
      return std::shared_ptr<ramdisk::BlockDevice>(server_.disks()[i]);
    }
    return core::fail(core::ErrorKind::not_found, "disk.gone", fmt::format("no disk {}", wanted.id.serial));
  }

 private:
  [[nodiscard]] wire::Disk disk(std::size_t index) const {
    const SimDisk& sim = *server_.disks()[index];
    const DiskModel& model = sim.model();
    wire::Disk out;
    out.id = {model.serial, model.wwn};
    out.model = model.model;
    out.transport = model.transport;
    out.device = server_.disk_names()[index];
    out.size_bytes = model.size_bytes;
    out.logical_block_bytes = model.block_bytes;
    out.physical_block_bytes = 4096;
    out.rotational = model.transport == "sas" || model.transport == "sata";
    out.read_only = model.quirks.read_only;
    out.content = content_of(sim);
    out.firmware = "SIM1";
    if (model.quirks.discard != DiskAnswer::unsupported) out.erase.push_back(wire::EraseAbility::discard);
    out.hidden = wire::HiddenCapacity{.host_protected_bytes = model.hidden_bytes};
    wire::DiskHealth health;
    health.percentage_used = 1;
    out.health = health;
    return out;
  }

  /// Half of the memory in each of two slots.
  static std::vector<wire::Dimm> dimms(const ServerProfile& profile) {
    wire::Dimm dimm;
    dimm.size_bytes = profile.memory_bytes / 2;
    dimm.speed_mts = 4800;
    dimm.type = "DDR5";
    dimm.manufacturer = "Colony";
    std::vector<wire::Dimm> out(2, dimm);
    out[0].locator = "A1";
    out[1].locator = "B1";
    return out;
  }

  /// One strike of a disk fault lasts for one opening of the disk.
  void spoil(SimDisk& disk) {
    DiskQuirks quirks = disk.model().quirks;
    const auto answer = [this](FaultPoint point) {
      const auto fault = server_.faults().strike(point);
      if (!fault) return DiskAnswer::works;
      return fault->kind == FaultKind::lie ? DiskAnswer::lies : DiskAnswer::unsupported;
    };
    quirks.discard = answer(FaultPoint::disk_discard);
    quirks.zero_out = answer(FaultPoint::disk_zero_out);
    quirks.write_error_at.reset();
    if (server_.faults().strike(FaultPoint::disk_write)) quirks.write_error_at = disk.size_bytes() / 2;
    disk.set_quirks(quirks);
  }

  Server& server_;
};

}  // namespace

std::shared_ptr<ramdisk::Machine> make_scout_machine(Server& server) {
  return std::make_shared<ScoutMachine>(server);
}

}  // namespace colony::hw_sim
