#include "core/net/interface_watch.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "core/net/netlink_messages.hpp"

namespace colony::core {

namespace {

constexpr unsigned datagrams_per_turn = 16;
constexpr std::size_t buffer_size = 32UL * 1024;

/// Both headers have the interface's index at the same place (rtnetlink(7)).
static_assert(offsetof(ifinfomsg, ifi_index) == offsetof(ifaddrmsg, ifa_index));
static_assert(sizeof(ifaddrmsg) <= sizeof(ifinfomsg));

std::optional<InterfaceNotice> notice_of(const nlmsghdr& message) {
  const bool about_us = message.nlmsg_type == RTM_NEWLINK || message.nlmsg_type == RTM_DELLINK ||
                        message.nlmsg_type == RTM_NEWADDR || message.nlmsg_type == RTM_DELADDR;
  if (!about_us || mnl_nlmsg_get_payload_len(&message) < sizeof(ifaddrmsg)) return std::nullopt;
  ifaddrmsg header{};
  std::memcpy(&header, mnl_nlmsg_get_payload(&message), sizeof header);
  return InterfaceNotice{header.ifa_index, decode_link(message)};
}

}  // namespace

Result<InterfaceWatch> InterfaceWatch::open() {
  FileDescriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd.valid()) return fail_errno("net.netlink", "watching interfaces", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("net.netlink", "watching interfaces", errno);
  }
  return InterfaceWatch(std::move(fd));
}

InterfaceWatch::News InterfaceWatch::take() {
  News news;
  alignas(nlmsghdr) std::array<char, buffer_size> buffer{};
  for (unsigned i = 0; i < datagrams_per_turn; ++i) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) {
      news.missed_some = news.missed_some || errno == ENOBUFS;
      if (errno == ENOBUFS || errno == EINTR) continue;
      break;
    }
    if (from.nl_pid != 0) continue;  // only the kernel is believed
    int left = static_cast<int>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (auto notice = notice_of(*message)) news.notices.push_back(std::move(*notice));
    }
  }
  return news;
}

}  // namespace colony::core
