#include "ramdisk/machine/lldp_socket.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "core/net/file_descriptor.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/lldp.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

namespace {

/// Nearest bridge, nearest non-TPMR bridge, nearest customer bridge (802.1AB table 7-1).
constexpr std::array<unsigned char, 3> group_ends{0x0e, 0x03, 0x00};

void join_groups(int socket, unsigned interface) {
  for (const auto last : group_ends) {
    packet_mreq membership{};
    membership.mr_ifindex = static_cast<int>(interface);
    membership.mr_type = PACKET_MR_MULTICAST;
    membership.mr_alen = 6;
    const std::array<unsigned char, 6> group{0x01, 0x80, 0xc2, 0x00, 0x00, last};
    std::memcpy(membership.mr_address, group.data(), group.size());
    // A port that refuses may still pass everything.
    (void)setsockopt(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership);
  }
}

void leave_frame(const std::filesystem::path& directory, const std::string& interface, core::ByteView frame) {
  const auto place = directory / interface;
  const auto fresh = directory / ("." + interface);
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << core::as_text(frame);
    if (!file.flush()) return;
  }
  std::error_code ignored;
  std::filesystem::rename(fresh, place, ignored);
}

}  // namespace

int hear_neighbours(const std::filesystem::path& directory) {
  const core::FileDescriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(lldp_ethertype)));
  if (!socket.valid()) {
    std::fprintf(stderr, "scout: LLDP cannot be heard: %s\n", std::strerror(errno));
    return 1;
  }
  std::error_code fault;
  std::filesystem::create_directories(directory, fault);
  std::map<unsigned, std::string> ports;
  const Tree net("/sys/class/net");
  for (const auto& name : net.names(".")) {
    const unsigned index = if_nametoindex(name.c_str());
    if (index == 0 || !net.exists(name + "/device") || ports.size() == drivers::scout::max_nics) continue;
    join_groups(socket.get(), index);
    ports.emplace(index, name);
  }
  for (;;) {
    std::array<core::Byte, max_lldp_frame> frame{};
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const auto size =
        recvfrom(socket.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    // A port that goes down is an error of one call, not the end of listening.
    if (size < 0 && errno != EINTR && errno != ENETDOWN && errno != ENOBUFS) return 1;
    if (size <= 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
    const auto port = ports.find(static_cast<unsigned>(from.sll_ifindex));
    const core::ByteView bytes{frame.data(), static_cast<std::size_t>(size)};
    // Only what reads well takes the place of what was heard before.
    if (port != ports.end() && decode_lldp(bytes)) leave_frame(directory, port->second, bytes);
  }
}

}  // namespace colony::ramdisk
