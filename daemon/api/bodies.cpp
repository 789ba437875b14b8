#include "daemon/api/bodies.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "daemon/api/members.hpp"
#include "workflows/choice/nic_choice.hpp"

namespace colony::daemon::api {

using core::Json;
using core::Result;

namespace {

constexpr std::size_t operation_id_limit = 128;

}  // namespace

Result<workflows::BmcEnrolment> decode_enrolment(std::string_view body) {
  auto json = object_of(body, {"ip", "port", "username", "password", "driver", "name", "auto_discover"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::BmcEnrolment out;
  const auto address = core::Ipv4Address::parse(members.required_text("ip"));
  if (!address) members.refuse("ip", "an IPv4 address such as 10.1.1.20");
  out.address = address.value_or(core::Ipv4Address{});
  if (core::json_member(*json, "port") != nullptr) {
    const auto port = core::json_uint(*json, "port").value_or(0);
    if (port == 0 || port > 65535) members.refuse("port", "a number from 1 to 65535");
    out.port = static_cast<std::uint16_t>(port);
  }
  out.username = members.text("username");
  std::string password = members.text("password");
  out.password = core::Secret(password);
  core::wipe_text(password);
  out.driver =
      members.word<std::string_view>("driver", {{"native", "native"}, {"ipmitool", "ipmitool"}}).value_or("");
  out.name = members.text("name", 63);
  out.auto_discover = members.flag("auto_discover").value_or(false);
  return finish(std::move(out), members);
}

Result<workflows::DiscoverOrder> decode_discover(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::DiscoverOrder out{std::string(asset), members.text("operation_id", operation_id_limit)};
  return finish(std::move(out), members);
}

Result<workflows::RotateOrder> decode_rotate(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::RotateOrder out{std::string(asset), members.text("operation_id", operation_id_limit)};
  return finish(std::move(out), members);
}

Result<workflows::ProvisionOrder> decode_provision(std::string_view asset, std::string_view body) {
  // A config as one JSON string may be long after escaping.
  auto json = object_of(body, {"config", "disk", "diskDevice", "nics", "kernel_arguments", "operation_id"},
                        3 * max_machine_config);
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::ProvisionOrder out;
  out.asset = asset;
  std::string config = members.required_text("config", max_machine_config);
  out.machine_config = core::Secret(config);
  core::wipe_text(config);
  out.disk = members.text("disk");
  out.disk_device = members.text("diskDevice");
  out.nics = members.texts("nics", workflows::max_chosen_nics);
  out.kernel_arguments = members.texts("kernel_arguments", max_kernel_arguments);
  out.operation_id = members.text("operation_id", operation_id_limit);
  return finish(std::move(out), members);
}

Result<workflows::ProvisionOrder> decode_provision_plan(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"disk", "diskDevice", "nics"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::ProvisionOrder out;
  out.asset = asset;
  out.disk = members.text("disk");
  out.disk_device = members.text("diskDevice");
  out.nics = members.texts("nics", workflows::max_chosen_nics);
  return finish(std::move(out), members);
}

Result<workflows::WipeRequest> decode_wipe(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"disks", "minimum", "operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::WipeRequest out;
  out.asset = asset;
  const core::Json* disks = core::json_member(*json, "disks");
  // Absent means every disk; an empty list, or a null that some languages write for one, is more likely a
  // mistake.
  if (disks != nullptr && disks->empty()) members.refuse("disks", "leave it out to mean all");
  out.disks = members.texts("disks", max_disks);
  using drivers::scout::WipeLevel;
  out.minimum =
      members.word<WipeLevel>("minimum", {{"clear", WipeLevel::clear}, {"purge", WipeLevel::purge}});
  out.operation_id = members.text("operation_id", operation_id_limit);
  return finish(std::move(out), members);
}

Result<workflows::PowerOrder> decode_power(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"action", "operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  using Action = workflows::PowerOrderAction;
  const auto action =
      members.word<Action>("action", {{"on", Action::on}, {"off", Action::off}, {"cycle", Action::cycle}});
  if (!action) members.refuse("action", "one of on, off, cycle");
  workflows::PowerOrder out{std::string(asset), action.value_or(Action::on),
                            members.text("operation_id", operation_id_limit)};
  return finish(std::move(out), members);
}

Result<workflows::RebootOrder> decode_reboot(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"boot_device", "efi", "operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  using drivers::BootDevice;
  workflows::RebootOrder out;
  out.asset = asset;
  out.device = members.word<BootDevice>("boot_device", {{"pxe", BootDevice::pxe},
                                                        {"disk", BootDevice::disk},
                                                        {"cdrom", BootDevice::cdrom},
                                                        {"bios", BootDevice::bios_setup}});
  if (const auto efi = members.flag("efi")) {
    out.firmware = *efi ? drivers::BootFirmware::efi : drivers::BootFirmware::legacy;
  }
  out.operation_id = members.text("operation_id", operation_id_limit);
  return finish(std::move(out), members);
}

Result<core::Duration> decode_window(std::string_view body) {
  auto json = object_of(body, {"for"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  const auto duration = core::parse_duration(members.required_text("for"));
  if (!duration) members.refuse("for", "a duration such as 30m or 2h");
  return finish(duration.value_or(core::Duration{}), members);
}

}  // namespace colony::daemon::api
