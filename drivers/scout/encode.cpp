#include <nlohmann/json.hpp>

#include "drivers/scout/messages.hpp"

namespace colony::drivers::scout {

using core::Json;

std::string_view name(WipeLevel level) {
  switch (level) {
    case WipeLevel::clear: return "clear";
    case WipeLevel::purge: return "purge";
  }
  return "?";
}

std::string_view name(WipeMethod method) {
  switch (method) {
    case WipeMethod::discard: return "discard";
    case WipeMethod::write_zeroes: return "write-zeroes";
    case WipeMethod::overwrite: return "overwrite";
  }
  return "?";
}

std::string_view name(WipeVerdict verdict) {
  switch (verdict) {
    case WipeVerdict::erased: return "erased";
    case WipeVerdict::failed: return "failed";
    case WipeVerdict::not_started: return "not-started";
  }
  return "?";
}

std::string_view name(EraseAbility ability) {
  switch (ability) {
    case EraseAbility::discard: return "discard";
    case EraseAbility::write_zeroes: return "write-zeroes";
    case EraseAbility::ata_security: return "ata-security";
    case EraseAbility::ata_security_enhanced: return "ata-security-enhanced";
    case EraseAbility::ata_security_enabled: return "ata-security-enabled";
    case EraseAbility::ata_security_locked: return "ata-security-locked";
    case EraseAbility::ata_security_frozen: return "ata-security-frozen";
    case EraseAbility::sanitize_block: return "sanitize-block";
    case EraseAbility::sanitize_crypto: return "sanitize-crypto";
    case EraseAbility::sanitize_overwrite: return "sanitize-overwrite";
    case EraseAbility::nvme_format: return "nvme-format";
    case EraseAbility::nvme_format_crypto: return "nvme-format-crypto";
  }
  return "?";
}

std::string_view name(HealthVerdict verdict) {
  switch (verdict) {
    case HealthVerdict::good: return "good";
    case HealthVerdict::warning: return "warning";
    case HealthVerdict::failing: return "failing";
  }
  return "?";
}

namespace {

void put(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}
template <class Value>
void put(Json& json, const char* key, const std::optional<Value>& value) {
  if (value) json[key] = *value;
}

Json encode(const LldpNeighbour& lldp) {
  Json json = {{"chassis_id", lldp.chassis_id}, {"port_id", lldp.port_id}};
  put(json, "port_description", lldp.port_description);
  put(json, "system_name", lldp.system_name);
  put(json, "vlan", lldp.vlan);
  put(json, "heard_at", lldp.heard_at);
  return json;
}

Json encode(const DiskHealth& health) {
  Json json = {{"verdict", name(health.verdict)}};
  put(json, "reason", health.reason);
  put(json, "percentage_used", health.percentage_used);
  put(json, "temperature_celsius", health.temperature_celsius);
  put(json, "power_on_hours", health.power_on_hours);
  put(json, "media_errors", health.media_errors);
  return json;
}

Json encode(const Dimm& dimm) {
  Json json = {{"locator", dimm.locator}, {"size_bytes", dimm.size_bytes}, {"speed_mts", dimm.speed_mts}};
  put(json, "type", dimm.type);
  put(json, "manufacturer", dimm.manufacturer);
  put(json, "part", dimm.part);
  put(json, "serial", dimm.serial);
  return json;
}

Json encode(const PciDevice& device) {
  Json json = {{"address", device.address},
               {"class", device.device_class},
               {"vendor", device.vendor},
               {"device", device.device}};
  if (device.subsystem_vendor != 0 || device.subsystem_device != 0) {
    json["subsystem_vendor"] = device.subsystem_vendor;
    json["subsystem_device"] = device.subsystem_device;
  }
  put(json, "driver", device.driver);
  return json;
}

Json encode(const Tpm& tpm) {
  Json json = {{"version", tpm.version}};
  put(json, "manufacturer", tpm.manufacturer);
  put(json, "firmware", tpm.firmware);
  return json;
}

Json encode(const Cpu& cpu) {
  Json json = {
      {"model", cpu.model}, {"sockets", cpu.sockets}, {"cores", cpu.cores}, {"threads", cpu.threads}};
  put(json, "architecture", cpu.architecture);
  // One text: a list of a hundred words costs every reader a hundred values.
  std::string flags;
  for (const auto& flag : cpu.flags) flags += (flags.empty() ? "" : " ") + flag;
  put(json, "flags", flags);
  return json;
}

Json encode(const DiskId& id) {
  return {{"serial", id.serial}, {"wwn", id.wwn}};
}

Json encode(const Smbios& smbios) {
  Json json = {{"manufacturer", smbios.manufacturer},
               {"product", smbios.product},
               {"serial", smbios.serial},
               {"board_serial", smbios.board_serial},
               {"chassis_serial", smbios.chassis_serial},
               {"bios_version", smbios.bios_version}};
  put(json, "bios_vendor", smbios.bios_vendor);
  put(json, "bios_date", smbios.bios_date);
  if (smbios.uuid) json["uuid"] = smbios.uuid->to_string();
  return json;
}

Json encode(const InBandBmc& bmc) {
  Json json = {{"firmware_revision", bmc.firmware_revision}};
  if (bmc.address) json["address"] = bmc.address->to_string();
  if (bmc.mac) json["mac"] = bmc.mac->to_string();
  if (bmc.system_guid) json["system_guid"] = bmc.system_guid->to_string();
  return json;
}

Json encode(const std::vector<Disk>& disks) {
  Json list = Json::array();
  for (const Disk& disk : disks) list.push_back(to_json(disk));
  return list;
}

/// What ties an order, its redemption and its result together.
Json fence(const core::WorkflowId& workflow, core::Attempt attempt, core::Epoch epoch) {
  return {{"workflow", workflow.to_string()}, {"attempt", attempt.value}, {"epoch", epoch.value}};
}

Json encode(const DiskWipe& wipe) {
  Json json = {{"disk", to_json(wipe.disk)},
               {"verdict", name(wipe.verdict)},
               {"bytes_covered", wipe.bytes_covered},
               {"bytes_read_back", wipe.bytes_read_back},
               {"samples", wipe.samples},
               {"sample_seed", wipe.sample_seed},
               {"sample_digest", wipe.sample_digest},
               {"error", wipe.error},
               {"started_at", wipe.started_at},
               {"ended_at", wipe.ended_at}};
  if (wipe.method) json["method"] = name(*wipe.method);
  return json;
}

struct OrderEncoder {
  Json operator()(const Idle&) const { return {{"order", "idle"}}; }
  Json operator()(const PowerOff&) const { return {{"order", "power-off"}}; }
  Json operator()(const Reboot&) const { return {{"order", "reboot"}}; }
  Json operator()(const WipeOrder& wipe) const {
    Json json = fence(wipe.workflow, wipe.attempt, wipe.epoch);
    json["order"] = "wipe";
    json["token"] = wipe.token;
    json["disks"] = encode(wipe.disks);
    json["verify_permille"] = wipe.verify_permille;
    json["methods"] = Json::array();
    for (const WipeMethod method : wipe.methods) json["methods"].push_back(name(method));
    return json;
  }
};

}  // namespace

Json to_json(const Hello& hello) {
  return {{"scout_version", hello.scout_version}, {"boot_mac", hello.boot_mac.to_string()}};
}

Json to_json(const Disk& disk) {
  Json json = {{"id", encode(disk.id)},
               {"model", disk.model},
               {"transport", disk.transport},
               {"device", disk.device},
               {"size_bytes", disk.size_bytes},
               {"logical_block_bytes", disk.logical_block_bytes},
               {"physical_block_bytes", disk.physical_block_bytes},
               {"rotational", disk.rotational},
               {"removable", disk.removable},
               {"read_only", disk.read_only},
               {"content", disk.content}};
  put(json, "firmware", disk.firmware);
  put(json, "raid", disk.raid);
  if (!disk.paths.empty()) json["paths"] = disk.paths;
  for (const EraseAbility ability : disk.erase) json["erase"].push_back(name(ability));
  put(json, "secure_erase_minutes", disk.secure_erase_minutes);
  put(json, "enhanced_erase_minutes", disk.enhanced_erase_minutes);
  if (disk.hidden) {
    json["hidden"] = {{"host_protected_bytes", disk.hidden->host_protected_bytes},
                      {"configuration_bytes", disk.hidden->configuration_bytes},
                      {"unallocated_bytes", disk.hidden->unallocated_bytes}};
  }
  if (disk.health) json["health"] = encode(*disk.health);
  return json;
}

Json to_json(const Nic& nic) {
  Json json = {{"name", nic.name},
               {"mac", nic.mac.to_string()},
               {"driver", nic.driver},
               {"link_up", nic.link_up},
               {"pci_address", nic.pci_address}};
  put(json, "speed_mbps", nic.speed_mbps);
  put(json, "firmware", nic.firmware);
  if (nic.lldp) json["lldp"] = encode(*nic.lldp);
  return json;
}

Json to_json(const Inventory& inventory) {
  Json json = {{"smbios", encode(inventory.smbios)},        {"cpu", encode(inventory.cpu)},
               {"memory_bytes", inventory.memory_bytes},    {"nics", Json::array()},
               {"disks", encode(inventory.disks)},          {"boot_firmware", inventory.boot_firmware},
               {"boot_mac", inventory.boot_mac.to_string()}};
  for (const Nic& nic : inventory.nics) json["nics"].push_back(to_json(nic));
  for (const Dimm& dimm : inventory.dimms) json["dimms"].push_back(encode(dimm));
  for (const PciDevice& device : inventory.devices) json["devices"].push_back(encode(device));
  if (inventory.more_disks) json["more_disks"] = true;
  if (inventory.tpm) json["tpm"] = encode(*inventory.tpm);
  if (inventory.bmc) json["bmc"] = encode(*inventory.bmc);
  return json;
}

Json to_json(const Order& order) {
  return std::visit(OrderEncoder{}, order);
}

Json to_json(const Redemption& redemption) {
  Json json = fence(redemption.workflow, redemption.attempt, redemption.epoch);
  json["token"] = redemption.token;
  json["disks"] = encode(redemption.disks);
  return json;
}

Json to_json(const Progress& progress) {
  return {{"disk", encode(progress.disk)}, {"phase", progress.phase}, {"percent", progress.percent}};
}

Json to_json(const WipeResult& result) {
  Json json = fence(result.workflow, result.attempt, result.epoch);
  json["fence_refused"] = result.fence_refused;
  json["disks"] = Json::array();
  for (const DiskWipe& wipe : result.disks) json["disks"].push_back(encode(wipe));
  return json;
}

}  // namespace colony::drivers::scout
