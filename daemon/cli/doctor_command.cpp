#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/doctor_checks.hpp"
#include "daemon/cli/report.hpp"
#include "daemon/init/hosted_reach.hpp"
#include "pxe/net/datagram_socket.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

std::optional<std::uint64_t> free_bytes(const std::string& directory) {
  struct statvfs about{};
  if (::statvfs(directory.c_str(), &about) != 0) return std::nullopt;
  return std::uint64_t{about.f_bavail} * about.f_frsize;
}

/// What can be seen on this machine of what the configuration asks for.
void look_around(const Config& config, DoctorFacts& facts) {
  for (const auto port : udp_ports(config)) {
    facts.ports.push_back(
        {.number = port, .owner = core::udp_port_owner(config.load_balancer.ip.address, port)});
  }
  facts.ports.push_back({.number = config.http.port,
                         .owner = core::tcp_port_owner(config.load_balancer.ip.address, config.http.port),
                         .tcp = true});
  if (auto states = core::KernelAddresses().interfaces()) facts.interfaces = std::move(*states);
  if (config.hosted.enabled) {
    const auto reach = reach_hosted(config.hosted.url, config.hosted.ca_file);
    core::Result<std::optional<core::UtcTime>> its_time;
    if (reach) {
      its_time = reach->its_time;
    } else {
      its_time = std::unexpected(reach.error());
    }
    facts.hosted = DoctorFacts::Hosted{std::move(its_time), core::system_utc_time()};
  }
  if (facts.assets) {
    for (const auto address : bmc_addresses(*facts.assets)) {
      if (!pxe::path_mtu(address)) facts.bmcs_without_route.push_back(address);
    }
  }
  for (auto& file : boot_program_files(config)) {
    if (::access(file.c_str(), F_OK) != 0) facts.programs_lacking.push_back(std::move(file));
  }
  facts.store_free = free_bytes(std::filesystem::path(config.store.path.text()).parent_path().string());
}

/// What to do is said once, at the cause.
std::string line_of(const Check& check) {
  if (!check.follows_from.empty()) return fmt::format("{} (follows from {})", check.text, check.follows_from);
  return check.cure.empty() ? check.text : check.text + " -> " + check.cure;
}

class DoctorCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "doctor", "Check everything that a support engineer would ask for, and name each fault and its cure",
        "  sudo colony doctor\n  colony doctor --output json | jq '.checks[] | select(.health != \"OK\")'"};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--config", "FILE", config_, "The daemon's configuration");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    DoctorFacts facts{.config_file = config_,
                      .config = load_config(config_),
                      .status = co_await session.api.get(api_path({"status"})),
                      .assets = Json(),
                      .ports = {},
                      .programs_lacking = {},
                      .store_free = {},
                      .interfaces = {},
                      .hosted = {},
                      .bmcs_without_route = {}};
    if (facts.status) {
      auto assets = co_await session.api.get(api_path({"assets"}));
      const Json* list = assets ? core::json_member(*assets, "assets") : nullptr;
      if (list != nullptr) facts.assets = *list;
    }
    if (facts.config) look_around(*facts.config, facts);
    co_return show(session, examine(facts));
  }

 private:
  static ExitCode show(Session& session, const std::vector<Check>& checks) {
    bool well = true;
    Json list = Json::array();
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& check : checks) {
      well = well && check.health != Health::fail;
      list.push_back({{"check", check.what},
                      {"health", name(check.health)},
                      {"text", check.text},
                      {"cure", check.cure},
                      {"code", check.code},
                      {"follows_from", check.follows_from}});
      lines.emplace_back(fmt::format("{:<5}{}", name(check.health), check.what), line_of(check));
    }
    if (session.output == Output::json) {
      print_json(session, {{"ok", well}, {"checks", std::move(list)}});
    } else {
      session.console.out(render_pairs(lines, style_of(session).fit));
    }
    return well ? ExitCode::success : ExitCode::general;
  }

  std::string config_ = "/etc/colony/colony.yaml";
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() {
  return std::make_unique<DoctorCommand>();
}

}  // namespace colony::daemon::cli
