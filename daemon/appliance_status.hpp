#pragma once
// What the appliance tells of itself, to people and to the hosted side: values in, JSON and findings out.

#include <string>
#include <vector>

#include "core/json.hpp"
#include "daemon/boot/boot_house.hpp"
#include "daemon/config/config.hpp"
#include "daemon/findings.hpp"
#include "daemon/hosted/hosted_link.hpp"
#include "daemon/orders/held_orders.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {

[[nodiscard]] core::Json link_json(const hosted::LinkStatus& status);
/// What the hosted side is told with every heartbeat.
[[nodiscard]] core::Json heartbeat_state(const workflows::StatusView& status, const std::string& version,
                                         const std::vector<std::string>& findings);
[[nodiscard]] core::Json dhcp_status(DhcpMode mode, const BootHouse* boot);
[[nodiscard]] core::Json leases_json(DhcpMode mode, const BootHouse* boot);
/// As a sentence, and the same in parts.
void add_finding(const std::string& code, const Finding& finding, core::Json& status);
/// What the site's policy needs a person for: orders that wait, and entries that protect nothing.
[[nodiscard]] FindingMap policy_findings(const PolicyConfig& policy, const workflows::Orders& orders,
                                         const std::vector<HeldOrder>& waiting);

}  // namespace colony::daemon
