#pragma once
// A client's UDP socket without a loop: one conversation at a time.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/address.hpp"
#include "core/net/file_descriptor.hpp"
#include "tests/pxe/tftp/referee/bad_network.hpp"

namespace colony::test {

class Udp {
 public:
  explicit Udp(core::Ipv4Address server)
      : server_(server), fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (fd_.get() < 0) std::abort();
  }

  void send(std::uint16_t port, core::ByteView bytes) const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(server_.value());
    // What the kernel does not take is lost, as on the wire.
    (void)::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   sizeof to);
  }

  /// The next datagram of the server; nothing when `deadline` passed.
  [[nodiscard]] std::optional<Carried> receive_until(core::BootTime deadline) const {
    for (;;) {
      const auto left = deadline - core::system_boot_time();
      if (left <= core::Duration::zero()) return std::nullopt;
      pollfd waiting{fd_.get(), POLLIN, 0};
      const auto tick = std::chrono::ceil<std::chrono::milliseconds>(
          std::min<core::Duration>(left, std::chrono::seconds(1)));
      if (::poll(&waiting, 1, static_cast<int>(tick.count())) <= 0) continue;
      std::array<core::Byte, 65'536> buffer{};
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 0 || ntohl(from.sin_addr.s_addr) != server_.value()) continue;
      return Carried{ntohs(from.sin_port), core::Bytes(buffer.begin(), buffer.begin() + got)};
    }
  }

 private:
  core::Ipv4Address server_;
  core::FileDescriptor fd_;
};

}  // namespace colony::test
