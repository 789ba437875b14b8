#include "drivers/scout/decode_machine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"

namespace colony::drivers::scout {

using core::Json;

namespace {

constexpr std::uint64_t no_bound = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t max_cpus = 65'536;
constexpr std::uint64_t max_speed_mbps = 10'000'000;
constexpr std::uint64_t max_block_bytes = 1 << 20;
constexpr std::uint64_t max_erase_minutes = 65'536;
constexpr std::uint64_t max_memory_speed = 1'000'000;
constexpr std::uint64_t max_u16 = 0xffff, max_class = 0xffffff, max_vlan = 4095, max_celsius = 1000;

constexpr std::array<EraseAbility, erase_abilities> abilities{
    EraseAbility::discard,
    EraseAbility::write_zeroes,
    EraseAbility::ata_security,
    EraseAbility::ata_security_enhanced,
    EraseAbility::ata_security_enabled,
    EraseAbility::ata_security_locked,
    EraseAbility::ata_security_frozen,
    EraseAbility::sanitize_block,
    EraseAbility::sanitize_crypto,
    EraseAbility::sanitize_overwrite,
    EraseAbility::nvme_format,
    EraseAbility::nvme_format_crypto,
};

std::optional<unsigned> small(Members& members, std::string_view key, std::uint64_t most) {
  const auto value = members.number_if_there(key, 0, most);
  return value ? std::optional(static_cast<unsigned>(*value)) : std::nullopt;
}

std::vector<std::string> texts(Members& members, std::string_view key, std::size_t most) {
  std::vector<std::string> out;
  if (!members.has(key)) return out;
  const Json* list = members.list(key, 0, most);
  if (list == nullptr) return out;
  for (const Json& entry : *list) {
    const Json wrapped{{"text", entry}};
    auto text = core::json_text(wrapped, "text", max_text);
    if (!text) {
      members.reject(key, "holds something other than a short text");
      return {};
    }
    out.push_back(std::move(*text));
  }
  return out;
}

/// A word that this program does not know is passed over: a newer scout may know more.
std::vector<EraseAbility> read_erase(Members& members) {
  std::vector<EraseAbility> known;
  const auto words = texts(members, "erase", 4 * erase_abilities);
  for (const EraseAbility ability : abilities) {
    if (std::ranges::find(words, name(ability)) != words.end()) known.push_back(ability);
  }
  return known;
}

HiddenCapacity read_hidden(Members members) {
  constexpr std::uint64_t most = no_bound / 4;  // their sum is one number too
  return {.host_protected_bytes = members.number("host_protected_bytes", 0, most),
          .configuration_bytes = members.number("configuration_bytes", 0, most),
          .unallocated_bytes = members.number("unallocated_bytes", 0, most)};
}

DiskHealth read_health(Members members) {
  DiskHealth health;
  const auto verdict = label(members, "verdict");
  if (verdict == name(HealthVerdict::warning)) {
    health.verdict = HealthVerdict::warning;
  } else if (verdict == name(HealthVerdict::failing)) {
    health.verdict = HealthVerdict::failing;
  } else if (verdict != name(HealthVerdict::good)) {
    members.reject("verdict", "is none of good, warning, failing");
  }
  health.reason = label(members, "reason");
  health.percentage_used = small(members, "percentage_used", 255);
  health.temperature_celsius = small(members, "temperature_celsius", max_celsius);
  health.power_on_hours = members.number_if_there("power_on_hours", 0, no_bound);
  health.media_errors = members.number_if_there("media_errors", 0, no_bound);
  return health;
}

LldpNeighbour read_lldp(Members members) {
  LldpNeighbour lldp;
  lldp.chassis_id = label(members, "chassis_id");
  lldp.port_id = label(members, "port_id");
  lldp.port_description = label(members, "port_description");
  lldp.system_name = label(members, "system_name");
  lldp.vlan = small(members, "vlan", max_vlan);
  lldp.heard_at = label(members, "heard_at");
  if (!lldp.heard_at.empty() && !core::parse_utc(lldp.heard_at)) members.reject("heard_at", "is no time");
  return lldp;
}

Dimm read_dimm(Members members) {
  Dimm dimm;
  dimm.locator = label(members, "locator");
  dimm.size_bytes = members.number("size_bytes", 0, no_bound);
  dimm.speed_mts = static_cast<unsigned>(members.number("speed_mts", 0, max_memory_speed));
  dimm.type = label(members, "type");
  dimm.manufacturer = label(members, "manufacturer");
  dimm.part = label(members, "part");
  dimm.serial = label(members, "serial");
  return dimm;
}

PciDevice read_device(Members members) {
  PciDevice device;
  const auto id = [&members](std::string_view key) {
    return static_cast<std::uint16_t>(members.number_if_there(key, 0, max_u16).value_or(0));
  };
  device.address = label(members, "address");
  device.device_class = static_cast<std::uint32_t>(members.number("class", 0, max_class));
  device.vendor = id("vendor");
  device.device = id("device");
  device.subsystem_vendor = id("subsystem_vendor");
  device.subsystem_device = id("subsystem_device");
  device.driver = label(members, "driver");
  return device;
}

Tpm read_tpm(Members members) {
  return {.version = label(members, "version"),
          .manufacturer = label(members, "manufacturer"),
          .firmware = label(members, "firmware")};
}

std::uint32_t block_size(Members& members, std::string_view key) {
  const auto bytes = static_cast<std::uint32_t>(members.number(key, 512, max_block_bytes));
  if (!std::has_single_bit(bytes)) members.reject(key, "is not a power of two");
  return bytes;
}

Smbios read_smbios(Members members) {
  Smbios smbios;
  if (members.has("uuid")) smbios.uuid = members.uuid("uuid");
  smbios.manufacturer = label(members, "manufacturer");
  smbios.product = label(members, "product");
  smbios.serial = label(members, "serial");
  smbios.board_serial = label(members, "board_serial");
  smbios.chassis_serial = label(members, "chassis_serial");
  smbios.bios_version = label(members, "bios_version");
  smbios.bios_vendor = label(members, "bios_vendor");
  smbios.bios_date = label(members, "bios_date");
  return smbios;
}

Cpu read_cpu(Members members) {
  Cpu cpu;
  cpu.model = label(members, "model");
  cpu.sockets = static_cast<unsigned>(members.number("sockets", 0, max_cpus));
  cpu.cores = static_cast<unsigned>(members.number("cores", 0, max_cpus));
  cpu.threads = static_cast<unsigned>(members.number("threads", 0, max_cpus));
  cpu.architecture = label(members, "architecture");
  std::istringstream flags(members.text("flags", Presence::optional, max_cpu_flags * (max_flag + 1)));
  for (std::string flag; cpu.flags.size() < max_cpu_flags && flags >> flag;) {
    cpu.flags.push_back(flag.substr(0, max_flag));
  }
  return cpu;
}

InBandBmc read_bmc(Members members) {
  InBandBmc bmc;
  if (members.has("address")) {
    const auto text = members.text("address", Presence::required, max_text);
    bmc.address = core::Ipv4Address::parse(text);
    if (!bmc.address) members.reject("address", "is not an IPv4 address");
  }
  if (members.has("mac")) bmc.mac = members.mac("mac");
  if (members.has("system_guid")) bmc.system_guid = members.uuid("system_guid");
  bmc.firmware_revision = label(members, "firmware_revision");
  return bmc;
}

/// The list under `key`, of at most `most` objects; absent is empty.
template <class Part>
std::vector<Part> read_each(Members& members, std::string_view key, std::size_t most, Part (*read)(Members)) {
  std::vector<Part> parts;
  if (!members.has(key)) return parts;
  if (const Json* list = members.list(key, 0, most)) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      parts.push_back(read(members.element(key, (*list)[i], i)));
    }
  }
  return parts;
}

}  // namespace

std::string label(Members& members, std::string_view key) {
  return members.text(key, Presence::optional, max_text);
}

DiskId read_disk_id(Members members) {
  return {.serial = label(members, "serial"), .wwn = label(members, "wwn")};
}

Disk read_disk(Members members) {
  Disk disk;
  disk.id = read_disk_id(members.object("id"));
  disk.model = label(members, "model");
  disk.transport = label(members, "transport");
  disk.device = label(members, "device");
  disk.size_bytes = members.number("size_bytes", 0, no_bound);
  disk.logical_block_bytes = block_size(members, "logical_block_bytes");
  disk.physical_block_bytes = block_size(members, "physical_block_bytes");
  disk.rotational = members.flag("rotational");
  disk.removable = members.flag("removable");
  disk.read_only = members.flag("read_only");
  disk.content = label(members, "content");
  disk.firmware = label(members, "firmware");
  disk.raid = label(members, "raid");
  disk.paths = texts(members, "paths", max_paths);
  disk.erase = read_erase(members);
  disk.secure_erase_minutes = small(members, "secure_erase_minutes", max_erase_minutes);
  disk.enhanced_erase_minutes = small(members, "enhanced_erase_minutes", max_erase_minutes);
  if (members.has("hidden")) disk.hidden = read_hidden(members.object("hidden"));
  if (members.has("health")) disk.health = read_health(members.object("health"));
  if (disk.size_bytes % disk.logical_block_bytes != 0) {
    members.reject("size_bytes", "is not a multiple of logical_block_bytes");
  }
  return disk;
}

Nic read_nic(Members members) {
  Nic nic;
  nic.name = label(members, "name");
  nic.mac = members.mac("mac");
  nic.driver = label(members, "driver");
  nic.speed_mbps = small(members, "speed_mbps", max_speed_mbps);
  nic.link_up = members.flag("link_up");
  nic.pci_address = label(members, "pci_address");
  nic.firmware = label(members, "firmware");
  if (members.has("lldp")) nic.lldp = read_lldp(members.object("lldp"));
  return nic;
}

std::vector<Disk> read_disks(Members& members, std::size_t least) {
  std::vector<Disk> disks;
  const Json* list = members.list("disks", least, max_disks);
  if (list == nullptr) return disks;
  for (std::size_t i = 0; i < list->size(); ++i) {
    disks.push_back(read_disk(members.element("disks", (*list)[i], i)));
  }
  return disks;
}

Inventory read_inventory(Members& members) {
  Inventory inventory;
  inventory.smbios = read_smbios(members.object("smbios"));
  inventory.cpu = read_cpu(members.object("cpu"));
  inventory.memory_bytes = members.number("memory_bytes", 0, no_bound);
  if (!members.has("nics")) members.reject("nics", "is missing");
  inventory.nics = read_each<Nic>(members, "nics", max_nics, read_nic);
  inventory.disks = read_disks(members, 0);
  inventory.more_disks = members.has("more_disks") && members.flag("more_disks");
  if (members.has("bmc")) inventory.bmc = read_bmc(members.object("bmc"));
  inventory.dimms = read_each<Dimm>(members, "dimms", max_dimms, read_dimm);
  inventory.devices = read_each<PciDevice>(members, "devices", max_pci, read_device);
  if (members.has("tpm")) inventory.tpm = read_tpm(members.object("tpm"));
  inventory.boot_firmware = members.text("boot_firmware", Presence::required, max_text);
  if (inventory.boot_firmware != "bios" && inventory.boot_firmware != "efi") {
    members.reject("boot_firmware", "is neither bios nor efi");
  }
  inventory.boot_mac = members.mac("boot_mac");
  return inventory;
}

}  // namespace colony::drivers::scout
