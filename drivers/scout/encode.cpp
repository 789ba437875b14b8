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

namespace {

Json encode(const DiskId& id) {
  return {{"serial", id.serial}, {"wwn", id.wwn}};
}

Json encode(const Nic& nic) {
  Json json = {{"name", nic.name},
               {"mac", nic.mac.to_string()},
               {"driver", nic.driver},
               {"link_up", nic.link_up},
               {"pci_address", nic.pci_address}};
  if (nic.speed_mbps) json["speed_mbps"] = *nic.speed_mbps;
  return json;
}

Json encode(const Smbios& smbios) {
  Json json = {{"manufacturer", smbios.manufacturer},
               {"product", smbios.product},
               {"serial", smbios.serial},
               {"board_serial", smbios.board_serial},
               {"chassis_serial", smbios.chassis_serial},
               {"bios_version", smbios.bios_version}};
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
  return {{"id", encode(disk.id)},
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
}

Json to_json(const Inventory& inventory) {
  Json json = {{"smbios", encode(inventory.smbios)},
               {"cpu",
                {{"model", inventory.cpu.model},
                 {"sockets", inventory.cpu.sockets},
                 {"cores", inventory.cpu.cores},
                 {"threads", inventory.cpu.threads}}},
               {"memory_bytes", inventory.memory_bytes},
               {"nics", Json::array()},
               {"disks", encode(inventory.disks)},
               {"boot_firmware", inventory.boot_firmware},
               {"boot_mac", inventory.boot_mac.to_string()}};
  for (const Nic& nic : inventory.nics) json["nics"].push_back(encode(nic));
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
