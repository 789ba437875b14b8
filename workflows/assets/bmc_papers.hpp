#pragma once
// What is kept of each BMC beside its asset's row: its passport, what the last audit found, when it was last
// reset. The passport goes by the BMC's address: learnt by whoever talks to it, whatever asset it belongs to.

#include <fmt/format.h>

#include "core/ids.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

[[nodiscard]] inline std::string passport_setting(core::Ipv4Address address, std::uint16_t port) {
  return fmt::format("bmc.passport.{}:{}", address.to_string(), port);
}
[[nodiscard]] inline std::string audit_setting(const core::AssetId& asset) {
  return "bmc.audit." + asset.to_string();
}
[[nodiscard]] inline std::string reset_setting(const BmcRecord& bmc) {
  return fmt::format("bmc.reset.{}:{}", bmc.address.to_string(), bmc.port);
}

}  // namespace colony::workflows
