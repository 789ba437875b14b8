#include "daemon/guard/guard_shell.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/async/wakeup.hpp"
#include "pxe/net/datagram_socket.hpp"

namespace colony::daemon::guard {

namespace {

using namespace std::chrono_literals;
using core::BootTime;
using core::Duration;
using core::Result;
using core::Task;

constexpr std::size_t frame_limit = 1514;
// Frames looked at before others of the loop get their turn; what the socket has no room for meanwhile is
// dropped by the kernel, and costs us no more.
constexpr int burst = 32;
constexpr Duration least_pause = 200ms;  // between two verdicts, however much is heard
constexpr Duration settle = 1100ms;      // what is on the wire now is in the counters by then

/// ARP, UDP to ports 67, 68 and 69, and the begin of TCP connections; nothing of fragments.
Result<> hear_little(int fd, const std::string& interface) {
  // A jump counts the instructions that it passes over.
  std::array program{
      sock_filter{BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},           //  0 ether type
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 14, 0, ETH_P_ARP},  //  1 -> 16
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 14, ETH_P_IP},   //  2 else -> 17
      sock_filter{BPF_LD | BPF_H | BPF_ABS, 0, 0, 20},           //  3 flags and fragment offset
      sock_filter{BPF_JMP | BPF_JSET | BPF_K, 12, 0, 0x3fff},    //  4 -> 17
      sock_filter{BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14},          //  5 length of the IP header
      sock_filter{BPF_LD | BPF_B | BPF_ABS, 0, 0, 23},           //  6 protocol
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 6},           //  7 TCP -> 13
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 8, 17},          //  8 not UDP -> 17
      sock_filter{BPF_LD | BPF_H | BPF_IND, 0, 0, 16},           //  9 destination port
      sock_filter{BPF_JMP | BPF_JGE | BPF_K, 0, 6, 67},          // 10 -> 17
      sock_filter{BPF_JMP | BPF_JGT | BPF_K, 5, 0, 69},          // 11 -> 17
      sock_filter{BPF_JMP | BPF_JA, 0, 0, 3},                    // 12 -> 16
      sock_filter{BPF_LD | BPF_B | BPF_IND, 0, 0, 27},           // 13 TCP flags
      sock_filter{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x16},        // 14 RST, SYN, ACK
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x02},        // 15 SYN alone
      sock_filter{BPF_RET | BPF_K, 0, 0, frame_limit},           // 16
      sock_filter{BPF_RET | BPF_K, 0, 0, 0},                     // 17
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return core::fail_errno("guard.filter", interface, errno);
  }
  return {};
}

/// What we send is not looked at, and tags come beside their frames.
Result<> set_up(int fd, const std::string& interface) {
  constexpr int on = 1;
  if (::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0) {
    return core::fail_errno("guard.socket", interface, errno);
  }
  return {};
}

std::optional<std::uint32_t> mtu_of(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFMTU, &request) != 0 || request.ifr_mtu <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(request.ifr_mtu);
}

struct ReceivedFrame {
  Frame frame;
  bool from_outside = false;
};

/// Nothing: none is waiting.
std::optional<ReceivedFrame> receive_frame(int fd, std::span<core::Byte> buffer) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(tpacket_auxdata))> control{};
  sockaddr_ll from{};
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(fd, &message, 0);
  if (size < 0) return std::nullopt;
  ReceivedFrame received;
  received.frame.bytes = core::ByteView(buffer).first(static_cast<std::size_t>(size));
  received.from_outside = from.sll_pkttype != PACKET_OUTGOING && from.sll_pkttype != PACKET_LOOPBACK;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_PACKET || at->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata about{};
    std::memcpy(&about, CMSG_DATA(at), sizeof about);
    const std::uint16_t vlan = about.tp_vlan_tci & 0x0fff;
    // VLAN 0 is a priority without a VLAN.
    if ((about.tp_status & TP_STATUS_VLAN_VALID) != 0 && vlan != 0) received.frame.vlan = vlan;
  }
  return received;
}

}  // namespace

struct GuardShell::State {
  State(World w, GuardSettings s, core::FileDescriptor fd, Place place)
      : world(std::move(w)),
        settings(std::move(s)),
        link(world.timers, std::move(fd)),
        guard(settings.mode, settings.http_port, std::move(place)),
        wake(world.timers) {}

  World world;
  GuardSettings settings;
  pxe::DatagramSocket link;
  NetworkGuard guard;
  core::Wakeup wake;
  FindingMap told;
  std::vector<core::Ipv4Address> lease_servers;

  [[nodiscard]] static std::optional<Place> look(const GuardSettings& settings,
                                                 core::InterfaceAddresses& kernel, int fd) {
    const auto states = kernel.interfaces();
    if (!states) return std::nullopt;
    const auto state = std::ranges::find(*states, settings.interface, &core::InterfaceState::name);
    if (state == states->end()) return std::nullopt;
    return Place{.interface = state->name,
                 .mac = state->mac,
                 .network = settings.network,
                 .networks = state->addresses,
                 .mtu = mtu_of(fd, state->name).value_or(1500),
                 .carrier = state->up && state->carrier};
  }

  Task<> ask() {
    BootTime settles_at = BootTime::max();  // what was heard last
    for (;;) {
      const BootTime now = world.timers.now();
      if (now >= guard.deadline()) {
        if (auto place = look(settings, world.kernel, link.fd())) guard.set_place(std::move(*place));
        // A link that is down takes no frame; then nobody answers either.
        for (const auto& frame : guard.on_time(now, world.random)) (void)link.send(frame);
      }
      tell();
      if (co_await wake.wait_until(std::min(guard.deadline(), settles_at))) {
        co_await world.timers.sleep_for(least_pause);
        settles_at = world.timers.now() + settle;
      } else if (world.timers.now() >= settles_at) {
        settles_at = BootTime::max();
      }
    }
  }

  Task<> listen() {
    std::array<core::Byte, frame_limit> buffer{};
    for (;;) {
      (void)co_await link.readable_until(BootTime::max());
      for (int i = 0; i < burst; ++i) {
        const auto received = receive_frame(link.fd(), buffer);
        if (!received) break;
        if (received->from_outside) guard.on_frame(received->frame, world.timers.now());
      }
      wake.wake();
    }
  }

  void tell() {
    for (const Door door : {Door::dhcp, Door::tftp, Door::http}) {
      guard.on_taken_in(door, world.taken_in(door), world.timers.now());
    }
    auto servers = guard.lease_servers();
    if (servers != lease_servers) {
      lease_servers = std::move(servers);
      world.on_lease_servers();
    }
    auto found = guard.findings(world.timers.now());
    for (const auto& [code, finding] : told) {
      if (found.contains(code)) continue;
      world.log.info("guard.gone", "a fault of the network is not seen any more", {{"code", code}});
      world.findings.clear(code);
    }
    for (const auto& [code, finding] : found) {
      const auto before = told.find(code);
      if (before != told.end() && before->second == finding) continue;
      if (before == told.end()) {
        world.log.warn("guard.found", finding.text, {{"code", code}, {"cure", finding.cure}});
      }
      world.findings.set(code, finding);
    }
    told = std::move(found);
  }
};

GuardShell::GuardShell(std::unique_ptr<State> state) : state_(std::move(state)) {}

GuardShell::~GuardShell() {
  for (const auto& [code, finding] : state_->told) state_->world.findings.clear(code);
}

std::unique_ptr<GuardShell> GuardShell::open(World world, GuardSettings settings) {
  const auto blind = [&](const core::Error& why) {
    world.log.warn("guard.blind", why.message, {{"code", why.code}, {"interface", settings.interface}});
    return nullptr;
  };
  auto fd = world.privileged.packet({.interface = settings.interface, .ether_type = ETH_P_ALL});
  if (!fd) return blind(fd.error());
  if (auto filtered = hear_little(fd->get(), settings.interface); !filtered) return blind(filtered.error());
  if (auto set = set_up(fd->get(), settings.interface); !set) return blind(set.error());
  auto place = State::look(settings, world.kernel, fd->get());
  if (!place || place->mac.is_zero()) {
    return blind({core::ErrorKind::unsupported, "guard.interface",
                  settings.interface + " is no Ethernet interface: its network is not watched"});
  }
  return std::unique_ptr<GuardShell>(new GuardShell(
      std::make_unique<State>(std::move(world), std::move(settings), std::move(*fd), std::move(*place))));
}

void GuardShell::start(core::TaskGroup& group) {
  group.spawn("guard.listen", state_->listen());
  group.spawn("guard.ask", state_->ask());
}

void GuardShell::look_again() {
  state_->guard.look_now(state_->world.timers.now());
  state_->wake.wake();
}

}  // namespace colony::daemon::guard
