#include "daemon/cli/doctor_checks.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t store_is_low = 1024 * mib;
constexpr std::uint64_t store_is_full = 100 * mib;  // an event, an image: days at best
constexpr std::size_t most_assets_named = 8;
constexpr core::Duration clock_tolerance = std::chrono::seconds(90);

std::string text_member(const Json& object, std::string_view key) {
  return core::json_text(object, key).value_or("");
}

Check well(std::string what, std::string text) {
  return {.health = Health::ok,
          .what = std::move(what),
          .text = std::move(text),
          .cure = {},
          .code = {},
          .follows_from = {}};
}
Check fault(Health health, std::string what, std::string code, std::string text, std::string cure) {
  return {.health = health,
          .what = std::move(what),
          .text = std::move(text),
          .cure = std::move(cure),
          .code = std::move(code),
          .follows_from = {}};
}

Check check_config(const DoctorFacts& facts) {
  if (facts.config) return well("config", facts.config_file + ": no fault");
  std::vector<std::string> faults;
  for (const auto& one : facts.config.error()) faults.push_back(one.to_string());
  return fault(
      Health::fail, "config", "config.fault", fmt::format("{}", fmt::join(faults, "; ")),
      fmt::format("correct it (as root: colonyd --check --config {}), then: systemctl reload colonyd",
                  facts.config_file));
}

Check check_daemon(const DoctorFacts& facts) {
  if (!facts.status) {
    return fault(Health::fail, "daemon", "daemon.silent", facts.status.error().message,
                 "systemctl status colonyd; journalctl -u colonyd -n 50");
  }
  if (const auto failure = text_member(*facts.status, "store_failure"); !failure.empty()) {
    return fault(Health::fail, "daemon", "store.io", "the store failed: " + failure,
                 "journalctl -u colonyd -n 50");
  }
  const std::string version = text_member(*facts.status, "version");
  if (core::json_bool(*facts.status, "ready").value_or(false)) {
    return well("daemon", fmt::format("version {} is ready", version));
  }
  return fault(Health::fail, "daemon", "daemon.not_ready",
               fmt::format("version {} runs and serves nobody", version),
               "what follows says why; directly after a start: wait some seconds");
}

/// The load-balancer interface, as it is now.
Check check_link(const std::vector<core::InterfaceState>& states, const std::string& interface) {
  const auto state = std::ranges::find(states, interface, &core::InterfaceState::name);
  if (state == states.end()) {
    return fault(Health::fail, "interface", "address.interface_missing",
                 fmt::format("there is no interface {}", interface),
                 "make it (ip link show says what there is), or correct load_balancer.interface");
  }
  if (!state->up) {
    return fault(Health::fail, "interface", "address.interface_down",
                 fmt::format("{} is switched off", interface), fmt::format("ip link set {} up", interface));
  }
  if (!state->carrier) {
    return fault(Health::fail, "interface", "address.no_carrier",
                 fmt::format("{} has no link: nobody is at the other end", interface),
                 "look at the cable, the switch port, and what the interface is made of");
  }
  return well("interface", interface + " has a link");
}

Check check_address(const Json& status) {
  const Json* held = core::json_member(status, "address");
  if (held != nullptr && held->is_object()) {
    return well("address",
                fmt::format("{} on {}", text_member(*held, "ip"), text_member(*held, "interface")));
  }
  const Json* problem = core::json_member(status, "address_problem");
  if (problem == nullptr || !problem->is_object()) {
    return fault(Health::warn, "address", "address.not_claimed", "not claimed yet",
                 "a claim takes up to 7 s: ask again");
  }
  const auto code = text_member(*problem, "code");
  return fault(Health::fail, "address", code, text_member(*problem, "message"),
               fmt::format("docs/common-errors.md, {}; then: systemctl reload colonyd", code));
}

std::string hosted_cure(std::string_view code) {
  if (code == "hosted.dns") return "correct hosted.url, or the name servers in /etc/resolv.conf";
  if (code == "hosted.proxy") return "correct https_proxy in the service's environment, or NO_PROXY";
  if (code == "http.connect") return "correct hosted.url; is the port open, is a proxy needed (HTTPS_PROXY)?";
  if (code == "http.timeout") return "a firewall in between drops it: port 443 must be open to the outside";
  if (code == "http.closed") return "a firewall or proxy in between may cut it; else the hosted side";
  if (code == "hosted.tls_expired" || code == "hosted.tls_not_yet_valid")
    return "look at this machine's clock (timedatectl), then at that certificate";
  if (code == "hosted.tls_wrong_host") return "correct the host in hosted.url";
  if (code == "hosted.tls_unknown_ca" || code == "hosted.tls_self_signed") {
    return "hosted.ca_file with the authority that made it; a proxy that looks into TLS has one of its own";
  }
  if (code == "hosted.tls_none") return "correct the port in hosted.url: what answers there speaks no TLS";
  return fmt::format("docs/common-errors.md, {}", code);
}

Check check_hosted(const DoctorFacts& facts) {
  if (facts.hosted && !facts.hosted->its_time) {
    const auto& error = facts.hosted->its_time.error();
    return fault(Health::fail, "hosted side", error.code, error.message, hosted_cure(error.code));
  }
  const Json* link = facts.status ? core::json_member(*facts.status, "hosted") : nullptr;
  if (link == nullptr || !link->is_object()) {
    return fault(Health::warn, "hosted side", "hosted.unknown", "not known", "");
  }
  const std::string mode = text_member(*link, "mode");
  const std::string problem = text_member(*link, "problem");
  if (problem.empty()) return well("hosted side", mode);
  return fault(Health::fail, "hosted side", problem,
               fmt::format("{}: {}: {}", mode, problem, text_member(*link, "reason")), hosted_cure(problem));
}

/// Certificates, log-in codes and what people read in the journal go by it.
std::optional<Check> check_clock(const DoctorFacts::Hosted& hosted) {
  const auto its_time = hosted.its_time.value_or(std::nullopt);
  if (!its_time) return std::nullopt;
  const auto off = hosted.asked_at - *its_time;
  const auto by = core::format_duration(std::chrono::abs(off));
  if (std::chrono::abs(off) <= clock_tolerance) return well("clock", "agrees with the hosted side's");
  return fault(Health::fail, "clock", "clock.wrong",
               fmt::format("this machine's clock is {} {} the hosted side's", by,
                           off > core::Duration::zero() ? "ahead of" : "behind"),
               "timedatectl set-ntp true, or chrony; then look: timedatectl");
}

/// What the daemon itself found: in parts, else as a sentence with its next step.
void add_findings(const Json& status, std::vector<Check>& checks) {
  const Json* findings = core::json_member(status, "findings");
  if (findings == nullptr || !findings->is_array()) return;
  std::vector<std::string> told;
  const Json* faults = core::json_member(status, "faults");
  if (faults != nullptr && faults->is_array()) {
    for (const auto& one : *faults) {
      const auto text = text_member(one, "text");
      const auto cure = text_member(one, "cure");
      told.push_back(cure.empty() ? text : fmt::format("{}; {}", text, cure));
      const auto code = text_member(one, "code");
      const auto health = text_member(one, "severity") == "warn" ? Health::warn : Health::fail;
      checks.push_back(fault(health, code.starts_with("network.") ? "network" : "finding", code, text, cure));
    }
  }
  for (const auto& finding : *findings) {
    if (!finding.is_string() || std::ranges::find(told, finding.get<std::string>()) != told.end()) continue;
    checks.push_back(fault(Health::fail, "finding", "daemon.finding", finding.get<std::string>(), ""));
  }
}

Check check_port(const DoctorFacts::Port& port, bool tftp_by_hpa) {
  const std::string what = fmt::format("port {}", port.number);
  if (!port.owner) {
    return fault(Health::fail, what, "port.closed", "nobody listens on it",
                 "systemctl status colonyd; the interface may be missing");
  }
  const bool is_ours = port.owner->program == "colonyd" ||
                       (port.number == 69 && !port.tcp && tftp_by_hpa && port.owner->program == "in.tftpd");
  if (is_ours) return well(what, "held by " + port.owner->to_string());
  if (port.owner->program.empty()) {
    return fault(Health::warn, what, "port.unknown", "held by " + port.owner->to_string(),
                 "run as root to see which program it is");
  }
  const bool package = port.number == 69 && port.owner->program == "in.tftpd";
  return fault(Health::fail, what, "port.taken",
               fmt::format("held by {}, which is not ours", port.owner->to_string()),
               package ? "systemctl disable --now tftpd-hpa; then: systemctl restart colonyd"
                       : "stop that program, or keep it to other addresses; then: systemctl restart colonyd");
}

Check check_programs(const DoctorFacts& facts) {
  if (facts.programs_lacking.empty()) return well("boot programs", "all are there");
  return fault(Health::fail, "boot programs", "boot.program_missing",
               fmt::format("missing: {}", fmt::join(facts.programs_lacking, ", ")),
               "apt-get install ipxe, or correct pxe.nbp; then: systemctl restart colonyd");
}

Check check_store(const DoctorFacts& facts) {
  if (!facts.store_free) {
    return fault(Health::warn, "disk space", "store.unseen", "the store's file system cannot be looked at",
                 "run as root");
  }
  const std::string text = fmt::format("{} MiB free for the store and the images", *facts.store_free / mib);
  if (*facts.store_free < store_is_full) {
    return fault(Health::fail, "disk space", "store.disk_full", text, "make room there");
  }
  if (*facts.store_free < store_is_low) {
    return fault(Health::warn, "disk space", "store.disk_full", text, "make room there soon");
  }
  return well("disk space", text);
}

/// "web-1, web-2, ..."
std::string some_of(std::vector<std::string> names) {
  const std::size_t count = names.size();
  names.resize(std::min(count, most_assets_named));
  return fmt::format("{}{}", fmt::join(names, ", "), count > names.size() ? ", ..." : "");
}

Check check_bmcs(const DoctorFacts& facts) {
  if (!facts.bmcs_without_route.empty()) {
    std::vector<std::string> names;
    names.reserve(facts.bmcs_without_route.size());
    for (const auto address : facts.bmcs_without_route) names.push_back(address.to_string());
    return fault(
        Health::fail, "BMCs", "bmc.no_route",
        fmt::format("no route from this machine to {} BMCs: {}", names.size(), some_of(names)),
        "an address in that network, or a route: ip route add NETWORK via ROUTER; and keep it in the "
        "network configuration");
  }
  if (!facts.assets || !facts.assets->is_array()) {
    return fault(Health::warn, "BMCs", "bmc.unknown", "not known", "");
  }
  std::vector<std::string> silent;
  for (const auto& asset : *facts.assets) {
    if (text_member(asset, "condition") == "unreachable") silent.push_back(text_member(asset, "name"));
  }
  if (silent.empty()) {
    return well("BMCs", fmt::format("of {} assets none was last seen silent", facts.assets->size()));
  }
  return fault(Health::warn, "BMCs", "bmc.silent",
               fmt::format("{} did not answer, or refused us: {}", silent.size(), some_of(silent)),
               "colony why NAME; colony bmc probe --ip ADDRESS");
}

// Which fault explains which, the deepest first.
struct Consequence {
  std::string_view of;  // a code; one that ends in . or _ stands for all that begin so
  std::string_view code;
};
constexpr Consequence consequences[] = {
    {"address.interface_missing", "port.closed"},
    {"address.interface_", "address."},
    {"address.no_carrier", "address."},
    {"address.interface_", "network."},
    {"address.no_carrier", "network."},
    {"address.", "bmc.no_route"},  // the routes over it went with it
    {"address.", "daemon.not_ready"},
    {"address.", "address"},  // the daemon's finding of that name
    {"port.taken", "daemon.silent"},
    {"port.taken", "port.closed"},
    {"config.fault", "daemon.silent"},
    {"daemon.silent", "port.closed"},
    {"store.io", "daemon.not_ready"},
    {"hosted.", "hosted.link"},  // the daemon's finding of that name
};

void explain(std::vector<Check>& checks) {
  const auto fits = [](std::string_view code, std::string_view pattern) {
    return pattern.ends_with('.') || pattern.ends_with('_') ? code.starts_with(pattern) : code == pattern;
  };
  for (const auto& [of, follows] : consequences) {
    // The first: the link is looked at before the address.
    const auto cause = std::ranges::find_if(checks, [&](const Check& check) {
      return check.health != Health::ok && check.follows_from.empty() && fits(check.code, of);
    });
    if (cause == checks.end()) continue;
    for (auto& check : checks) {
      if (&check == &*cause || check.health == Health::ok || !check.follows_from.empty()) continue;
      if (fits(check.code, follows)) check.follows_from = cause->code;
    }
  }
}

}  // namespace

std::string_view name(Health health) {
  switch (health) {
    case Health::ok: return "OK";
    case Health::warn: return "WARN";
    case Health::fail: return "FAIL";
  }
  return "?";
}

std::vector<Check> examine(const DoctorFacts& facts) {
  std::vector<Check> checks{check_config(facts), check_daemon(facts)};
  if (facts.config && facts.interfaces) {
    checks.push_back(check_link(*facts.interfaces, facts.config->load_balancer.interface.text()));
  }
  if (facts.status) checks.push_back(check_address(*facts.status));
  if (facts.status || facts.hosted) checks.push_back(check_hosted(facts));
  if (facts.hosted) {
    if (auto clock = check_clock(*facts.hosted)) checks.push_back(std::move(*clock));
  }
  if (facts.status) {
    add_findings(*facts.status, checks);
    checks.push_back(check_bmcs(facts));
  }
  if (facts.config) {
    const bool hpa = facts.config->tftp.server == TftpServer::tftpd_hpa;
    for (const auto& port : facts.ports) checks.push_back(check_port(port, hpa));
    checks.push_back(check_programs(facts));
    checks.push_back(check_store(facts));
  }
  explain(checks);
  return checks;
}

std::vector<std::uint16_t> udp_ports(const Config& config) {
  switch (config.dhcp.mode) {
    case DhcpMode::proxy: return {67, 69, 4011};
    case DhcpMode::server: return {67, 69};
    case DhcpMode::off: break;
  }
  return {69};
}

std::vector<std::string> boot_program_files(const Config& config) {
  const auto either = [](const FilePath& own, std::string_view debian) {
    return own.empty() ? std::string(debian) : own.text();
  };
  std::vector<std::string> files{either(config.pxe.nbp.bios, "/usr/lib/ipxe/undionly.kpxe"),
                                 either(config.pxe.nbp.x64, "/usr/lib/ipxe/snponly.efi")};
  if (!config.pxe.nbp.arm64.empty()) files.push_back(config.pxe.nbp.arm64.text());
  return files;
}

std::vector<core::Ipv4Address> bmc_addresses(const Json& assets) {
  std::vector<core::Ipv4Address> out;
  if (!assets.is_array()) return out;
  for (const auto& asset : assets) {
    const auto address = core::Ipv4Address::parse(text_member(asset, "ipmi"));
    if (address) out.push_back(*address);
  }
  return out;
}

}  // namespace colony::daemon::cli
