#include "daemon/appliance_status.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/boot/leases.hpp"
#include "daemon/config/text_form.hpp"

namespace colony::daemon {

core::Json link_json(const hosted::LinkStatus& status) {
  core::Json json{{"mode", hosted::name(status.mode)},
                  {"agent_id", status.agent_id},
                  {"acknowledged", status.acknowledged.value},
                  {"problem", status.problem},
                  {"reason", status.reason},
                  {"key", status.key}};
  if (const auto& fault = status.key_not_taken) {
    json["key_not_taken"] = fmt::format("{}: {}", fault->code, fault->message);
  }
  if (status.last_success) json["last_success"] = core::format_utc(*status.last_success);
  return json;
}

core::Json heartbeat_state(const workflows::StatusView& status, const std::string& version,
                           const std::vector<std::string>& findings) {
  return {{"status", status.ready ? "running" : "starting"},
          {"version", version},
          {"epoch", status.epoch.value},
          {"last_event", status.last_event.value},
          {"assets",
           {{"discovering", status.assets.discovering},
            {"available", status.assets.available},
            {"provisioning", status.assets.provisioning},
            {"provisioned", status.assets.provisioned},
            {"deprovisioning", status.assets.deprovisioning},
            {"quarantined", status.assets.quarantined},
            {"indeterminate", status.assets.indeterminate},
            {"unreachable", status.assets.unreachable}}},
          {"workflows", {{"pending", status.workflows.pending}, {"running", status.workflows.running}}},
          {"findings", findings}};
}

core::Json dhcp_status(DhcpMode mode, const BootHouse* boot) {
  if (boot != nullptr && boot->leases() != nullptr) return dhcp_json(boot->leases()->status());
  return {{"mode", to_text(mode)}};
}

core::Json leases_json(DhcpMode mode, const BootHouse* boot) {
  core::Json json = dhcp_status(mode, boot);
  json["leases"] = core::Json::array();
  if (boot == nullptr || boot->leases() == nullptr) return json;
  for (const auto& view : boot->leases()->leases()) json["leases"].push_back(lease_json(view));
  return json;
}

void add_finding(const std::string& code, const Finding& finding, core::Json& status) {
  status["findings"].push_back(finding.sentence());
  status["faults"].push_back(
      {{"code", code}, {"severity", name(finding.severity)}, {"text", finding.text}, {"cure", finding.cure}});
}

FindingMap policy_findings(const PolicyConfig& policy, const workflows::Orders& orders,
                           const std::vector<HeldOrder>& waiting) {
  FindingMap found;
  for (const auto& entry : policy.protected_assets) {
    const auto asset = orders.asset(entry.text());
    if (asset || asset.error().kind != core::ErrorKind::not_found) continue;
    found["policy.unknown_asset"] = {
        .text = fmt::format("policy.protected names {}, which is no asset here: nothing is protected by it",
                            entry.text()),
        .cure = "correct it, or leave it if the machine is still to come",
        .severity = Severity::warn};
  }
  if (!waiting.empty()) {
    found["policy.second_person"] = {
        .text = fmt::format("{} orders wait for a second person, first: {} of {}", waiting.size(),
                            waiting.front().kind, waiting.front().asset_name),
        .cure = "colony approve lists them",
        .severity = Severity::warn};
  }
  return found;
}

}  // namespace colony::daemon
