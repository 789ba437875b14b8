#include "pxe/dhcp/relay_agent.hpp"

namespace colony::pxe::dhcp {

namespace {

constexpr core::Byte link_selection = 5;

std::optional<core::Ipv4Address> usable(std::optional<core::Ipv4Address> address) {
  return address && !address->is_unspecified() ? address : std::nullopt;
}

}  // namespace

std::optional<core::Ipv4Address> parse_link_selection(core::ByteView option_82) {
  core::ByteReader in(option_82);
  while (!in.at_end()) {  // RFC 3046 section 2.0: neither padding nor an end
    const auto code = in.u8();
    const auto length = in.u8();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value) return std::nullopt;
    if (code != link_selection) continue;
    if (value->size() != 4) return std::nullopt;
    return usable(core::Ipv4Address(core::ByteReader(*value).u32be().value_or(0)));
  }
  return std::nullopt;
}

std::optional<core::Ipv4Address> relayed_from(const Message& message) {
  if (message.gateway.is_unspecified()) return std::nullopt;
  if (const auto told = message.options.find(OptionCode::relay_agent_information)) {
    if (const auto link = parse_link_selection(*told)) return link;
  }
  if (const auto subnet = usable(message.options.find_address(OptionCode::subnet_selection))) return subnet;
  return message.gateway;
}

}  // namespace colony::pxe::dhcp
