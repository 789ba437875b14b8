#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.hpp"
#include "daemon/cli/one_bmc_command.hpp"
#include "daemon/cli/report.hpp"

namespace colony::daemon::cli {

namespace {

using core::Json;
using core::Result;
using core::Task;

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
    std::string cause = co_await restart_cause_of(bmc, deadline);
    const auto& guid = identity->system_guid;
    co_return Json{{"power", name(*power)},
                   {"device_id", identity->device_id},
                   {"firmware", identity->firmware_revision},
                   {"manufacturer_id", identity->manufacturer_id},
                   {"product_id", identity->product_id},
                   {"product_name", identity->product_name},
                   {"board_serial", identity->board_serial},
                   {"product_serial", identity->product_serial},
                   {"restart_cause", std::move(cause)},
                   {"passport", drivers::to_json(bmc.standing().passport)},
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
