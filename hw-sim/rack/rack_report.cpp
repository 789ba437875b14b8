#include "hw-sim/rack/rack_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace colony::hw_sim {

namespace {

using core::Json;

/// Without the query: it may hold a per-boot token.
std::string public_url(std::string_view url) {
  return std::string(url.substr(0, url.find_first_of("?#")));
}

Json loaded(const std::vector<BootRecord::Loaded>& list) {
  Json out = Json::array();
  for (const auto& item : list) {
    out.push_back(
        {{"url", public_url(item.url)}, {"bytes", item.bytes}, {"sha256", item.digest.to_string()}});
  }
  return out;
}

Json boot(const BootRecord& record) {
  Json xids = Json::array();
  for (const Xid xid : record.xids) xids.push_back(fmt::format("{:08x}", xid.value));
  return {{"xids", std::move(xids)},
          {"address", record.address ? Json(record.address->to_string()) : Json()},
          {"boot_programs", loaded(record.boot_programs)},
          {"scripts", loaded(record.scripts)},
          {"images", loaded(record.images)},
          {"problems", record.problems},
          {"screen", record.screen}};
}

Json disk(const SimDisk& disk, const std::string& device) {
  const DiskCounters& c = disk.counters();
  const auto marker = read_marker(disk);
  Json installed;
  if (marker) installed = {{"system", marker->system}, {"detail", marker->detail}};
  return {{"device", device},
          {"serial", disk.model().serial},
          {"wwn", disk.model().wwn},
          {"size_bytes", disk.size_bytes()},
          {"zero", disk.is_zero()},
          {"untouched_bytes", disk.untouched_bytes()},
          {"installed", std::move(installed)},
          {"reads", c.reads},
          {"bytes_read", c.bytes_read},
          {"writes", c.writes},
          {"bytes_written", c.bytes_written},
          {"discards", c.discards},
          {"bytes_discarded", c.bytes_discarded},
          {"zero_outs", c.zero_outs},
          {"bytes_zeroed", c.bytes_zeroed},
          {"failed", c.failed}};
}

constexpr drivers::UserId operators_account{2};

Json bmc_state(const BmcModel& bmc, const ServerProfile& profile) {
  const BmcCounters& c = bmc.counters();
  Json acts = Json::object();
  for (const auto& [action, count] : c.acts) acts[std::string(drivers::name(action))] = count;
  return {{"address", profile.bmc_address.address.to_string()},
          {"mac", profile.bmc_mac.to_string()},
          {"power_acts", std::move(acts)},
          {"total_power_acts", c.total_acts()},
          {"sessions_opened", c.sessions_opened},
          {"sessions_closed", c.sessions_closed},
          {"open_sessions", bmc.open_sessions()},
          {"logins_rejected", c.logins_rejected},
          {"most_rejections", bmc.users().user(operators_account).most_rejected},
          {"passwords_set", bmc.users().user(operators_account).passwords_set},
          {"commands", c.commands},
          {"retransmissions", c.retransmissions}};
}

}  // namespace

Json server_report(const Server& server, BmcModel& bmc) {
  const ServerProfile& profile = server.profile();
  const ServerCounters& c = server.counters();
  Json boots = Json::array();
  for (const BootRecord& record : server.boots()) boots.push_back(boot(record));
  Json configs = Json::array();
  for (const ConfigFetch& fetch : server.configs()) {
    configs.push_back(
        {{"bytes", fetch.bytes}, {"sha256", fetch.digest.to_string()}, {"problem", fetch.verdict}});
  }
  Json disks = Json::array();
  for (std::size_t i = 0; i < server.disks().size(); ++i) {
    disks.push_back(disk(*server.disks()[i], server.disk_names()[i]));
  }
  return {{"name", profile.name},
          {"mac", profile.mac.to_string()},
          {"uuid", profile.smbios_uuid.to_string()},
          {"serial", profile.serial},
          {"firmware", name(profile.firmware)},
          {"power", core::name(server.power())},
          {"stage", name(server.stage())},
          {"detail", server.detail()},
          {"power_ons", c.power_ons},
          {"power_offs", c.power_offs},
          {"resets", c.resets},
          {"network_boots", c.network_boots},
          {"disk_boots", c.disk_boots},
          {"scout_boots", c.scout_boots},
          {"talos_boots", c.talos_boots},
          {"installs", c.installs},
          {"faults_struck", server.faults_struck() + bmc.faults().struck()},
          {"bmc", bmc_state(bmc, profile)},
          {"boots", std::move(boots)},
          {"configs", std::move(configs)},
          {"disks", std::move(disks)}};
}

Json count_report(const WireCount& count) {
  const auto struck = count.struck();
  return {{"total", count.total()},
          {"bmc_requests", count.of(WireMessage::bmc_request)},
          {"dhcp_replies", count.of(WireMessage::dhcp_reply)},
          {"tftp_transfers", count.of(WireMessage::tftp_start)},
          {"http_responses", count.of(WireMessage::http_response)},
          {"scout_responses", count.of(WireMessage::scout_response)},
          {"struck", struck ? Json(name(*struck)) : Json()}};
}

}  // namespace colony::hw_sim
