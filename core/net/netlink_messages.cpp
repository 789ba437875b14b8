#include "core/net/netlink_messages.hpp"

#include <algorithm>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include "core/bytes.hpp"

namespace colony::core {

namespace {

template <class Header>
const Header* header_of(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(Header)) return nullptr;
  return static_cast<const Header*>(mnl_nlmsg_get_payload(&message));
}

/// The payload of the first attribute of a type behind a header of type Header, which the message is long
/// enough for. Not mnl_attr_parse: it takes the message's length rounded up, and reads past the end of a cut
/// one.
template <class Header>
std::optional<ByteView> attribute_of(const nlmsghdr& message, std::uint16_t type) {
  ByteView rest(static_cast<const Byte*>(mnl_nlmsg_get_payload(&message)),
                mnl_nlmsg_get_payload_len(&message));
  rest = rest.subspan(std::min<std::size_t>(MNL_ALIGN(sizeof(Header)), rest.size()));
  nlattr attribute{};
  while (rest.size() >= sizeof attribute) {
    std::memcpy(&attribute, rest.data(), sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > rest.size()) return std::nullopt;
    if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
      return rest.subspan(sizeof attribute, attribute.nla_len - sizeof attribute);
    }
    rest = rest.subspan(std::min<std::size_t>(MNL_ALIGN(attribute.nla_len), rest.size()));
  }
  return std::nullopt;
}

template <class Header>
std::optional<MacAddress> mac_of(const nlmsghdr& message, std::uint16_t type) {
  const auto payload = attribute_of<Header>(message, type);
  MacAddress::Octets octets{};
  if (!payload || payload->size() != octets.size()) return std::nullopt;
  std::ranges::copy(*payload, octets.begin());
  return MacAddress(octets);
}

}  // namespace

std::optional<InterfaceState> decode_link(const nlmsghdr& message) {
  const auto* link = header_of<ifinfomsg>(message);
  if (message.nlmsg_type != RTM_NEWLINK || link == nullptr) return std::nullopt;
  InterfaceState state;
  state.index = static_cast<unsigned>(link->ifi_index);
  state.up = (link->ifi_flags & IFF_UP) != 0;
  state.carrier = (link->ifi_flags & 0x10000U /* IFF_LOWER_UP */) != 0;
  state.arp = (link->ifi_flags & (IFF_NOARP | IFF_LOOPBACK)) == 0 && link->ifi_type == ARPHRD_ETHER;
  if (const auto name = attribute_of<ifinfomsg>(message, IFLA_IFNAME)) {
    state.name = ByteReader(*name).c_string(name->size()).value_or("");
  }
  state.mac = mac_of<ifinfomsg>(message, IFLA_ADDRESS).value_or(MacAddress());
  return state;
}

std::optional<InterfaceAddress> decode_address(const nlmsghdr& message) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (message.nlmsg_type != RTM_NEWADDR || header == nullptr || header->ifa_family != AF_INET ||
      header->ifa_prefixlen > 32) {
    return std::nullopt;
  }
  // IFA_LOCAL is the interface's own address, also on a point-to-point link, where IFA_ADDRESS is the peer's.
  const auto local = attribute_of<ifaddrmsg>(message, IFA_LOCAL);
  if (!local || local->size() != 4) return std::nullopt;
  const auto address = ByteReader(*local).u32be();
  if (!address) return std::nullopt;
  return InterfaceAddress{header->ifa_index, {Ipv4Address(*address), header->ifa_prefixlen}};
}

std::optional<Neighbour> decode_neighbour(const nlmsghdr& message) {
  const auto* header = header_of<ndmsg>(message);
  if (message.nlmsg_type != RTM_NEWNEIGH || header == nullptr) return std::nullopt;
  const auto mac = mac_of<ndmsg>(message, NDA_LLADDR);
  if (!mac) return std::nullopt;
  const bool reachable = (header->ndm_state & (NUD_REACHABLE | NUD_PERMANENT)) != 0;
  return Neighbour{*mac, reachable};
}

}  // namespace colony::core
