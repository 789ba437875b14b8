#include "pxe/dhcp/known_clients.hpp"

#include <array>
#include <cerrno>
#include <span>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/net/netlink_messages.hpp"

namespace colony::pxe::dhcp {

namespace {

int on_neighbour(const nlmsghdr* message, void* context) {
  *static_cast<std::optional<core::Neighbour>*>(context) = core::decode_neighbour(*message);
  return MNL_CB_STOP;
}

nlmsghdr* put_neighbour(std::span<char> buffer, std::uint16_t type, std::uint16_t flags, int interface_index,
                        core::Ipv4Address address) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = flags;
  auto* neighbour = static_cast<ndmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
  neighbour->ndm_family = AF_INET;
  neighbour->ndm_ifindex = interface_index;
  mnl_attr_put_u32(header, NDA_DST, htonl(address.value()));
  return header;
}

}  // namespace

core::Result<KernelNeighbours> KernelNeighbours::open(const std::string& interface) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) {
    return core::fail(core::ErrorKind::not_found, "net.interface", interface + ": no such interface");
  }
  core::FileDescriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.valid()) return core::fail_errno("net.netlink", "neighbour table", errno);
  // The kernel answers within the call; the timeout only guards against our own mistakes.
  const timeval patience{.tv_sec = 0, .tv_usec = 100'000};
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return KernelNeighbours(std::move(fd), static_cast<int>(index));
}

KernelNeighbours::Found KernelNeighbours::look_up(core::Ipv4Address address) const {
  alignas(nlmsghdr) std::array<char, 128> request{};
  nlmsghdr* header = put_neighbour(request, RTM_GETNEIGH, NLM_F_REQUEST, interface_index_, address);
  if (::send(netlink_.get(), header, header->nlmsg_len, 0) < 0) return {};
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t size = ::recv(netlink_.get(), answer.data(), answer.size(), 0);
  if (size <= 0) return {};
  std::optional<core::Neighbour>
      found;  // an error message (no such entry) ends mnl_cb_run and leaves this empty
  (void)mnl_cb_run(answer.data(), static_cast<std::size_t>(size), 0, 0, on_neighbour, &found);
  if (!found) return {};
  return {found->mac, found->reachable};
}

std::optional<core::MacAddress> KernelNeighbours::mac_of(core::Ipv4Address address) const {
  return look_up(address).mac;
}

std::optional<core::MacAddress> KernelNeighbours::answering(core::Ipv4Address address) const {
  const auto found = look_up(address);
  return found.reachable ? found.mac : std::nullopt;
}

void KernelNeighbours::ask(core::Ipv4Address address) const {
  alignas(nlmsghdr) std::array<char, 128> request{};
  nlmsghdr* header =
      put_neighbour(request, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_CREATE, interface_index_, address);
  auto* neighbour = static_cast<ndmsg*>(mnl_nlmsg_get_payload(header));
  neighbour->ndm_state = NUD_NONE;
  neighbour->ndm_flags = NTF_USE;  // as if a packet waited for it
  if (::send(netlink_.get(), header, header->nlmsg_len, 0) < 0) return;
  // Without NLM_F_ACK only a refusal is answered; it must not be taken for the answer to the next question.
  alignas(nlmsghdr) std::array<char, 1024> answer{};
  (void)::recv(netlink_.get(), answer.data(), answer.size(), MSG_DONTWAIT);
}

std::optional<core::MacAddress> KnownClients::holder(core::Ipv4Address address) const {
  const auto mac = neighbours_.mac_of(address);
  if (mac && !mac->is_zero() && !mac->is_group()) return mac;
  return learned_.find(address);
}

std::optional<core::MacAddress> KnownClients::find(core::Ipv4Address address) const {
  if (const auto mac = learned_.find(address)) {
    const auto request = learned_.last_request(*mac);
    return request && policy_.serves(*request) ? mac : std::nullopt;
  }
  const auto mac = neighbours_.mac_of(address);
  if (!mac || mac->is_zero() || mac->is_group()) return std::nullopt;
  BootRequest request = learned_.last_request(*mac).value_or(BootRequest{});
  request.mac = *mac;
  request.address = address;
  return policy_.serves(request) ? mac : std::nullopt;
}

}  // namespace colony::pxe::dhcp
