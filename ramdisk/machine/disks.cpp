#include "ramdisk/machine/disks.hpp"

#include <bit>

namespace colony::ramdisk {

using drivers::scout::Disk;

namespace {

/// Vital product data page 0x80 (SPC-4 section 7.8.17): two bytes, a big-endian length, the serial number.
std::string unit_serial(core::ByteView page) {
  core::ByteReader reader(page);
  if (!reader.skip(2)) return {};
  const auto length = reader.u16be();
  const auto text = length ? reader.take(*length) : std::nullopt;
  return text ? clean(core::as_text(*text)) : std::string();
}

std::string serial_of(const Tree& sysfs, const std::string& disk) {
  for (const char* place : {"/serial", "/device/serial"}) {  // virtio; NVMe and MMC
    if (auto serial = sysfs.line(disk + place); !serial.empty()) return serial;
  }
  return unit_serial(sysfs.bytes(disk + "/device/vpd_pg80", 512));
}

/// Only names that are unique by construction; the kernel also makes some up from vendor and model ("t10.",
/// "nvme.").
std::string wwn_of(const Tree& sysfs, const std::string& disk) {
  for (const char* place : {"/wwid", "/device/wwid"}) {
    auto wwid = sysfs.line(disk + place);
    if (wwid.starts_with("naa.") || wwid.starts_with("eui.") || wwid.starts_with("uuid.")) return wwid;
  }
  return {};
}

std::string model_of(const Tree& sysfs, const std::string& disk) {
  auto model = sysfs.line(disk + "/device/model");
  if (!model.empty()) return model;
  if (const auto name = sysfs.line(disk + "/device/name"); !name.empty()) return name;  // MMC
  // virtio disks have no model, only the PCI vendor of the device.
  return sysfs.exists(disk + "/device/vendor") ? "virtio" : "";
}

std::string transport_of(const std::string& name, const std::string& path) {
  if (name.starts_with("nvme")) return "nvme";
  if (path.find("/usb") != std::string::npos) return "usb";
  if (path.find("/ata") != std::string::npos) return "sata";
  if (path.find("/end_device-") != std::string::npos) return "sas";
  if (path.find("/virtio") != std::string::npos) return "virtio";
  return "";
}

bool is_whole_real_disk(const Tree& sysfs, const std::string& name, const std::string& path) {
  if (path.empty() || name.starts_with("sr") || name.starts_with("fd")) return false;
  // A multipath NVMe namespace lives under /devices/virtual, its hidden paths under their controllers.
  if (path.find("/virtual/") != std::string::npos && path.find("/nvme-subsystem/") == std::string::npos)
    return false;
  if (sysfs.number("block/" + name + "/hidden").value_or(0) != 0) return false;
  // eMMC boot areas and its replay-protected block are parts of a disk.
  return !(name.starts_with("mmcblk") &&
           (name.find("boot") != std::string::npos || name.find("rpmb") != std::string::npos));
}

std::uint32_t block_size(std::optional<std::uint64_t> bytes) {
  const bool sane = bytes && *bytes >= 512 && *bytes <= (1 << 20) && std::has_single_bit(*bytes);
  return sane ? static_cast<std::uint32_t>(*bytes) : 512;
}

}  // namespace

Disk describe_disk(const Tree& sysfs, const std::string& name) {
  const std::string at = "block/" + name;
  Disk disk;
  disk.device = name;
  disk.id = {.serial = serial_of(sysfs, at), .wwn = wwn_of(sysfs, at)};
  disk.model = model_of(sysfs, at);
  disk.transport = transport_of(name, sysfs.resolved(at));
  disk.logical_block_bytes = block_size(sysfs.number(at + "/queue/logical_block_size"));
  disk.physical_block_bytes = block_size(sysfs.number(at + "/queue/physical_block_size"));
  const std::uint64_t sectors = sysfs.number(at + "/size").value_or(0);  // of 512 bytes, always
  disk.size_bytes =
      sectors < (1ULL << 54) ? sectors * 512 / disk.logical_block_bytes * disk.logical_block_bytes : 0;
  disk.rotational = sysfs.number(at + "/queue/rotational").value_or(0) != 0;
  disk.removable = sysfs.number(at + "/removable").value_or(0) != 0;
  disk.read_only = sysfs.number(at + "/ro").value_or(0) != 0;
  return disk;
}

std::vector<Disk> list_disks(const Tree& sysfs) {
  std::vector<Disk> disks;
  for (const auto& name : sysfs.names("block")) {
    if (disks.size() == drivers::scout::max_disks) break;
    if (!is_whole_real_disk(sysfs, name, sysfs.resolved("block/" + name))) continue;
    auto disk = describe_disk(sysfs, name);
    if (disk.size_bytes > 0) disks.push_back(std::move(disk));
  }
  return disks;
}

}  // namespace colony::ramdisk
