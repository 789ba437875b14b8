#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/bmc_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

/// A command that talks to one BMC and shows what came out.
class OneBmcCommand : public Command {
 public:
  [[nodiscard]] Task<ExitCode> run(Session& session) final {
    auto where = one_bmc(session, arguments_);
    if (!where) co_return report_error(session, where.error());
    auto line = BmcLine::open(session, arguments_);
    if (!line) co_return report_error(session, line.error());
    auto bmc = (*line)->bmc(where->endpoint, std::move(where->credentials));
    const auto deadline = session.timers.now() + std::chrono::seconds(arguments_.timeout);
    auto result = co_await ask(session, *bmc, deadline);
    const std::string suite = (*line)->suite_of(where->endpoint);
    co_await bmc->close();
    bmc.reset();
    co_await (*line)->close();
    if (!result) co_return report_error(session, core::with_context(result.error(), arguments_.ip));
    if (!suite.empty()) (*result)["cipher_suite"] = suite;
    show(session, *result);
    co_return ExitCode::success;
  }

 protected:
  [[nodiscard]] virtual Task<Result<Json>> ask(Session& session, drivers::Bmc& bmc,
                                               core::BootTime deadline) = 0;
  BmcArguments arguments_;

 private:
  static void show(Session& session, const Json& result) {
    if (session.output == Output::json) return print_json(session, result);
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& [key, value] : result.items()) {
      std::string words = key;
      std::ranges::replace(words, '_', ' ');
      lines.emplace_back(std::move(words), text_of(result, key));
    }
    session.console.out(render_pairs(lines, style_of(session).fit));
  }
};

class ProbeCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc probe", "Who is this BMC, does the password work, is the machine on",
            "  IPMI_PASSWORD=... colony bmc probe --ip 10.1.1.20 --username ADMIN"};
  }
  void declare(Arguments& arguments) override { arguments_.declare(arguments, Need::required); }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    const auto identity = co_await bmc.identity(deadline);
    if (!identity) co_return std::unexpected(identity.error());
    const auto power = co_await bmc.power_state(deadline);
    if (!power) co_return std::unexpected(power.error());
    const auto& guid = identity->system_guid;
    co_return Json{{"power", name(*power)},
                   {"device_id", identity->device_id},
                   {"firmware", identity->firmware_revision},
                   {"manufacturer_id", identity->manufacturer_id},
                   {"product_id", identity->product_id},
                   {"product_name", identity->product_name},
                   {"board_serial", identity->board_serial},
                   {"product_serial", identity->product_serial},
                   {"system_guid", guid ? Json(guid->to_string()) : Json()}};
  }
};

class BootDeviceCommand final : public OneBmcCommand {
 public:
  [[nodiscard]] CommandText text() const override {
    return {"bmc bootdev", "Set the boot device, read it back",
            "  colony bmc bootdev pxe --ip 10.1.1.20 --username ADMIN             for the next boot\n"
            "  colony bmc bootdev disk --efi --persistent --ip 10.1.1.20 --username ADMIN\n"
            "  colony bmc bootdev show --ip 10.1.1.20 --username ADMIN"};
  }
  void declare(Arguments& arguments) override {
    arguments.positional_choice("DEVICE", device_, {"none", "pxe", "disk", "cdrom", "bios", "show"},
                                "none, pxe, disk, cdrom, bios; or show");
    arguments.flag("--efi", efi_, "For UEFI");
    arguments.flag("--persistent", persistent_, "For all boots, not only the next");
    arguments_.declare(arguments, Need::required);
  }

 private:
  Task<Result<Json>> ask(Session&, drivers::Bmc& bmc, core::BootTime deadline) override {
    using namespace drivers;
    if (device_ != "show") {
      const BootDeviceSetting wanted{device(),
                                     persistent_ ? BootPersistence::persistent : BootPersistence::once,
                                     efi_ ? BootFirmware::efi : BootFirmware::legacy};
      const auto set = co_await bmc.set_boot_device(wanted, deadline);
      if (!set) co_return std::unexpected(set.error());
    }
    const auto now = co_await bmc.boot_device(deadline);
    if (!now) co_return std::unexpected(now.error());
    if (device_ != "show" && now->device != device()) {
      co_return core::fail(core::ErrorKind::refused, "bmc.boot_device_not_kept",
                           fmt::format("the BMC took the boot device, but says {}", name(now->device)));
    }
    co_return Json{{"boot_device", name(now->device)},
                   {"persistent", now->persistence == BootPersistence::persistent},
                   {"efi", now->firmware == BootFirmware::efi}};
  }

  [[nodiscard]] drivers::BootDevice device() const {
    using drivers::BootDevice;
    if (device_ == "pxe") return BootDevice::pxe;
    if (device_ == "disk") return BootDevice::disk;
    if (device_ == "cdrom") return BootDevice::cdrom;
    if (device_ == "bios") return BootDevice::bios_setup;
    return BootDevice::none;
  }

  std::string device_;
  bool efi_ = false, persistent_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bmc_probe_command() {
  return std::make_unique<ProbeCommand>();
}
std::unique_ptr<Command> make_bmc_bootdev_command() {
  return std::make_unique<BootDeviceCommand>();
}

}  // namespace colony::daemon::cli
