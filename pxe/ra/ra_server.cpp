#include "pxe/ra/ra_server.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "pxe/net/datagram_socket.hpp"

namespace colony::pxe::ra {

namespace {

constexpr std::uint16_t ether_type_ipv6 = 0x86dd;
constexpr std::size_t frame_limit = 1514;
constexpr int burst = 64;

core::Result<core::MacAddress> mac_of(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) return core::fail_errno("ra.interface", interface, errno);
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
    return core::fail(core::ErrorKind::unsupported, "ra.interface", interface + " is no Ethernet interface");
  }
  core::MacAddress::Octets octets{};
  std::memcpy(octets.data(), request.ifr_hwaddr.sa_data, octets.size());
  return core::MacAddress(octets);
}

/// Only ICMPv6 (next header at 20) of type 133 (at 54) wakes us: an interface carries much other IPv6.
core::Result<> hear_solicitations_only(int fd, const std::string& interface) {
  std::array<sock_filter, 6> program{{
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 20},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 58},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 54},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 133},
      {BPF_RET | BPF_K, 0, 0, frame_limit},
      {BPF_RET | BPF_K, 0, 0, 0},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return core::fail_errno("ra.filter", interface, errno);
  }
  // Solicitations go to all routers, ff02::2; a card passes that group up only when asked.
  constexpr std::array<unsigned char, 6> all_routers{0x33, 0x33, 0, 0, 0, 2};
  packet_mreq group{};
  group.mr_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  group.mr_type = PACKET_MR_MULTICAST;
  group.mr_alen = all_routers.size();
  std::memcpy(group.mr_address, all_routers.data(), all_routers.size());
  if (::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
    return core::fail_errno("ra.filter", interface, errno);
  }
  return {};
}

}  // namespace

struct RaServer::State {
  State(core::Timers& t, core::FileDescriptor fd, RaResponder r)
      : timers(t), socket(t, std::move(fd)), responder(std::move(r)) {}
  core::Timers& timers;
  DatagramSocket socket;
  RaResponder responder;

  core::Task<> serve() {
    std::array<core::Byte, frame_limit> buffer{};
    for (;;) {
      (void)co_await socket.readable_until(core::BootTime::max());
      for (int i = 0; i < burst; ++i) {
        const auto received = socket.receive(buffer);
        if (!received) continue;  // the interface went down: the next receive works when it is up again
        const auto& frame = *received;
        if (!frame) break;
        const auto answer = responder.on_frame(frame->bytes, timers.now());
        if (answer) (void)socket.send(*answer);  // lost: iPXE asks again
      }
    }
  }
};

RaServer::RaServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
RaServer::~RaServer() = default;

core::Result<std::unique_ptr<RaServer>> RaServer::open(
    core::Privileged& privileged, core::Timers& timers, core::Log& log, std::string interface,
    std::function<bool(core::MacAddress)> boots_through_us) {
  auto fd = privileged.packet({.interface = interface, .ether_type = ether_type_ipv6});
  if (!fd) return std::unexpected(core::with_context(fd.error(), "router advertisement"));
  const auto mac = mac_of(fd->get(), interface);
  if (!mac) return std::unexpected(mac.error());
  if (const auto filtered = hear_solicitations_only(fd->get(), interface); !filtered) {
    return std::unexpected(filtered.error());
  }
  log.info("ra.ready", "answers router solicitations of booting machines",
           {{"interface", interface}, {"mac", *mac}});
  return std::unique_ptr<RaServer>(new RaServer(
      std::make_unique<State>(timers, std::move(*fd), RaResponder(*mac, std::move(boots_through_us)))));
}

void RaServer::start(core::TaskGroup& group) {
  group.spawn("ra", state_->serve());
}

const RaResponder::Counters& RaServer::counters() const {
  return state_->responder.counters();
}

}  // namespace colony::pxe::ra
