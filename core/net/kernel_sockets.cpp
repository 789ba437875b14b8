#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/net/port_owner.hpp"
#include "core/net/privileged.hpp"

namespace colony::core {

namespace {

sockaddr_in socket_address(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value());
  return out;
}

std::unexpected<Error> socket_error(std::string_view what, int error_number) {
  if (error_number == EPERM || error_number == EACCES) {
    return fail(ErrorKind::io, "net.permission",
                fmt::format("{}: permission denied; run as root or grant CAP_NET_BIND_SERVICE and "
                            "CAP_NET_RAW",
                            what));
  }
  if (error_number == EADDRINUSE) {
    return fail(ErrorKind::conflict, "net.bind",
                fmt::format("{}: address in use by another program (see: ss -lunpt)", what));
  }
  if (error_number == ENODEV) {
    return fail(ErrorKind::not_found, "net.interface", fmt::format("{}: no such interface", what));
  }
  return fail_errno("net.bind", what, error_number);
}

std::unexpected<Error> held_by(std::string_view what, const std::optional<PortOwner>& owner) {
  if (!owner) return socket_error(what, EADDRINUSE);
  return fail(ErrorKind::conflict, "net.bind",
              fmt::format("{}: held by {}; stop that program", what, owner->to_string()));
}

bool set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

}  // namespace

Result<FileDescriptor> KernelSockets::udp(const UdpBind& bind) {
  const std::string what = fmt::format("UDP {}:{}{}{}", bind.address.to_string(), bind.port,
                                       bind.interface.empty() ? "" : " on ", bind.interface);
  FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return socket_error(what, errno);
  if (!bind.interface.empty() && setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, bind.interface.c_str(),
                                            static_cast<socklen_t>(bind.interface.size())) != 0) {
    return socket_error(what, errno);
  }
  if (bind.broadcast && !set_option(fd.get(), SOL_SOCKET, SO_BROADCAST, 1)) return socket_error(what, errno);
  if (bind.packet_info && !set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, 1)) return socket_error(what, errno);
  if (bind.reuse_address && !set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) {
    return socket_error(what, errno);
  }
  if (!set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, 1)) return socket_error(what, errno);
  // A smaller buffer than asked for is not an error: rmem_max caps it where we may not pass over that.
  if (bind.receive_buffer > 0 && !set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, bind.receive_buffer)) {
    (void)set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, bind.receive_buffer);
  }
  const sockaddr_in address = socket_address(bind.address, bind.port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error_number = errno;
    if (error_number != EADDRINUSE) return socket_error(what, error_number);
    return held_by(what, udp_port_owner(bind.address, bind.port));
  }
  return fd;
}

Result<FileDescriptor> KernelSockets::listen(const TcpListen& listen) {
  const std::string what = fmt::format("TCP {}:{}", listen.address.to_string(), listen.port);
  FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return socket_error(what, errno);
  if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return socket_error(what, errno);
  if (!set_option(fd.get(), IPPROTO_IP, IP_FREEBIND, 1)) return socket_error(what, errno);
  const sockaddr_in address = socket_address(listen.address, listen.port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), listen.backlog) != 0) {
    const int error_number = errno;
    if (error_number != EADDRINUSE) return socket_error(what, error_number);
    return held_by(what, tcp_port_owner(listen.address, listen.port));
  }
  return fd;
}

Result<FileDescriptor> KernelSockets::packet(const PacketBind& bind) {
  const std::string what = fmt::format("packet socket 0x{:04x} on {}", bind.ether_type, bind.interface);
  const unsigned index = if_nametoindex(bind.interface.c_str());
  if (index == 0) return socket_error(what, ENODEV);
  FileDescriptor fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return socket_error(what, errno);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(bind.ether_type);
  address.sll_ifindex = static_cast<int>(index);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return socket_error(what, errno);
  }
  if (bind.promiscuous) {
    packet_mreq request{};
    request.mr_ifindex = static_cast<int>(index);
    request.mr_type = PACKET_MR_PROMISC;
    if (setsockopt(fd.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) != 0) {
      return socket_error(what, errno);
    }
  }
  return fd;
}

}  // namespace colony::core
