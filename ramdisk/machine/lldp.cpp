#include "ramdisk/machine/lldp.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

using core::ByteView;
using drivers::scout::LldpNeighbour;

namespace {

enum Type : unsigned {
  end = 0,
  chassis_id = 1,
  port_id = 2,
  time_to_live = 3,
  port_description = 4,
  system_name = 5,
  organization = 127,
};

/// The subtypes whose value is no text (tables 8-2 and 8-3): the same two, numbered differently.
struct IdForms {
  core::Byte mac, network_address;
};
constexpr IdForms chassis_forms{4, 5}, port_forms{3, 4};
constexpr core::Byte ipv4_family = 1;  // IANA address family numbers

std::string id_text(ByteView value, IdForms forms) {
  if (value.size() < 2) return {};
  const core::Byte subtype = value.front();
  const ByteView id = value.subspan(1);
  if (subtype == forms.mac && id.size() == 6) {
    core::MacAddress::Octets octets{};
    std::ranges::copy(id, octets.begin());
    return core::MacAddress(octets).to_string();
  }
  if (subtype == forms.network_address && id.size() == 5 && id.front() == ipv4_family) {
    return fmt::format("{}.{}.{}.{}", id[1], id[2], id[3], id[4]);
  }
  if (subtype == forms.network_address) return core::hex(id).substr(0, drivers::scout::max_text);
  return clean(core::as_text(id));
}

/// 00-80-C2, subtype 1: the VLAN of frames without a tag; 0 = none.
std::optional<unsigned> port_vlan(ByteView value) {
  constexpr std::array<core::Byte, 4> kind{0x00, 0x80, 0xc2, 0x01};
  if (value.size() < 6 || !std::ranges::equal(value.first(4), kind)) return std::nullopt;
  const unsigned vlan = (static_cast<unsigned>(value[4]) << 8U | value[5]) & 0xfffU;
  return vlan == 0 ? std::nullopt : std::optional(vlan);
}

}  // namespace

std::optional<LldpNeighbour> decode_lldp(ByteView frame) {
  core::ByteReader reader(frame);
  if (frame.size() > max_lldp_frame || !reader.skip(12) || reader.u16be() != lldp_ethertype)
    return std::nullopt;
  LldpNeighbour neighbour;
  for (unsigned number = 1; reader.remaining() > 0; ++number) {
    const auto head = reader.u16be();
    const auto value = head ? reader.take(*head & 0x1ffU) : std::nullopt;
    if (!head || !value) return std::nullopt;
    const unsigned type = *head >> 9U;
    // The first three are mandatory, in this order, and come once (clause 9.2.2).
    if ((number <= 3 && type != number) || (number > 3 && type >= chassis_id && type <= time_to_live))
      return std::nullopt;
    switch (type) {
      case chassis_id: neighbour.chassis_id = id_text(*value, chassis_forms); break;
      case port_id: neighbour.port_id = id_text(*value, port_forms); break;
      case time_to_live:
        if (value->size() != 2 || ((*value)[0] == 0 && (*value)[1] == 0)) return std::nullopt;
        break;
      case port_description: neighbour.port_description = clean(core::as_text(*value)); break;
      case system_name: neighbour.system_name = clean(core::as_text(*value)); break;
      case organization:
        if (const auto vlan = port_vlan(*value)) neighbour.vlan = vlan;
        break;
      case end: return neighbour;  // what follows is the frame's padding
      default: break;
    }
    if ((type == chassis_id && neighbour.chassis_id.empty()) ||
        (type == port_id && neighbour.port_id.empty())) {
      return std::nullopt;
    }
    if (number >= 3 && reader.at_end()) return neighbour;  // some leave the end mark out
  }
  return std::nullopt;
}

}  // namespace colony::ramdisk
