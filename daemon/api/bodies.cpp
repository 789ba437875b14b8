#include "daemon/api/bodies.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace colony::daemon::api {

using core::Json;
using core::Result;

namespace {

std::unexpected<core::Error> bad(std::string message) {
  return core::fail(core::ErrorKind::invalid_input, "api.body", std::move(message));
}

/// A JSON object with only these members; the empty body counts as {}.
Result<Json> object_of(std::string_view body, std::initializer_list<std::string_view> members) {
  if (body.empty()) return Json::object();
  // A config as one JSON string may be long after escaping.
  auto parsed = core::parse_json(body, {.bytes = 3 * max_machine_config, .depth = 4, .values = 4096});
  if (!parsed) return parsed;
  if (!parsed->is_object()) return bad("the body must be a JSON object");
  for (const auto& [key, value] : parsed->items()) {
    if (std::ranges::find(members, key) == members.end()) {
      return bad(
          fmt::format("unknown member {}; known are: {}", core::printable(key), fmt::join(members, ", ")));
    }
  }
  return parsed;
}

/// Reads members one by one; the first that does not fit is the error.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  std::string text(std::string_view key, std::size_t limit = 256) {
    const Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return {};
    auto value = core::json_text(object_, key, limit);
    if (!value) refuse(key, fmt::format("text of at most {} bytes", limit));
    return value.value_or("");
  }
  std::string required_text(std::string_view key, std::size_t limit = 256) {
    auto value = text(key, limit);
    if (value.empty()) refuse(key, "required");
    return value;
  }
  std::optional<bool> flag(std::string_view key) {
    const Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return std::nullopt;
    const auto value = core::json_bool(object_, key);
    if (!value) refuse(key, "true or false");
    return value;
  }
  std::vector<std::string> texts(std::string_view key, std::size_t count, std::size_t limit = 256) {
    std::vector<std::string> out;
    const Json* member = core::json_member(object_, key);
    if (member == nullptr || member->is_null()) return out;
    if (!member->is_array() || member->size() > count) {
      refuse(key, fmt::format("a list of at most {} texts", count));
      return out;
    }
    for (const auto& each : *member) {
      const auto* value = each.is_string() ? &each.get_ref<const std::string&>() : nullptr;
      if (value == nullptr || value->empty() || value->size() > limit) {
        refuse(key, fmt::format("a list of texts of 1 to {} bytes", limit));
        return out;
      }
      out.push_back(*value);
    }
    return out;
  }
  /// One of a few words; nothing when absent.
  template <class Value>
  std::optional<Value> word(std::string_view key,
                            std::initializer_list<std::pair<std::string_view, Value>> words) {
    const std::string given = text(key);
    if (given.empty()) return std::nullopt;
    std::string accepted;
    for (const auto& [known, value] : words) {
      if (known == given) return value;
      accepted += (accepted.empty() ? "" : ", ") + std::string(known);
    }
    refuse(key, "one of " + accepted);
    return std::nullopt;
  }
  void refuse(std::string_view key, std::string_view accepted) {
    if (!error_) error_ = bad(fmt::format("{}: {}", key, accepted)).error();
  }
  [[nodiscard]] const std::optional<core::Error>& error() const { return error_; }

 private:
  const Json& object_;
  std::optional<core::Error> error_;
};

template <class Order>
Result<Order> finish(Order order, const Members& members) {
  if (const auto& error = members.error()) return std::unexpected(*error);
  return order;
}

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

Result<workflows::ProvisionOrder> decode_provision(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"config", "disk", "diskDevice", "kernel_arguments", "operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::ProvisionOrder out;
  out.asset = asset;
  std::string config = members.required_text("config", max_machine_config);
  out.machine_config = core::Secret(config);
  core::wipe_text(config);
  out.disk = members.text("disk");
  out.disk_device = members.text("diskDevice");
  out.kernel_arguments = members.texts("kernel_arguments", max_kernel_arguments);
  out.operation_id = members.text("operation_id", operation_id_limit);
  return finish(std::move(out), members);
}

Result<workflows::ProvisionOrder> decode_provision_plan(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"disk", "diskDevice"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::ProvisionOrder out;
  out.asset = asset;
  out.disk = members.text("disk");
  out.disk_device = members.text("diskDevice");
  return finish(std::move(out), members);
}

Result<workflows::WipeRequest> decode_wipe(std::string_view asset, std::string_view body) {
  auto json = object_of(body, {"disks", "minimum", "operation_id"});
  if (!json) return std::unexpected(json.error());
  Members members(*json);
  workflows::WipeRequest out;
  out.asset = asset;
  const core::Json* disks = core::json_member(*json, "disks");
  // Absent means every disk; an empty list is more likely a mistake.
  if (disks != nullptr && disks->is_array() && disks->empty())
    members.refuse("disks", "leave it out to mean all");
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
