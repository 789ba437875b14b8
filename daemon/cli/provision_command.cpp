#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/secret.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/disks.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

constexpr std::size_t max_config = std::size_t{1} << 20;

class ProvisionCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"provision", "Install Talos on servers with a machine config of yours",
            "  colony provision web-1 --config worker.yaml --yes\n"
            "  colony provision web-1 web-2 web-3 --config worker.yaml --disk 0x5000c500a1b2c3d4 --wait\n"
            "  talosctl gen config ... && colony provision cp-1 --config controlplane.yaml\n"
            "The install disk is erased; without --disk it is the one that the machine config names."};
  }
  void declare(Arguments& arguments) override {
    arguments.positionals("ASSET", assets_, "Name, id, serial, MAC or BMC address", Need::required);
    arguments.option("--config", "FILE", config_, "Talos machine config; - is standard input",
                     Need::required);
    arguments.option("--disk", "WWN|SERIAL", disk_, "Install there");
    arguments.repeatable("--kernel-argument", "ARG", kernel_arguments_, "In addition to the mandatory ones");
    arguments.flag("-y,--yes", yes_, "Do not ask");
    arguments.flag("--wait", wait_, "Until they boot from their disks");
  }

  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    auto config = read_text_file(config_, max_config);
    if (!config) co_return report_error(session, config.error());
    // All are looked at before the first question: one that is not known ends it.
    std::vector<Json> seen;
    seen.reserve(assets_.size());
    for (const auto& asset : assets_) {
      auto one = co_await session.api.get(api_path({"assets", asset}));
      if (!one) co_return report_error(session, core::with_context(one.error(), asset));
      seen.push_back(std::move(*one));
    }
    for (const auto& one : seen) {
      if (!confirm_one(session, one)) co_return ExitCode::arguments;
    }
    Json body = {{"config", *config}, {"disk", disk_}, {"kernel_arguments", kernel_arguments_}};
    core::wipe_text(*config);
    co_return co_await order_each(session, assets_, "provision", std::move(body), wait_);
  }

 private:
  [[nodiscard]] bool confirm_one(Session& session, const Json& asset) const {
    if (yes_) return true;
    const Json* disks = core::json_member(asset, "storages");
    session.console.err(
        fmt::format("\n{}: Talos will be installed on {}\n", terminal_text(text_of(asset, "name")),
                    disk_.empty() ? "the disk that the machine config names" : terminal_text(disk_)));
    if (disks != nullptr) session.console.err(disk_table(*disks));
    return confirm(session, yes_, text_of(asset, "name"), "erase its install disk and provision it");
  }

  std::vector<std::string> assets_, kernel_arguments_;
  std::string config_, disk_;
  bool yes_ = false, wait_ = false;
};

}  // namespace

std::unique_ptr<Command> make_provision_command() {
  return std::make_unique<ProvisionCommand>();
}

}  // namespace colony::daemon::cli
