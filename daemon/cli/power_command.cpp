#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/follow.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;

class PowerCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"power", "Switch a server, or ask its BMC now",
            "  colony power web-1 status\n  colony power web-1 off --wait"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("ASSET", asset_, "Name, id, serial, MAC or BMC address");
    arguments.positional_choice("ACTION", action_, {"on", "off", "cycle", "status"},
                                "on, off, cycle or status");
    arguments.flag("--wait", wait_, "Until the change was seen");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    if (action_ == "status") {
      const auto power = co_await session.api.get(api_path({"assets", asset_, "power"}));
      if (!power) co_return report_error(session, power.error());
      if (session.output == Output::json) {
        print_json(session, *power);
      } else {
        session.console.out(text_of(*power, "power") + "\n");
      }
      co_return ExitCode::success;
    }
    auto order = co_await session.api.post(api_path({"assets", asset_, "power"}), Json{{"action", action_}});
    if (!order) co_return report_error(session, order.error());
    co_return co_await after_orders(session, Json::array({std::move(*order)}), wait_);
  }

 private:
  std::string asset_, action_;
  bool wait_ = false;
};

class RebootCommand final : public Command {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"reboot", "Off, one-time boot device, on; each step seen before the next",
            "  colony reboot --hardware-id web-1\n"
            "  colony reboot --hardware-id web-1 --boot-device pxe --efiBoot --wait"};
  }
  void declare(Arguments& arguments) override {
    arguments.option("--hardware-id", "ASSET", asset_, "Name, id, serial, MAC or BMC address",
                     Need::required);
    arguments.choice("--boot-device", device_, {"pxe", "disk", "cdrom", "bios"}, "For the next boot only");
    arguments.flag("--efiBoot", efi_, "The boot device is meant for UEFI");
    arguments.flag("--wait", wait_, "Until it is on again");
  }
  [[nodiscard]] core::Task<ExitCode> run(Session& session) override {
    Json body = Json::object();
    if (!device_.empty()) body["boot_device"] = device_;
    if (efi_) body["efi"] = true;
    auto order = co_await session.api.post(api_path({"assets", asset_, "reboot"}), std::move(body));
    if (!order) co_return report_error(session, order.error());
    co_return co_await after_orders(session, Json::array({std::move(*order)}), wait_);
  }

 private:
  std::string asset_, device_;
  bool efi_ = false, wait_ = false;
};

}  // namespace

std::unique_ptr<Command> make_power_command() {
  return std::make_unique<PowerCommand>();
}
std::unique_ptr<Command> make_reboot_command() {
  return std::make_unique<RebootCommand>();
}

}  // namespace colony::daemon::cli
