#include "daemon/guard/verdict.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/bytes.hpp"

namespace colony::daemon::guard {

namespace {

using core::Ipv4Network;

constexpr std::size_t most_named = 4;
constexpr std::uint32_t usual_mtu = 1500;  // Ethernet's

std::string who(const HeardServer& server) {
  const auto mac = server.mac();
  return mac ? fmt::format("{} ({})", server.server.to_string(), mac->to_string())
             : server.server.to_string();
}

std::string who(const std::vector<const HeardServer*>& servers) {
  std::vector<std::string> names;
  for (const auto* server : servers) {
    if (names.size() < most_named) names.push_back(who(*server));
  }
  return fmt::format("{}{}", fmt::join(names, ", "), servers.size() > most_named ? ", ..." : "");
}

/// "10.9.0.0/16"
std::string network_text(const Ipv4Network& network) {
  return Ipv4Network{core::Ipv4Address(network.address.value() & network.mask()), network.prefix_length}
      .to_string();
}

/// Machines with an address of this offer reach us without a router.
bool fits(const pxe::dhcp::ServerAnswer& lease, const Place& place) {
  if (place.network.contains(lease.offered)) return true;
  if (lease.network && lease.network->contains(place.network.address)) return true;
  return std::ranges::any_of(place.networks, [&](const Ipv4Network& network) {
    return network.prefix_length < 32 && network.contains(lease.offered);
  });
}

bool same_network(const HeardServer::Said& one, const HeardServer::Said& other) {
  return one.answer.network && other.answer.network &&
         network_text(*one.answer.network) == network_text(*other.answer.network);
}

/// What a client is told depends on what it asks for (option 55): a router is compared where both name one.
bool same_terms(const HeardServer::Said& one, const HeardServer::Said& other) {
  if (!same_network(one, other)) return false;
  return !one.answer.router || !other.answer.router || one.answer.router == other.answer.router;
}

/// Servers that hand out addresses and do not know each other.
std::vector<const HeardServer*> strangers_to_each_other(const std::vector<HeardServer>& servers) {
  std::vector<const HeardServer*> out;
  std::vector<const HeardServer*> answering;
  for (const auto& server : servers) {
    if (server.lease && server.lease->to_us) answering.push_back(&server);
  }
  for (const auto* server : answering) {
    if (server->beside_another) out.push_back(server);
  }
  if (out.size() < 2) out.clear();
  if (answering.empty()) return out;
  for (const auto& server : servers) {
    // Heard only in what it says to others: the other half of a fail-over pair hands out the same network.
    if (!server.lease || server.lease->to_us || !server.lease->answer.network) continue;
    if (std::ranges::any_of(answering,
                            [&](const HeardServer* one) { return same_terms(*one->lease, *server.lease); })) {
      continue;
    }
    if (out.empty()) out.push_back(answering.front());
    out.push_back(&server);
  }
  return out;
}

void judge_leases(const std::vector<HeardServer>& servers, DhcpMode mode, const Place& place,
                  FindingMap& findings) {
  // In server mode every other server is a rival: the DHCP server itself says so (dhcp.rival).
  if (mode == DhcpMode::server) return;
  const auto strangers = strangers_to_each_other(servers);
  if (!strangers.empty()) {
    // One host may have a router of its own: what is said to others proves less than what is said to us.
    const bool alike = std::ranges::all_of(strangers, [&](const HeardServer* one) {
      const auto& first = *strangers.front()->lease;
      return one->lease->to_us ? same_terms(*one->lease, first) : same_network(*one->lease, first);
    });
    findings["network.second_dhcp"] = {
        .text = fmt::format("{} DHCP servers hand out addresses on {}, each for itself: {}", strangers.size(),
                            place.interface, who(strangers)),
        .cure = alike ? "switch one of them off, unless they share the network on purpose and no address is "
                        "in the range of both"
                      : "switch off the one that is not the site's (its MAC is at a port of the switch)",
        // A range that is split between two servers is an old way to have a spare one.
        .severity = alike ? Severity::warn : Severity::fail};
  }
  const HeardServer* elsewhere = nullptr;
  const pxe::dhcp::ServerAnswer* lease = nullptr;
  for (const auto& server : servers) {
    if (!server.lease || !server.lease->to_us) continue;
    if (fits(server.lease->answer, place)) return;
    elsewhere = &server;
    lease = &server.lease->answer;
  }
  if (elsewhere == nullptr) return;
  findings["network.wrong_network"] = {
      .text = fmt::format("the DHCP server {} hands out addresses of {} on {}, where our address {} does not "
                          "belong: another VLAN than was meant, or another address",
                          who(*elsewhere),
                          lease->network ? network_text(*lease->network) : lease->offered.to_string(),
                          place.interface, place.network.to_string()),
      .cure =
          "correct the switch port's VLAN, load_balancer.interface or load_balancer.ip, then: systemctl "
          "restart colonyd",
      .severity = Severity::fail};
}

void judge_boot_speech(const std::vector<HeardServer>& servers, DhcpMode mode, const Place& place,
                       FindingMap& findings) {
  if (mode == DhcpMode::off) return;  // then somebody else is meant to say what boots
  for (const auto& server : servers) {
    if (!server.boot) continue;
    const auto& answer = server.boot->answer;
    switch (boot_speech(answer)) {
      case BootSpeech::nothing: break;
      case BootSpeech::proxy:
        findings["network.rival_proxy"] = {
            .text = fmt::format(
                "{} on {} tells machines what to boot over the network, as a ProxyDHCP server "
                "does{}: they follow whoever they hear first",
                who(server), place.interface,
                answer.boot_file.empty() ? "" : fmt::format(" ({})", core::printable(answer.boot_file, 80))),
            .cure = "switch that boot service off, or keep it from these machines",
            .severity = Severity::fail};
        break;
      case BootSpeech::class_only:
        findings["network.option_60"] = {
            .text =
                fmt::format("the DHCP server {} on {} sends option 60 \"PXEClient\" without option 43: UEFI "
                            "firmware then asks that server's port 4011, and not us",
                            who(server), place.interface),
            .cure = "take option 60 (vendor class) out of that server's configuration",
            .severity = Severity::fail};
        break;
      case BootSpeech::file:
        if (mode == DhcpMode::server || (answer.boot_from && place.network.address == *answer.boot_from))
          break;
        findings["network.boot_file"] = {
            .text = fmt::format("the DHCP server {} on {} names a boot file of its own ({}{}): some firmware "
                                "takes that one",
                                who(server), place.interface, core::printable(answer.boot_file, 80),
                                answer.boot_from ? " from " + answer.boot_from->to_string() : ""),
            .cure = "take next-server and file name (options 66, 67) out of that server's configuration",
            .severity = Severity::warn};
        break;
    }
  }
}

}  // namespace

void judge_servers(const std::vector<HeardServer>& servers, DhcpMode mode, const Place& place,
                   FindingMap& findings) {
  judge_leases(servers, mode, place, findings);
  judge_boot_speech(servers, mode, place, findings);
}

void judge_mtu(const std::vector<HeardServer>& servers, const Place& place, FindingMap& findings) {
  if (place.mtu < usual_mtu) {
    findings["network.mtu"] = {
        .text = fmt::format("the MTU of {} is {}, less than Ethernet's {}: full-sized frames of machines may "
                            "not come in",
                            place.interface, place.mtu, usual_mtu),
        .cure = fmt::format("ip link set {} mtu {}, and in the network configuration of this machine",
                            place.interface, usual_mtu),
        .severity = Severity::warn};
    return;
  }
  for (const auto& server : servers) {
    if (!server.lease || !server.lease->answer.mtu || *server.lease->answer.mtu <= place.mtu) continue;
    findings["network.mtu_mismatch"] = {
        .text =
            fmt::format("the DHCP server {} tells machines an MTU of {} (option 26), {} has {}: what they "
                        "send in large frames does not come in",
                        who(server), *server.lease->answer.mtu, place.interface, place.mtu),
        .cure = "the same MTU on both, and on the switch between",
        .severity = Severity::warn};
  }
}

}  // namespace colony::daemon::guard
