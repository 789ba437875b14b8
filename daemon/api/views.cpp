#include "daemon/api/views.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::daemon::api {

using core::Json;
namespace wf = workflows;

namespace {

template <class Optional>
Json text_or_null(const Optional& value) {
  return value ? Json(value->to_string()) : Json(nullptr);
}

Json time_or_null(const std::optional<core::UtcTime>& time) {
  return time ? Json(core::format_utc(*time)) : Json(nullptr);
}

/// A stored document is shown as what it is; one that is no JSON any more, as text.
Json embedded(const std::string& text) {
  auto parsed = core::parse_json(text);
  return parsed ? std::move(*parsed) : Json(text);
}

Json nic_json(const drivers::scout::Nic& nic) {
  return {{"name", nic.name},
          {"mac_address", nic.mac.to_string()},
          {"driver", nic.driver},
          {"pci_address", nic.pci_address},
          {"speed_mbps", nic.speed_mbps ? Json(*nic.speed_mbps) : Json(nullptr)},
          {"link_up", nic.link_up},
          {"switch", nic.lldp ? Json(nic.lldp->system_name) : Json(nullptr)},
          {"switch_port", nic.lldp ? Json(nic.lldp->port_id) : Json(nullptr)}};
}

Json nics(const std::vector<drivers::scout::Nic>& all) {
  Json out = Json::array();
  for (const auto& nic : all) out.push_back(nic_json(nic));
  return out;
}

Json networks(const wf::AssetView& asset) {
  if (asset.inventory) return nics(asset.inventory->nics);
  Json out = Json::array();
  for (const auto& mac : asset.macs) out.push_back({{"mac_address", mac.to_string()}});
  return out;
}

/// A disk in the documented members (name, size_mb), and who it is.
Json disk_json(const drivers::scout::Disk& disk) {
  Json shown = to_json(disk);
  shown.erase("id");
  shown["name"] = disk.device;
  shown["size_mb"] = disk.size_bytes / 1'000'000;
  shown["serial"] = disk.id.serial;
  shown["wwn"] = disk.id.wwn;
  return shown;
}

Json disks(const std::vector<drivers::scout::Disk>& all) {
  Json out = Json::array();
  for (const auto& disk : all) out.push_back(disk_json(disk));
  return out;
}

/// Memory is sold in powers of two: 64 GiB is the reference's "64GB".
std::string memory_text(std::uint64_t bytes) {
  constexpr std::uint64_t half_gib = std::uint64_t{1} << 29;
  return bytes < 2 * half_gib ? fmt::format("{}MB", bytes >> 20)
                              : fmt::format("{}GB", (bytes + half_gib) >> 30);
}

Json specs(const wf::AssetView& asset) {
  if (!asset.inventory) return Json::object();
  const auto& inventory = *asset.inventory;
  std::uint64_t largest = 0;
  for (const auto& disk : inventory.disks) largest = std::max(largest, disk.size_bytes);
  return {{"cpu", fmt::format("{} cores", inventory.cpu.cores)},
          {"ram", memory_text(inventory.memory_bytes)},
          {"disk", inventory.disks.empty()
                       ? std::string("none")
                       : fmt::format("{} x up to {}", inventory.disks.size(), size_text(largest))}};
}

Json bmc(const wf::AssetView& asset) {
  if (!asset.bmc) return nullptr;
  const auto& quiet = asset.bmc->quiet;
  Json passport = drivers::to_json(asset.bmc->passport);
  passport["boot"] = asset.bmc->boot_rung.empty() ? Json(nullptr) : Json(asset.bmc->boot_rung);
  passport["self_test_seconds"] =
      asset.bmc->self_test
          ? Json(std::chrono::duration_cast<std::chrono::seconds>(*asset.bmc->self_test).count())
          : Json(nullptr);
  return {{"passport", std::move(passport)},
          {"left_alone", quiet ? Json{{"failures", quiet->failures},
                                      {"until", core::format_utc(quiet->until)},
                                      {"why", quiet->why}}
                               : Json(nullptr)},
          {"audit", asset.bmc->audit ? drivers::report_json(*asset.bmc->audit) : Json(nullptr)},
          {"address", asset.bmc->address.to_string()},
          {"port", asset.bmc->port},
          {"driver", asset.bmc->driver},
          {"username", asset.bmc->username},
          {"firmware", asset.bmc->firmware},
          {"product", asset.bmc->product}};
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t giga = 1'000'000'000;
  constexpr std::uint64_t tera = 1000 * giga;
  if (bytes >= tera) return fmt::format("{:.4g}TB", static_cast<double>(bytes) / static_cast<double>(tera));
  if (bytes >= giga) return fmt::format("{}GB", bytes / giga);
  return fmt::format("{}MB", bytes / 1'000'000);
}

Json to_json(const wf::AssetView& asset) {
  Json out;
  out["id"] = asset.id.to_string();
  out["name"] = asset.name;
  out["hostname"] = asset.name;
  out["status"] = name(asset.status);
  out["ipmi"] = asset.bmc ? Json(asset.bmc->address.to_string()) : Json(nullptr);
  out["specs"] = specs(asset);
  out["cpu_cores"] = asset.inventory ? asset.inventory->cpu.cores : 0;
  out["memory_mb"] = asset.inventory ? asset.inventory->memory_bytes >> 20 : 0;
  out["networks"] = networks(asset);
  out["storages"] = asset.inventory ? disks(asset.inventory->disks) : Json::array();
  out["condition"] = name(asset.condition);
  out["condition_reason"] = asset.condition_reason;
  out["accepted"] = asset.accepted;
  out["wiped_by_us"] = asset.wiped_by_us;
  out["power"] = asset.power ? Json(name(*asset.power)) : Json(nullptr);
  out["bmc"] = bmc(asset);
  out["serial"] = asset.serial;
  out["aliases"] = asset.aliases;
  out["local_disk_by"] = Json::object();
  for (const auto& [firmware, way] : asset.local_disk_by) out["local_disk_by"][firmware] = way;
  out["workflow"] = text_or_null(asset.workflow);
  out["queued"] = asset.queued;
  out["created_at"] = core::format_utc(asset.created_at);
  out["updated_at"] = core::format_utc(asset.updated_at);
  if (asset.inventory) {
    const auto& smbios = asset.inventory->smbios;
    out["system"] = {{"uuid", text_or_null(smbios.uuid)},
                     {"manufacturer", smbios.manufacturer},
                     {"product", smbios.product},
                     {"serial", smbios.serial},
                     {"cpu_model", asset.inventory->cpu.model},
                     {"cpu_threads", asset.inventory->cpu.threads},
                     {"firmware", asset.inventory->boot_firmware}};
  }
  return out;
}

Json details_json(const wf::AssetView& asset) {
  Json out = to_json(asset);
  out["inventory"] = asset.inventory ? to_json(*asset.inventory) : Json(nullptr);
  return out;
}

Json to_json(const wf::WorkflowView& workflow) {
  Json progress = Json::array();
  for (const auto& disk : workflow.progress) {
    progress.push_back({{"disk", disk.disk}, {"phase", disk.phase}, {"percent", disk.percent}});
  }
  Json out;
  out["id"] = workflow.id.to_string();
  out["type"] = workflow.type;
  out["status"] = name(workflow.status);
  out["asset_id"] = workflow.asset.to_string();
  out["asset_name"] = workflow.asset_name;
  out["step"] = workflow.step;
  out["step_number"] = workflow.step_number;
  out["step_count"] = workflow.step_count;
  out["percent"] = workflow.percent;
  out["tries"] = workflow.tries;
  out["waits_for"] = workflow.waits_for;
  out["held"] = workflow.held;
  out["error"] = workflow.error_code.empty()
                     ? Json(nullptr)
                     : Json{{"code", workflow.error_code}, {"message", workflow.error_message}};
  out["operation_id"] = workflow.operation_id;
  out["created_at"] = core::format_utc(workflow.created_at);
  out["updated_at"] = core::format_utc(workflow.updated_at);
  out["step_started_at"] = core::format_utc(workflow.step_started_at);
  out["step_ends_by"] = time_or_null(workflow.step_ends_by);
  out["progress"] = std::move(progress);
  out["install_disk"] = workflow.install_disk ? disk_json(*workflow.install_disk) : Json(nullptr);
  out["install_nics"] = nics(workflow.install_nics);
  return out;
}

Json to_json(const wf::TimelineEntry& entry) {
  Json out = core::to_json(entry.evidence);
  out["workflow"] = text_or_null(entry.workflow);
  out["text"] = entry.text;
  return out;
}

Json to_json(const wf::Why& why) {
  Json out;
  out["asset"] = to_json(why.asset);
  out["workflow"] = why.workflow ? to_json(*why.workflow) : Json(nullptr);
  out["waits_for"] = why.waits_for;
  out["since"] = core::format_utc(why.since);
  out["usual_seconds"] =
      why.usual ? Json(std::chrono::duration_cast<std::chrono::seconds>(*why.usual).count()) : Json(nullptr);
  out["gives_up_at"] = time_or_null(why.gives_up_at);
  out["evidence"] = list_json("evidence", why.evidence).at("evidence");
  out["boot"] = Json::array();
  for (const auto& stage : why.boot) {
    const double after = std::chrono::duration<double>(stage.at - why.boot.front().at).count();
    out["boot"].push_back(
        {{"stage", stage.stage}, {"at", core::format_utc(stage.at)}, {"after_seconds", after}});
  }
  out["advice"] = why.advice;
  return out;
}

Json to_json(const wf::StatusView& status) {
  const auto& assets = status.assets;
  Json out;
  out["ready"] = status.ready;
  out["epoch"] = status.epoch.value;
  out["discovery_window_until"] = time_or_null(status.discovery_window_until);
  out["assets"] = {{"discovering", assets.discovering},       {"available", assets.available},
                   {"provisioning", assets.provisioning},     {"provisioned", assets.provisioned},
                   {"deprovisioning", assets.deprovisioning}, {"quarantined", assets.quarantined},
                   {"indeterminate", assets.indeterminate},   {"unreachable", assets.unreachable}};
  out["workflows"] = {{"pending", status.workflows.pending},
                      {"running", status.workflows.running},
                      {"held", status.workflows.held}};
  out["wipes_left_this_hour"] = status.wipes_left_this_hour;
  out["last_event"] = status.last_event.value;
  out["findings"] = status.findings;
  out["store_full"] = status.store_full ? Json(status.store_full->message) : Json(nullptr);
  out["store_failure"] = status.store_failure ? Json(status.store_failure->message) : Json(nullptr);
  return out;
}

Json to_json(const wf::WipePlan& plan) {
  Json methods = Json::array();
  for (const auto method : plan.methods) methods.push_back(name(method));
  Json erased = disks(plan.disks);
  for (std::size_t i = 0; i < std::min(erased.size(), plan.names.size()); ++i) {
    erased[i]["order_as"] = plan.names[i];
  }
  return {{"asset_id", plan.asset.to_string()},
          {"asset_name", plan.asset_name},
          {"disks", std::move(erased)},
          {"left_alone", disks(plan.left_alone)},
          {"minimum", name(plan.minimum)},
          {"methods", std::move(methods)},
          {"limits", plan.limits}};
}

Json to_json(const wf::ProvisionPlan& plan) {
  Json disk = plan.disk ? disk_json(*plan.disk) : Json(nullptr);
  if (plan.disk) disk["order_as"] = plan.disk_name;
  return {{"asset_id", plan.asset.to_string()},
          {"asset_name", plan.asset_name},
          {"disk", std::move(disk)},
          {"nics", nics(plan.nics)}};
}

Json to_json(const wf::BmcLogin& login) {
  Json json{{"asset_id", login.asset.to_string()},  {"asset_name", login.asset_name},
            {"address", login.address.to_string()}, {"port", login.port},
            {"username", login.username},           {"password", login.password.reveal()}};
  if (!login.next_password.empty()) json["next_password"] = login.next_password.reveal();
  return json;
}

Json to_json(const wf::Submitted& submitted) {
  return {{"workflow_id", submitted.workflow.to_string()},
          {"asset_id", submitted.asset.to_string()},
          {"repeated", submitted.repeated},
          {"queued_behind", submitted.queued_behind}};
}

Json to_json(const wf::Enrolled& enrolled) {
  const auto& identity = enrolled.identity;
  return {{"asset_id", enrolled.asset.to_string()},
          {"name", enrolled.name},
          {"updated", enrolled.updated},
          {"bmc",
           {{"firmware", identity.firmware_revision},
            {"manufacturer_id", identity.manufacturer_id},
            {"product_id", identity.product_id},
            {"system_guid", text_or_null(identity.system_guid)},
            {"board_serial", identity.board_serial},
            {"product_serial", identity.product_serial},
            {"product_name", identity.product_name}}},
          {"audit", enrolled.audit ? drivers::report_json(*enrolled.audit) : Json(nullptr)},
          {"discovery", enrolled.discovery ? to_json(*enrolled.discovery) : Json(nullptr)},
          {"discovery_window_until", time_or_null(enrolled.window_until)}};
}

Json to_json(const wf::StoredEvent& event) {
  return {{"seq", event.seq.value},
          {"type", event.event.type},
          {"subject", event.event.subject},
          {"at", core::format_utc(event.event.at)},
          {"body", embedded(event.event.body_json)}};
}

Json to_json(const wf::WipeRecordRow& record) {
  return {{"workflow_id", record.workflow.to_string()},
          {"asset_id", record.asset.to_string()},
          {"attempt", record.attempt.value},
          {"at", core::format_utc(record.at)},
          {"record", embedded(record.record_json)}};
}

template <class View>
Json list_json(std::string_view key, const std::vector<View>& views) {
  Json list = Json::array();
  for (const auto& view : views) list.push_back(to_json(view));
  Json out;
  out[std::string(key)] = std::move(list);
  return out;
}

template Json list_json(std::string_view, const std::vector<wf::AssetView>&);
template Json list_json(std::string_view, const std::vector<wf::WorkflowView>&);
template Json list_json(std::string_view, const std::vector<wf::TimelineEntry>&);
template Json list_json(std::string_view, const std::vector<wf::StoredEvent>&);
template Json list_json(std::string_view, const std::vector<wf::WipeRecordRow>&);

}  // namespace colony::daemon::api
