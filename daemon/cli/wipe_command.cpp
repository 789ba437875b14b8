#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/disks.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

/// What an operator would not want to learn afterwards.
std::string what_it_is(const Json& asset) {
  std::string out;
  const std::string status = text_of(asset, "status");
  if (status == "provisioned" || status == "provisioning") {
    const std::string power = text_of(asset, "power");
    out += fmt::format("{} is {}{}: a system of ours lives on its disks.\n",
                       terminal_text(text_of(asset, "name")), status,
                       power.empty() ? "" : fmt::format(", last seen powered {}", power));
  }
  if (const std::string work = text_of(asset, "workflow"); !work.empty()) {
    out += fmt::format("It is in the middle of workflow {}; the wipe begins when that has ended.\n", work);
  }
  return out;
}

/// Shows the exact disks, asks, orders exactly what was shown.
core::Task<ExitCode> wipe(Session& session, std::string asset, Json wanted, bool yes, bool wait) {
  const auto plan = co_await session.api.post(api_path({"assets", asset, "wipe-plan"}), wanted);
  if (!plan) co_return report_error(session, core::with_context(plan.error(), asset));
  const auto seen = co_await session.api.get(api_path({"assets", text_of(*plan, "asset_id")}));
  if (!seen) co_return report_error(session, core::with_context(seen.error(), asset));
  const Json* disks = core::json_member(*plan, "disks");
  const std::string asset_name = text_of(*plan, "asset_name");
  if (disks == nullptr || disks->empty()) {
    session.console.err(fmt::format("colony: {} has no disk to wipe\n", terminal_text(asset_name)));
    co_return ExitCode::general;
  }
  session.console.err(what_it_is(*seen));
  session.console.err(fmt::format(
      "These disks of {} will be erased, beyond recovery (what they carry: as last inventoried):\n{}",
      terminal_text(asset_name), disk_table(*disks)));
  if (const Json* spared = core::json_member(*plan, "left_alone"); spared != nullptr && !spared->empty()) {
    session.console.err((wanted.contains("disks")
                             ? "Not named, left alone:\n"
                             : "Left alone (removable, or without capacity: not erased):\n") +
                        disk_table(*spared));
  }
  if (const Json* limits = core::json_member(*plan, "limits"); limits != nullptr && limits->is_array()) {
    for (const auto& limit : *limits) {
      if (limit.is_string())
        session.console.err("Not reached: " + terminal_text(limit.get_ref<const std::string&>()) + "\n");
    }
  }
  if (!confirm(session, yes, asset_name, "erase these disks")) co_return ExitCode::arguments;
  // What was shown is what is ordered, also when a disk was plugged in meanwhile.
  Json named = Json::array();
  for (const auto& disk : *disks) named.push_back(disk_name(disk));
  wanted["disks"] = std::move(named);
  auto order =
      co_await session.api.post(api_path({"assets", text_of(*plan, "asset_id"), "wipe"}), std::move(wanted));
  if (!order) co_return report_error(session, core::with_context(order.error(), asset_name));
  // Also with --wait: whoever lets it go may come tomorrow.
  if (report_held(session, *order)) co_return ExitCode::success;
  co_return co_await after_orders(session, Json::array({std::move(*order)}), wait);
}

class WipeCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {
        "wipe", "Erase disks, read them back, keep a record",
        "  colony wipe web-1                               shows every disk, then asks\n"
        "  colony wipe web-1 --disk S4EVNX0N123456 --yes --wait\n"
        "  colony wipe web-1 --disk 'transport=sata,size<=1TB'   by rule (docs/rules.md); must fit one disk\n"
        "  colony wipe web-1 --minimum purge               refused: this version reaches clear only\n"
        "Afterwards: colony certificates web-1"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
    arguments.repeatable("--disk", "WWN|SERIAL|RULE", disks_,
                         "Only this disk; may be repeated. Without: every fixed disk");
    arguments.choice("--minimum", minimum_, {"clear", "purge"},
                     "Least level (NIST SP 800-88); else the site's");
    arguments.flag("-y,--yes", yes_, "Do not ask");
    arguments.flag("--wait", wait_, "Until it is done");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    Json wanted = Json::object();
    if (!disks_.empty()) wanted["disks"] = disks_;
    if (!minimum_.empty()) wanted["minimum"] = minimum_;
    return wipe(session, asset_, std::move(wanted), yes_, wait_);
  }

 private:
  std::string asset_, minimum_;
  std::vector<std::string> disks_;
  bool yes_ = false, wait_ = false;
};

/// The old name, with its old flags.
class DeprovisionCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"deprovision", "The old name of wipe",
            "  colony deprovision --hardware-id web-1 --yes    same as: colony wipe web-1 --yes"};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--hardware-id", "ASSET", asset_, "Name, id, serial, MAC or BMC address",
                     Need::required);
    arguments.option("--boot-device", "DEVICE", ignored_device_,
                     "Taken for old scripts; we choose by what we saw");
    arguments.flag("--efiBoot", ignored_efi_, "Taken for old scripts; we choose by what we saw");
    arguments.flag("--destroy", ignored_destroy_, "Taken for old scripts; a wipe always erases");
    arguments.flag("-y,--yes", yes_, "Do not ask");
    arguments.flag("--wait", wait_, "Until it is done");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    return wipe(session, asset_, Json::object(), yes_, wait_);
  }

 private:
  std::string asset_, ignored_device_;
  bool yes_ = false, wait_ = false, ignored_efi_ = false, ignored_destroy_ = false;
};

}  // namespace

std::unique_ptr<Command> make_wipe_command() {
  return std::make_unique<WipeCommand>();
}
std::unique_ptr<Command> make_deprovision_command() {
  return std::make_unique<DeprovisionCommand>();
}

}  // namespace colony::daemon::cli
