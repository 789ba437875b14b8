#pragma once
// The DHCP server as colony.yaml configures it, and as the local API shows it.

#include "core/json.hpp"
#include "daemon/config/config.hpp"
#include "pxe/dhcp/lease_server.hpp"

namespace colony::daemon {

[[nodiscard]] pxe::dhcp::LeaseConfig make_lease_config(const DhcpConfig& config);

/// Stage, counts of addresses and of messages.
[[nodiscard]] core::Json dhcp_json(const pxe::dhcp::LeaseServer::Status& status);
/// Address, MAC, client id, hostname, state, expiry, stage, known; without the asset.
[[nodiscard]] core::Json lease_json(const pxe::dhcp::LeaseView& view);

}  // namespace colony::daemon
