#pragma once
// What the machine's own BMC tells from inside: the surest way to know which BMC drives which server.

#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

struct IpmiRequest {
  std::uint8_t net_fn = 0;
  std::uint8_t command = 0;
  core::Bytes data;
};

/// The response from its completion code on; nullopt when the BMC did not answer.
using IpmiCommand = std::function<std::optional<core::Bytes>(const IpmiRequest&)>;

/// Get Device ID, Get System GUID, and address and MAC of the first LAN channel (IPMI 2.0 sections 20.1,
/// 22.14, 22.24, 23.2). nullopt when nobody answers the first.
[[nodiscard]] std::optional<drivers::scout::InBandBmc> ask_bmc(const IpmiCommand& send);

}  // namespace colony::ramdisk
