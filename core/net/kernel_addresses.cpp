// KernelAddresses over libmnl. One short-lived socket a request: these are rare, and a fresh socket has no
// stale answers. The kernel answers at once; the receive timeout only guards against our own mistakes.

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/net/netlink_messages.hpp"
#include "core/net/privileged.hpp"

namespace colony::core {

namespace {

// More interfaces or addresses than this are not looked at; no sane host has them.
constexpr std::size_t most_entries = 4096;
constexpr std::size_t buffer_size = 32UL * 1024;  // what the kernel fills a dump with (NLMSG_GOODSIZE)

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, CloseSocket>;

std::unexpected<Error> netlink_error(std::string_view what, int error_number) {
  if (error_number == EPERM || error_number == EACCES) {
    return fail(ErrorKind::io, "net.permission",
                fmt::format("{}: permission denied; run as root or grant CAP_NET_ADMIN", what));
  }
  if (error_number == EEXIST) {
    return fail(ErrorKind::conflict, "net.address", fmt::format("{}: it is there already", what));
  }
  if (error_number == EADDRNOTAVAIL || error_number == ENODEV) {
    return fail(ErrorKind::not_found, "net.address", fmt::format("{}: it is not there", what));
  }
  return fail_errno("net.netlink", what, error_number);
}

/// Empty with errno set when there is none.
Socket open_socket() {
  Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return nullptr;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  (void)setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

/// Sends one request and feeds every answer to `on_message`. 0 or an errno.
int exchange(nlmsghdr* request, mnl_cb_t on_message, void* context) {
  const Socket socket = open_socket();
  if (!socket) return errno;
  request->nlmsg_seq = 1;
  const unsigned port = mnl_socket_get_portid(socket.get());
  if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return errno;
  std::array<char, buffer_size> buffer{};
  for (;;) {
    const ssize_t count = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (count < 0) return errno;
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(count), request->nlmsg_seq, port,
                                on_message, context);
    if (more < 0) return errno;
    if (more == MNL_CB_STOP) return 0;
  }
}

int on_link(const nlmsghdr* message, void* context) {
  auto& states = *static_cast<std::vector<InterfaceState>*>(context);
  if (auto state = decode_link(*message); state && states.size() < most_entries) {
    states.push_back(std::move(*state));
  }
  return MNL_CB_OK;
}

int on_address(const nlmsghdr* message, void* context) {
  auto& states = *static_cast<std::vector<InterfaceState>*>(context);
  const auto address = decode_address(*message);
  if (!address) return MNL_CB_OK;
  const auto state = std::ranges::find(states, address->interface_index, &InterfaceState::index);
  if (state != states.end() && state->addresses.size() < most_entries) {
    state->addresses.push_back(address->network);
  }
  return MNL_CB_OK;
}

Result<> change(std::uint16_t type, std::uint16_t flags, unsigned interface_index,
                const Ipv4Network& address) {
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  auto* header = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifaddrmsg)));
  header->ifa_family = AF_INET;
  header->ifa_prefixlen = address.prefix_length;
  header->ifa_scope = RT_SCOPE_UNIVERSE;
  header->ifa_index = interface_index;
  mnl_attr_put_u32(request, IFA_LOCAL, htonl(address.address.value()));
  mnl_attr_put_u32(request, IFA_ADDRESS, htonl(address.address.value()));
  if (address.prefix_length < 31) {
    mnl_attr_put_u32(request, IFA_BROADCAST, htonl(address.broadcast().value()));
  }
  if (const int error = exchange(request, nullptr, nullptr); error != 0) {
    return netlink_error(
        fmt::format("{} {}", type == RTM_NEWADDR ? "adding" : "removing", address.to_string()), error);
  }
  return {};
}

Result<> dump(std::uint16_t type, mnl_cb_t on_message, std::vector<InterfaceState>& states) {
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* header = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  header->ifi_family = type == RTM_GETADDR ? AF_INET : AF_UNSPEC;
  const int error = exchange(request, on_message, &states);
  if (error != 0) return netlink_error("listing interfaces", error);
  return {};
}

}  // namespace

Result<std::vector<InterfaceState>> KernelAddresses::interfaces() {
  std::vector<InterfaceState> states;
  if (auto links = dump(RTM_GETLINK, on_link, states); !links) return std::unexpected(links.error());
  if (auto addresses = dump(RTM_GETADDR, on_address, states); !addresses) {
    return std::unexpected(addresses.error());
  }
  return states;
}

Result<> KernelAddresses::add(unsigned interface_index, const Ipv4Network& address) {
  return change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, interface_index, address);
}

Result<> KernelAddresses::remove(unsigned interface_index, const Ipv4Network& address) {
  return change(RTM_DELADDR, 0, interface_index, address);
}

}  // namespace colony::core
