#pragma once
// Request bodies of the local API into orders. Strict: an unknown member is refused by name, because a
// misspelt "disks" would otherwise mean every disk.
//
// Errors: kind invalid_input, code api.body, the message names the member and what is accepted.

#include <string_view>

#include "core/json.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

/// `{"ip","port"?,"username","password","driver"?,"name"?,"auto_discover"?}`
[[nodiscard]] core::Result<workflows::BmcEnrolment> decode_enrolment(std::string_view body);
/// `{"operation_id"?}`
[[nodiscard]] core::Result<workflows::DiscoverOrder> decode_discover(std::string_view asset,
                                                                     std::string_view body);
/// `{"operation_id"?}`
[[nodiscard]] core::Result<workflows::RotateOrder> decode_rotate(std::string_view asset,
                                                                 std::string_view body);
/// `{"config","disk"?,"diskDevice"?,"kernel_arguments"?,"operation_id"?}`
[[nodiscard]] core::Result<workflows::ProvisionOrder> decode_provision(std::string_view asset,
                                                                       std::string_view body);
/// `{"disk"?,"diskDevice"?}`
[[nodiscard]] core::Result<workflows::ProvisionOrder> decode_provision_plan(std::string_view asset,
                                                                            std::string_view body);
/// `{"disks"?,"minimum"?: clear|purge,"operation_id"?}`
[[nodiscard]] core::Result<workflows::WipeRequest> decode_wipe(std::string_view asset, std::string_view body);
/// `{"action": on|off|cycle,"operation_id"?}`
[[nodiscard]] core::Result<workflows::PowerOrder> decode_power(std::string_view asset, std::string_view body);
/// `{"boot_device"?: pxe|disk|cdrom|bios,"efi"?: bool,"operation_id"?}`
[[nodiscard]] core::Result<workflows::RebootOrder> decode_reboot(std::string_view asset,
                                                                 std::string_view body);
/// `{"for": "30m"}`; "0s" closes the window.
[[nodiscard]] core::Result<core::Duration> decode_window(std::string_view body);

/// An operator's machine config: Talos' own limit is far below.
inline constexpr std::size_t max_machine_config = std::size_t{1} << 20;
inline constexpr std::size_t max_disks = 256;
inline constexpr std::size_t max_kernel_arguments = 64;

}  // namespace colony::daemon::api
