#pragma once
// The BMC's own network (IPMI 2.0 section 23.2, table 23-4).

#include "drivers/bmc_record_values.hpp"
#include "drivers/ipmi/commands.hpp"

namespace colony::drivers::ipmi {

enum class LanParameter : std::uint8_t {
  address = 3,
  source = 4,
  mac = 5,
  mask = 6,
  gateway = 12,
  vlan = 20
};

/// Of the channel that this is sent on.
[[nodiscard]] Command get_lan_parameter(LanParameter parameter);
[[nodiscard]] Parsed<core::Ipv4Address> parse_lan_address(core::ByteView data);
[[nodiscard]] Parsed<std::string> parse_lan_source(core::ByteView data);
[[nodiscard]] Parsed<core::MacAddress> parse_lan_mac(core::ByteView data);
/// nullopt: no VLAN.
[[nodiscard]] Parsed<std::optional<std::uint16_t>> parse_lan_vlan(core::ByteView data);

}  // namespace colony::drivers::ipmi
