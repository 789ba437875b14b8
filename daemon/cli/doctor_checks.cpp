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

std::string text_member(const Json& object, std::string_view key) {
  return core::json_text(object, key).value_or("");
}

Check check_config(const DoctorFacts& facts) {
  if (facts.config) return {Health::ok, "config", facts.config_file + ": no fault", ""};
  std::vector<std::string> faults;
  for (const auto& fault : facts.config.error()) faults.push_back(fault.to_string());
  return {Health::fail, "config", fmt::format("{}", fmt::join(faults, "; ")),
          fmt::format("correct it (as root: colonyd --check --config {}), then: systemctl reload colonyd",
                      facts.config_file)};
}

Check check_daemon(const DoctorFacts& facts) {
  if (!facts.status) {
    return {Health::fail, "daemon", facts.status.error().message,
            "systemctl status colonyd; journalctl -u colonyd -n 50"};
  }
  if (const auto failure = text_member(*facts.status, "store_failure"); !failure.empty()) {
    return {Health::fail, "daemon", "the store failed: " + failure, "journalctl -u colonyd -n 50"};
  }
  const std::string version = text_member(*facts.status, "version");
  if (core::json_bool(*facts.status, "ready").value_or(false)) {
    return {Health::ok, "daemon", fmt::format("version {} is ready", version), ""};
  }
  return {Health::fail, "daemon", fmt::format("version {} runs and serves nobody", version),
          "what follows says why; directly after a start: wait some seconds"};
}

Check check_address(const Json& status) {
  const Json* held = core::json_member(status, "address");
  if (held != nullptr && held->is_object()) {
    return {Health::ok, "address",
            fmt::format("{} on {}", text_member(*held, "ip"), text_member(*held, "interface")), ""};
  }
  const Json* problem = core::json_member(status, "address_problem");
  if (problem == nullptr || !problem->is_object()) {
    return {Health::warn, "address", "not claimed yet", "a claim takes up to 7 s: ask again"};
  }
  return {Health::fail, "address", text_member(*problem, "message"),
          fmt::format("docs/common-errors.md, {}; then: systemctl reload colonyd",
                      text_member(*problem, "code"))};
}

Check check_hosted(const Json& status) {
  const Json* link = core::json_member(status, "hosted");
  if (link == nullptr || !link->is_object()) return {Health::warn, "hosted side", "not known", ""};
  const std::string mode = text_member(*link, "mode");
  const std::string problem = text_member(*link, "problem");
  if (problem.empty()) return {Health::ok, "hosted side", mode, ""};
  return {Health::fail, "hosted side", fmt::format("{}: {}: {}", mode, problem, text_member(*link, "reason")),
          fmt::format("docs/common-errors.md, {}", problem)};
}

/// What the daemon itself found: already a sentence with its next step.
void add_findings(const Json& status, std::vector<Check>& checks) {
  const Json* findings = core::json_member(status, "findings");
  if (findings == nullptr || !findings->is_array()) return;
  for (const auto& finding : *findings) {
    if (finding.is_string()) checks.push_back({Health::fail, "finding", finding.get<std::string>(), ""});
  }
}

Check check_port(const DoctorFacts::Port& port, bool tftp_by_hpa) {
  const std::string what = fmt::format("port {}", port.number);
  if (!port.owner) {
    return {Health::fail, what, "nobody listens on it",
            "systemctl status colonyd; the interface may be missing"};
  }
  const bool is_ours = port.owner->program == "colonyd" ||
                       (port.number == 69 && tftp_by_hpa && port.owner->program == "in.tftpd");
  if (is_ours) return {Health::ok, what, "held by " + port.owner->to_string(), ""};
  if (port.owner->program.empty()) {
    return {Health::warn, what, "held by " + port.owner->to_string(),
            "run as root to see which program it is"};
  }
  return {Health::fail, what, fmt::format("held by {}, which is not ours", port.owner->to_string()),
          "stop that program, or keep it to other addresses; then: systemctl restart colonyd"};
}

Check check_programs(const DoctorFacts& facts) {
  if (facts.programs_lacking.empty()) return {Health::ok, "boot programs", "all are there", ""};
  return {Health::fail, "boot programs", fmt::format("missing: {}", fmt::join(facts.programs_lacking, ", ")),
          "apt-get install ipxe, or correct pxe.nbp; then: systemctl restart colonyd"};
}

Check check_store(const DoctorFacts& facts) {
  if (!facts.store_free) {
    return {Health::warn, "disk space", "the store's file system cannot be looked at", "run as root"};
  }
  const std::string text = fmt::format("{} MiB free for the store and the images", *facts.store_free / mib);
  if (*facts.store_free < store_is_full) return {Health::fail, "disk space", text, "make room there"};
  if (*facts.store_free < store_is_low) return {Health::warn, "disk space", text, "make room there soon"};
  return {Health::ok, "disk space", text, ""};
}

Check check_bmcs(const DoctorFacts& facts) {
  if (!facts.assets || !facts.assets->is_array()) return {Health::warn, "BMCs", "not known", ""};
  std::vector<std::string> silent;
  for (const auto& asset : *facts.assets) {
    if (text_member(asset, "condition") == "unreachable") silent.push_back(text_member(asset, "name"));
  }
  if (silent.empty()) {
    return {Health::ok, "BMCs", fmt::format("of {} assets none was last seen silent", facts.assets->size()),
            ""};
  }
  const std::size_t count = silent.size();
  silent.resize(std::min(count, most_assets_named));
  return {Health::warn, "BMCs",
          fmt::format("{} did not answer, or refused us: {}{}", count, fmt::join(silent, ", "),
                      count > silent.size() ? ", ..." : ""),
          "colony why NAME; colony bmc probe --ip ADDRESS"};
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
  if (facts.status) {
    checks.push_back(check_address(*facts.status));
    checks.push_back(check_hosted(*facts.status));
    add_findings(*facts.status, checks);
    checks.push_back(check_bmcs(facts));
  }
  if (facts.config) {
    const bool hpa = facts.config->tftp.server == TftpServer::tftpd_hpa;
    for (const auto& port : facts.ports) checks.push_back(check_port(port, hpa));
    checks.push_back(check_programs(facts));
    checks.push_back(check_store(facts));
  }
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

}  // namespace colony::daemon::cli
