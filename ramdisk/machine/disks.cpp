#include "ramdisk/machine/disks.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

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
  if (name.starts_with("mmcblk")) return "mmc";
  if (path.find("/usb") != std::string::npos) return "usb";
  if (path.find("/ata") != std::string::npos) return "sata";
  if (path.find("/end_device-") != std::string::npos) return "sas";
  if (path.find("/virtio") != std::string::npos) return "virtio";
  return "";
}

/// "0:2:1:0" of a SCSI disk's path: host, channel, target, unit.
std::optional<unsigned> scsi_channel(const std::string& path) {
  std::size_t start = 0;
  while (start < path.size()) {
    const auto end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    unsigned host = 0;
    unsigned channel = 0;
    const char* const stop = part.data() + part.size();
    const auto [colon, fault] = std::from_chars(part.data(), stop, host);
    if (fault == std::errc{} && colon != stop && *colon == ':' && std::ranges::count(part, ':') == 3 &&
        std::from_chars(colon + 1, stop, channel).ec == std::errc{}) {
      return channel;
    }
    start = end + 1;
  }
  return std::nullopt;
}

/// ".../host0/target0:2:0/..." -> "host0"
std::string scsi_host(const std::string& path) {
  const auto at = path.find("/host");
  if (at == std::string::npos) return {};
  return path.substr(at + 1, path.find('/', at + 1) - at - 1);
}

/// The driver of the RAID controller that made this disk up from others; empty for a disk that is one. By the
/// channel on which each driver shows its volumes.
std::string raid_of(const Tree& sysfs, const std::string& disk, const std::string& path) {
  std::string driver = sysfs.line("class/scsi_host/" + scsi_host(path) + "/proc_name");
  const auto channel = scsi_channel(path);
  if (driver.empty() || !channel) return {};
  const bool is_volume =
      ((driver == "megaraid_sas" || driver == "megaraid") && *channel >= 2) ||
      ((driver == "mpt2sas" || driver == "mpt3sas" || driver == "mpi3mr") && *channel == 1) ||
      (driver == "aacraid" && *channel == 0) || driver.starts_with("3w-") || driver == "arcmsr" ||
      driver == "ips" || driver == "ipr";
  if (is_volume) return driver;
  if (driver != "hpsa" && driver != "smartpqi") return {};
  const std::string level = sysfs.line(disk + "/device/raid_level");
  return level.empty() || level == "N/A" ? std::string() : driver;
}

/// Both ways lead to the same medium: a SAS disk has two ports, and its name and serial number are the same
/// through both. Anything else that looks alike is two disks with a fault.
bool is_other_path(const Disk& known, const Disk& disk) {
  return known.transport == "sas" && disk.transport == "sas" && known.id.wwn.starts_with("naa.") &&
         !known.id.serial.empty() && known.id == disk.id && known.model == disk.model &&
         known.size_bytes == disk.size_bytes;
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
  disk.raid = raid_of(sysfs, at, sysfs.resolved(at));
  for (const char* place : {"/device/firmware_rev", "/device/rev", "/device/fwrev"}) {  // NVMe, SCSI, MMC
    if (disk.firmware = sysfs.line(at + place); !disk.firmware.empty()) break;
  }
  using drivers::scout::EraseAbility;
  if (sysfs.number(at + "/queue/discard_max_bytes").value_or(0) > 0) {
    disk.erase.push_back(EraseAbility::discard);
  }
  if (sysfs.number(at + "/queue/write_zeroes_max_bytes").value_or(0) > 0) {
    disk.erase.push_back(EraseAbility::write_zeroes);
  }
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
    if (!is_whole_real_disk(sysfs, name, sysfs.resolved("block/" + name))) continue;
    auto disk = describe_disk(sysfs, name);
    if (disk.size_bytes == 0 && disk.removable) continue;  // a drive without its medium
    const auto known =
        std::ranges::find_if(disks, [&disk](const Disk& other) { return is_other_path(other, disk); });
    if (known == disks.end()) {
      disks.push_back(std::move(disk));
    } else if (known->paths.size() < drivers::scout::max_paths) {
      known->paths.push_back(disk.device);
    }
  }
  return disks;
}

DiskLanguage language_of(const Tree& sysfs, const Disk& disk) {
  if (!disk.raid.empty() || disk.removable) return DiskLanguage::nothing;
  if (disk.transport == "nvme") return DiskLanguage::nvme;
  const bool is_ata = sysfs.line("block/" + disk.device + "/device/vendor") == "ATA";
  if ((disk.transport == "sata" || disk.transport == "sas") && is_ata) return DiskLanguage::ata;
  return disk.transport == "sas" ? DiskLanguage::scsi : DiskLanguage::nothing;
}

}  // namespace colony::ramdisk
