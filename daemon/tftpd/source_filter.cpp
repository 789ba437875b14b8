#include "daemon/tftpd/source_filter.hpp"

#include <cerrno>
#include <limits>

#include <sys/socket.h>

namespace colony::daemon {

SourceFilter source_filter(const core::Ipv4Network& network) {
  // A UDP socket's filter starts at the UDP header; SKF_NET_OFF leads to the IP header, 12 to its source.
  constexpr auto source = static_cast<std::uint32_t>(SKF_NET_OFF + 12);
  const std::uint32_t mask = network.mask();
  constexpr std::uint32_t everything = std::numeric_limits<std::uint32_t>::max();
  return {{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, source},
      {BPF_ALU | BPF_AND | BPF_K, 0, 0, mask},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, network.address.value() & mask},
      {BPF_RET | BPF_K, 0, 0, everything},
      {BPF_RET | BPF_K, 0, 0, 0},
  }};
}

core::Result<> attach_source_filter(int fd, const core::Ipv4Network& network) {
  SourceFilter filter = source_filter(network);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  const int locked = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &locked, sizeof locked) != 0) {
    return core::fail_errno("net.filter", "TFTP socket", errno);
  }
  return {};
}

}  // namespace colony::daemon
