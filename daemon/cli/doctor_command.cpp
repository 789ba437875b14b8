#include <filesystem>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/doctor_checks.hpp"
#include "daemon/cli/report.hpp"

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
    facts.ports.push_back({port, core::udp_port_owner(config.load_balancer.ip.address, port)});
  }
  for (auto& file : boot_program_files(config)) {
    if (::access(file.c_str(), F_OK) != 0) facts.programs_lacking.push_back(std::move(file));
  }
  facts.store_free = free_bytes(std::filesystem::path(config.store.path.text()).parent_path().string());
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
                      .store_free = {}};
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
                      {"cure", check.cure}});
      lines.emplace_back(fmt::format("{:<5}{}", name(check.health), check.what),
                         check.cure.empty() ? check.text : check.text + " -> " + check.cure);
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
