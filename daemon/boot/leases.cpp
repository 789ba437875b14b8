#include "daemon/boot/leases.hpp"

#include <nlohmann/json.hpp>

namespace colony::daemon {

using pxe::dhcp::LeaseClient;

pxe::dhcp::LeaseConfig make_lease_config(const DhcpConfig& config) {
  pxe::dhcp::LeaseConfig out;
  for (const auto& subnet : config.subnets) {
    pxe::dhcp::Subnet made;
    made.network = subnet.network;
    made.first = subnet.range.first;
    made.last = subnet.range.last;
    made.gateway = subnet.gateway;
    made.dns = subnet.dns;
    made.ntp = subnet.ntp;
    made.lease_time = subnet.lease_time;
    out.subnets.push_back(std::move(made));
  }
  for (const auto& reservation : config.reservations) {
    out.reservations.push_back({reservation.mac, reservation.ip, reservation.hostname.to_string()});
  }
  return out;
}

core::Json dhcp_json(const pxe::dhcp::LeaseServer::Status& status) {
  return {{"mode", "server"},
          {"stage", name(status.stage)},
          {"addresses", status.leases.addresses},
          {"leased", status.leases.leased},
          {"offered", status.leases.offered},
          {"set_aside", status.leases.aside},
          {"strangers", status.leases.strangers},
          {"newcomers", status.leases.newcomers},
          {"strangers_share", status.leases.strangers_share},
          {"received", status.counters.received},
          {"offers", status.counters.offered},
          {"acknowledged", status.counters.acknowledged},
          {"refused", status.counters.refused},
          {"without_address", status.counters.without_address}};
}

core::Json lease_json(const pxe::dhcp::LeaseView& view) {
  const auto& lease = view.lease;
  std::string state = view.active ? "bound" : "expired";
  if (lease.state != pxe::dhcp::LeaseState::bound) state = name(lease.state);
  return {{"address", lease.address.to_string()},
          {"mac", lease.mac.to_string()},
          {"client_id", core::hex(lease.client_id)},
          {"hostname", lease.hostname},
          {"state", state},
          {"expires", core::format_utc(lease.expires)},
          {"stage", view.stage ? std::string(core::name(*view.stage)) : std::string("system")},
          {"known", view.standing == LeaseClient::Standing::known}};
}

}  // namespace colony::daemon
