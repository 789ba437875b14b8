#pragma once
// LLDP frames (IEEE 802.1AB-2016 clause 9; port VLAN: 802.1Q annex D.2.1) as switches send them. Pure.

#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

inline constexpr std::uint16_t lldp_ethertype = 0x88cc;
inline constexpr std::size_t max_lldp_frame = 1522;

/// A whole Ethernet frame. nullopt when it is no LLDP frame, its mandatory parts are missing or out of order,
/// or it says good-bye (time to live 0). Text comes out clean.
[[nodiscard]] std::optional<drivers::scout::LldpNeighbour> decode_lldp(core::ByteView frame);

}  // namespace colony::ramdisk
