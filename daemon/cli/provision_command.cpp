#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/secret.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/disks.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/nics.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr std::size_t max_config = std::size_t{1} << 20;

class ProvisionCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "provision", "Install Talos on servers with a machine config of yours",
        "  colony provision web-1 --config worker.yaml --yes\n"
        "  colony provision web-1 --config worker.yaml --disk naa.5000c500a1b2c3d4 --wait\n"
        "  colony provision web-1 web-2 web-3 --config worker.yaml --disk 'transport=nvme,smallest'\n"
        "  colony provision web-1 --config worker.yaml --disk 'size>=900GB,rotational=no,model=SAMSUNG*'\n"
        "  colony provision web-1 --config worker.yaml --nic 'link=yes,boot=no,fastest'\n"
        "  talosctl gen config ... && colony provision cp-1 --config controlplane.yaml\n"
        "The install disk is erased; without --disk it is the one that the machine config names.\n"
        "What is chosen stands in the machine config as ${install_disk_serial}, ${install_disk_wwid},\n"
        "${install_nic_mac}, ${install_nic_2_mac} and so on, and is shown before anything is done.\n"
        "Terms of rules: serial= wwn= model= transport= content= size= size>= size<= rotational= raid=\n"
        "smallest largest; mac= driver= pci= firmware= switch= port= speed= speed>= speed<= link= boot=\n"
        "fastest. More of them: docs/rules.md"};
  }
  void declare(Arguments& arguments) override {
    arguments.positionals("ASSET", assets_, "Name, id, serial, MAC or BMC address", Need::required);
    arguments.option("--config", "FILE", config_, "Talos machine config; - is standard input",
                     Need::required);
    arguments.option("--disk", "WWN|SERIAL|RULE", disk_, "Install there; a rule must fit one disk");
    arguments.repeatable("--nic", "MAC|RULE", nics_,
                         "For the machine config to name; a rule must fit one NIC");
    arguments.repeatable("--kernel-argument", "ARG", kernel_arguments_, "In addition to the mandatory ones");
    arguments.flag("-y,--yes", yes_, "Do not ask");
    arguments.flag("--wait", wait_, "Until they boot from their disks");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    auto config = read_text_file(config_, max_config);
    if (!config) co_return report_error(session, config.error());
    // All are looked at before the first question: one that is not known ends it.
    std::vector<std::pair<Json, Json>> seen;  // asset and plan
    seen.reserve(assets_.size());
    for (const auto& asset : assets_) {
      auto one = co_await session.api.get(api_path({"assets", asset}));
      if (!one) co_return report_error(session, core::with_context(one.error(), asset));
      auto plan = co_await session.api.post(api_path({"assets", asset, "provision-plan"}),
                                            Json{{"disk", disk_}, {"nics", nics_}});
      if (!plan) co_return report_error(session, core::with_context(plan.error(), asset));
      seen.emplace_back(std::move(*one), std::move(*plan));
    }
    for (const auto& [one, plan] : seen) {
      if (!confirm_one(session, one, plan)) co_return ExitCode::arguments;
    }
    // What was shown is what is ordered, also when a rule means another disk meanwhile.
    const auto body_of = [this, &seen, &config](std::size_t i) {
      const Json* const disk = core::json_member(seen[i].second, "disk");
      const bool resolved = disk != nullptr && disk->is_object();
      return Json{{"config", *config},
                  {"disk", resolved ? disk_name(*disk) : disk_},
                  {"nics", nic_names(seen[i].second)},
                  {"kernel_arguments", kernel_arguments_}};
    };
    const ExitCode code = co_await order_each(session, assets_, "provision", body_of, wait_);
    core::wipe_text(*config);
    co_return code;
  }

 private:
  /// What rules and names were resolved to is shown also when nothing is asked.
  [[nodiscard]] bool confirm_one(Session& session, const Json& asset, const Json& plan) const {
    const Json* disk = core::json_member(plan, "disk");
    const bool resolved = disk != nullptr && disk->is_object();
    if (resolved) {
      session.console.err(fmt::format("{}: Talos will be installed on\n{}",
                                      terminal_text(text_of(asset, "name")),
                                      disk_table(Json::array({*disk}))));
    }
    if (const auto table = nic_table(plan); !table.empty()) {
      session.console.err(
          fmt::format("{}: the machine config will name\n{}", terminal_text(text_of(asset, "name")), table));
    }
    if (yes_) return true;
    if (!resolved) {
      session.console.err(
          fmt::format("\n{}: Talos will be installed on the disk that the machine config names\n",
                      terminal_text(text_of(asset, "name"))));
      if (const Json* disks = core::json_member(asset, "storages"); disks != nullptr)
        session.console.err(disk_table(*disks));
    }
    return confirm(session, yes_, text_of(asset, "name"), "erase its install disk and provision it");
  }

  std::vector<std::string> assets_, nics_, kernel_arguments_;
  std::string config_, disk_;
  bool yes_ = false, wait_ = false;
};

}  // namespace

std::unique_ptr<Command> make_provision_command() {
  return std::make_unique<ProvisionCommand>();
}

}  // namespace colony::daemon::cli
