// The rules of colony.yaml that span several keys. Rules of one key live with its type (values.cpp) or its
// entry in fields.hpp.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "daemon/config/fault_list.hpp"

namespace colony::daemon {

namespace {

/// Can be the address of one host: not a group, not loopback, not its network's first or last address.
bool is_host_address(core::Ipv4Address address, std::uint8_t prefix_length) {
  if (address.is_unspecified() || address.is_loopback() || address.is_multicast() || address.is_broadcast()) {
    return false;
  }
  if (prefix_length >= 31) return true;  // RFC 3021: both addresses of a /31 are hosts
  const core::Ipv4Network network{address, prefix_length};
  return address != network.broadcast() && address.value() != (address.value() & network.mask());
}

void validate_load_balancer(const LoadBalancerConfig& c, FaultList& faults) {
  if (c.interface.empty()) {
    faults.add("load_balancer.interface", "is missing", "the interface towards the servers");
  }
  if (c.ip == AddressSpec{}) {
    faults.add("load_balancer.ip", "is missing", "the address that servers boot from: A.B.C.D/PREFIX");
  } else if (!is_host_address(c.ip.address, c.ip.prefix_length.value_or(32)) ||
             c.ip.prefix_length.value_or(32) < 8) {
    faults.add("load_balancer.ip", fmt::format("{} cannot be the address of a host", c.ip.to_string()),
               "a host's address inside its network, prefix 8 to 32");
  }
}

/// A lease table holds so many (pxe/dhcp/lease_pool.hpp).
constexpr std::uint32_t largest_range = 65'536;

void validate_subnet(const DhcpSubnet& subnet, const std::string& key, FaultList& faults) {
  if (subnet.network == core::Ipv4Network{}) {
    faults.add(key + ".network", "is missing", "A.B.C.D/PREFIX");
    return;
  }
  if (subnet.network.prefix_length < 8 || subnet.network.prefix_length > 30) {
    faults.add(key + ".network", fmt::format("{} is no subnet to serve", subnet.network.to_string()),
               "prefix 8 to 30");
    return;
  }
  if (subnet.range == AddressRange{}) {
    faults.add(key + ".range", "is missing", "FIRST-LAST inside the network");
  } else if (!subnet.network.contains(subnet.range.first) || !subnet.network.contains(subnet.range.last)) {
    faults.add(key + ".range",
               fmt::format("{} is not inside {}", subnet.range.to_string(), subnet.network.to_string()),
               "FIRST-LAST inside the network");
  } else if (subnet.range.last.value() - subnet.range.first.value() >= largest_range) {
    faults.add(key + ".range", fmt::format("{} is too large", subnet.range.to_string()),
               fmt::format("at most {} addresses", largest_range));
  }
  if (!subnet.gateway.is_unspecified() && !subnet.network.contains(subnet.gateway)) {
    faults.add(key + ".gateway",
               fmt::format("{} is not inside {}", subnet.gateway.to_string(), subnet.network.to_string()),
               "an address inside the network");
  }
}

void validate_reserved_address(const DhcpConfig& c, core::Ipv4Address ip, const std::string& key,
                               FaultList& faults) {
  const auto subnet = std::ranges::find_if(
      c.subnets, [ip](const DhcpSubnet& candidate) { return candidate.network.contains(ip); });
  if (subnet == c.subnets.end()) {
    faults.add(key, fmt::format("{} is in none of dhcp.subnets", ip.to_string()),
               "an address inside one of the networks");
  } else if (ip == subnet->gateway || !is_host_address(ip, subnet->network.prefix_length)) {
    faults.add(key, fmt::format("{} is the gateway's, or no host's", ip.to_string()),
               "an address that one machine can have");
  }
}

void validate_dhcp(const DhcpConfig& c, FaultList& faults) {
  for (std::size_t i = 0; i < c.subnets.size(); ++i) {
    validate_subnet(c.subnets[i], fmt::format("dhcp.subnets[{}]", i), faults);
    for (std::size_t j = 0; j < i; ++j) {
      const auto& a = c.subnets[i].network;
      const auto& b = c.subnets[j].network;
      if (a == core::Ipv4Network{} || (!a.contains(b.address) && !b.contains(a.address))) continue;
      faults.add(fmt::format("dhcp.subnets[{}].network", i),
                 fmt::format("{} overlaps {}", a.to_string(), b.to_string()),
                 "subnets apart from each other");
    }
  }
  std::set<core::MacAddress> macs;
  std::set<core::Ipv4Address> addresses;
  for (std::size_t i = 0; i < c.reservations.size(); ++i) {
    const auto& reservation = c.reservations[i];
    const std::string key = fmt::format("dhcp.reservations[{}]", i);
    if (reservation.mac.is_zero() || reservation.mac.is_group()) {
      faults.add(key + ".mac", "is missing or a group address", "aa:bb:cc:dd:ee:ff of one machine");
    } else if (!macs.insert(reservation.mac).second) {
      faults.add(key + ".mac", fmt::format("{} again", reservation.mac.to_string()), "each MAC once");
    }
    if (reservation.ip.is_unspecified()) {
      faults.add(key + ".ip", "is missing", "A.B.C.D");
    } else if (!addresses.insert(reservation.ip).second) {
      faults.add(key + ".ip", fmt::format("{} again", reservation.ip.to_string()), "each address once");
    } else {
      validate_reserved_address(c, reservation.ip, key + ".ip", faults);
    }
  }
  if (c.mode == DhcpMode::server && c.subnets.empty()) {
    faults.add("dhcp.subnets", "mode server has nothing to hand out",
               "at least one { network, range }, or mode proxy");
  }
}

void validate_lists(const Config& c, FaultList& faults) {
  const std::set<CipherSuite> suites(c.bmc.cipher_suites.begin(), c.bmc.cipher_suites.end());
  if (suites.empty() || suites.size() != c.bmc.cipher_suites.size()) {
    faults.add("bmc.cipher_suites", "empty, or one suite twice", "17 and 3, each at most once");
  }
}

void validate_api(const ApiConfig& c, FaultList& faults) {
  // sun_path holds 108 bytes with its NUL (unix(7)).
  if (c.socket.empty() || c.socket.text().size() > 107) {
    faults.add("api.socket", c.socket.empty() ? "is empty" : "is too long for a socket",
               "an absolute path of at most 107 characters");
  }
  if (c.listen.port != 0 && c.tls_certificate.empty()) {
    faults.add("api.tls_certificate", "api.listen is served over TLS only", "the path of a PEM certificate");
  }
  if (c.listen.port != 0 && c.tls_key.empty()) {
    faults.add("api.tls_key", "api.listen is served over TLS only", "the path of its PEM key");
  }
}

}  // namespace

void validate(const Config& config, FaultList& faults) {
  validate_load_balancer(config.load_balancer, faults);
  if (config.hosted.enabled && config.datacenter_id.empty()) {
    faults.add("datacenter_id", "is missing", "the datacenter's id (or hosted.enabled: false)");
  }
  if (config.hosted.enabled && config.hosted.api_key_file.empty()) {
    faults.add("hosted.api_key_file", "is empty", "the path of a file with the API key, mode 0600");
  }
  validate_dhcp(config.dhcp, faults);
  for (std::size_t i = 0; i < config.dhcp.reservations.size(); ++i) {
    if (config.dhcp.reservations[i].ip.is_unspecified() ||
        config.dhcp.reservations[i].ip != config.load_balancer.ip.address) {
      continue;
    }
    faults.add(fmt::format("dhcp.reservations[{}].ip", i),
               fmt::format("{} is load_balancer.ip", config.load_balancer.ip.address.to_string()),
               "an address of its own");
  }
  validate_lists(config, faults);
  if (config.store.path.empty()) faults.add("store.path", "is empty", "an absolute path");
  validate_api(config.api, faults);
}

}  // namespace colony::daemon
