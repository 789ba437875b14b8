#include "hw-sim/rack/rack_socket.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/http/link.hpp"
#include "hw-sim/net/frame.hpp"

namespace colony::hw_sim {

namespace {

constexpr int receive_buffer = 4 << 20;
constexpr std::size_t max_datagram = 65536;
constexpr unsigned datagrams_per_turn = 64;  // then others have their turn
constexpr std::uint16_t bmc_port = 623, dhcp_client_port = 68;

/// Lets only unfragmented UDP to port 68 through, so that bulk HTTP does not visit user space twice.
core::Result<> only_dhcp_replies(int fd) {
  const std::array<sock_filter, 9> program{{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),  // IPv4 protocol
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 6),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),  // flags and fragment offset
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),  // length of the IPv4 header
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),   // destination port
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, dhcp_client_port, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0x40000),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  auto filter = program;
  const sock_fprog attached{static_cast<unsigned short>(filter.size()), filter.data()};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0) {
    return core::fail_errno("rack.filter", "packet filter", errno);
  }
  return {};
}

sockaddr_in socket_address(core::Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value());
  return out;
}

UdpPeer peer_of(const sockaddr_in& address) {
  return {core::Ipv4Address(ntohl(address.sin_addr.s_addr)), ntohs(address.sin_port)};
}

bool kernel_keeps_silent(const std::string& interface) {
  std::ifstream file("/proc/sys/net/ipv4/conf/" + interface + "/arp_ignore");
  int value = 0;
  return static_cast<bool>(file >> value) && value == 8;
}

}  // namespace

/// A descriptor with the buffer it is read into and the task that reads it.
struct RackSocket::Socket {
  Socket(core::Timers& timers, core::FileDescriptor fd, UdpHandle whose)
      : ready(timers, std::move(fd)), handle(whose), reader(timers) {}
  core::http::Readiness ready;
  UdpHandle handle;
  core::TaskGroup reader;
};

struct RackSocket::Descriptors {
  core::FileDescriptor dhcp, arp, bmc;
  bool answers_arp = false;
};

core::Result<std::unique_ptr<RackSocket>> RackSocket::open(core::Timers& timers, core::Privileged& privileged,
                                                           const core::Log& log, std::string interface) {
  // Promiscuous: the frames are for the servers' MACs, not for the interface's own.
  auto dhcp = privileged.packet({interface, ETH_P_IP, true});
  if (!dhcp) return std::unexpected(dhcp.error());
  if (auto filtered = only_dhcp_replies(dhcp->get()); !filtered) return std::unexpected(filtered.error());
  auto arp = privileged.packet({interface, ETH_P_ARP, true});
  if (!arp) return std::unexpected(arp.error());
  core::UdpBind bind;
  bind.interface = interface;
  bind.port = bmc_port;
  bind.packet_info = true;
  bind.receive_buffer = receive_buffer;
  auto bmc = privileged.udp(bind);
  if (!bmc) return std::unexpected(bmc.error());
  Descriptors descriptors{std::move(*dhcp), std::move(*arp), std::move(*bmc), kernel_keeps_silent(interface)};
  log.info("rack.interface", "The rack is on its interface",
           {{"interface", interface}, {"arp", descriptors.answers_arp ? "own" : "kernel"}});
  return std::unique_ptr<RackSocket>(new RackSocket(timers, privileged, log, std::move(descriptors)));
}

RackSocket::RackSocket(core::Timers& timers, core::Privileged& privileged, const core::Log& log,
                       Descriptors descriptors)
    : timers_(timers),
      privileged_(privileged),
      log_(log),
      answers_arp_(descriptors.answers_arp),
      dhcp_(std::make_unique<Socket>(timers, std::move(descriptors.dhcp), UdpHandle{})),
      arp_(std::make_unique<Socket>(timers, std::move(descriptors.arp), UdpHandle{})),
      bmc_(std::make_unique<Socket>(timers, std::move(descriptors.bmc), UdpHandle{})),
      listeners_(timers) {}

RackSocket::~RackSocket() = default;

void RackSocket::start(RackEars& ears) {
  ears_ = &ears;
  listeners_.spawn("rack dhcp", hear_dhcp());
  listeners_.spawn("rack arp", hear_arp());
  listeners_.spawn("rack bmc", hear_bmc());
}

core::Task<> RackSocket::close() {
  listeners_.cancel();
  while (!udp_.empty()) close_udp(udp_.begin()->first);
  co_await listeners_.join();
  for (const auto& socket : closing_) co_await socket->reader.join();
  closing_.clear();
}

core::Task<> RackSocket::hear_dhcp() {
  std::array<core::Byte, 2048> buffer{};
  for (;;) {
    (void)co_await dhcp_->ready.wait(core::http::Readiness::For::reading, core::BootTime::max());
    for (unsigned i = 0; i < datagrams_per_turn; ++i) {
      const ssize_t size = ::recv(dhcp_->ready.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0) break;
      const auto frame = decode_frame({buffer.data(), static_cast<std::size_t>(size)});
      const auto* udp = frame ? std::get_if<UdpFrame>(&*frame) : nullptr;
      if (udp != nullptr) ears_->on_dhcp(udp->source, udp->payload);
    }
  }
}

core::Task<> RackSocket::hear_arp() {
  std::array<core::Byte, 256> buffer{};
  for (;;) {
    (void)co_await arp_->ready.wait(core::http::Readiness::For::reading, core::BootTime::max());
    for (unsigned i = 0; i < datagrams_per_turn; ++i) {
      const ssize_t size = ::recv(arp_->ready.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0) break;
      answer_arp({buffer.data(), static_cast<std::size_t>(size)});
    }
  }
}

void RackSocket::answer_arp(core::ByteView bytes) {
  if (!answers_arp_) return;
  const auto frame = decode_frame(bytes);
  const auto* arp = frame ? std::get_if<ArpFrame>(&*frame) : nullptr;
  if (arp == nullptr || arp->operation != ArpOperation::request) return;
  const auto found = held_.find(arp->target);
  // Our own announcements come back here too; they ask for what their sender has.
  if (found == held_.end() || arp->sender == arp->target) return;
  ArpFrame reply;
  reply.destination_mac = arp->sender_mac;
  reply.operation = ArpOperation::reply;
  reply.sender_mac = found->second;
  reply.sender = arp->target;
  reply.target_mac = arp->sender_mac;
  reply.target = arp->sender;
  send_frame(encode(reply));
}

core::Task<> RackSocket::hear_bmc() {
  std::vector<core::Byte> buffer(max_datagram);
  for (;;) {
    (void)co_await bmc_->ready.wait(core::http::Readiness::For::reading, core::BootTime::max());
    for (unsigned i = 0; i < datagrams_per_turn; ++i) {
      sockaddr_in from{};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
      iovec piece{buffer.data(), buffer.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t size = ::recvmsg(bmc_->ready.fd(), &message, MSG_DONTWAIT);
      if (size < 0) break;
      for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
           header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) continue;
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(header), sizeof info);
        ears_->on_bmc(core::Ipv4Address(ntohl(info.ipi_addr.s_addr)), peer_of(from),
                      {buffer.data(), static_cast<std::size_t>(size)});
      }
    }
  }
}

void RackSocket::send_bmc(core::Ipv4Address bmc, UdpPeer to, core::ByteView datagram) {
  sockaddr_in target = socket_address(to.address, to.port);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  iovec piece{const_cast<core::Byte*>(datagram.data()), datagram.size()};
  msghdr message{};
  message.msg_name = &target;
  message.msg_namelen = sizeof target;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst.s_addr = htonl(bmc.value());  // the reply leaves from the BMC that was asked
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  if (::sendmsg(bmc_->ready.fd(), &message, MSG_DONTWAIT) < 0) {
    log_.warn("rack.send", "A BMC's reply was not sent", {{"bmc", bmc}, {"error", std::strerror(errno)}});
  }
}

void RackSocket::send_frame(core::ByteView frame) {
  if (::send(dhcp_->ready.fd(), frame.data(), frame.size(), MSG_DONTWAIT) < 0) {
    log_.warn("rack.send", "A frame was not sent", {{"error", std::strerror(errno)}});
  }
}

void RackSocket::hold(core::MacAddress mac, core::Ipv4Address address) {
  held_[address] = mac;
  ArpFrame announcement;  // RFC 5227 section 2.3
  announcement.destination_mac = broadcast_mac();
  announcement.sender_mac = mac;
  announcement.sender = address;
  announcement.target = address;
  if (answers_arp_) send_frame(encode(announcement));
}

/// Firmware asks for its peer's MAC, and by asking tells its own: the peer's kernel then has it in its table,
/// which is all that an appliance which was restarted meanwhile knows of the machine.
void RackSocket::ask_for(core::Ipv4Address peer, core::Ipv4Address from) {
  const auto held = held_.find(from);
  if (!answers_arp_ || held == held_.end()) return;
  ArpFrame question;
  question.destination_mac = broadcast_mac();
  question.sender_mac = held->second;
  question.sender = from;
  question.target = peer;
  send_frame(encode(question));
}

void RackSocket::release(core::Ipv4Address address) {
  held_.erase(address);
}

void RackSocket::send_udp(const UdpHandle& handle, core::Ipv4Address from, UdpPeer to,
                          core::ByteView datagram) {
  auto found = udp_.find(handle);
  if (found == udp_.end()) {
    core::UdpBind bind;
    bind.address = from;
    bind.port = handle.use == UdpUse::proxy_dhcp ? dhcp_client_port : 0;
    bind.receive_buffer = receive_buffer / 4;
    auto fd = privileged_.udp(bind);
    if (!fd) {
      log_.warn("rack.udp", "A server's socket was not opened; is there a local route for its address?",
                {{"address", from}, {"cause", fd.error().message}});
      return;
    }
    reap();
    ask_for(to.address, from);
    found = udp_.emplace(handle, std::make_shared<Socket>(timers_, std::move(*fd), handle)).first;
    found->second->reader.spawn("rack udp", hear_udp(found->second));
  }
  const sockaddr_in target = socket_address(to.address, to.port);
  const ssize_t sent = ::sendto(found->second->ready.fd(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&target), sizeof target);
  if (sent < 0)
    log_.debug("rack.send", "A datagram was not sent", {{"to", to.address}, {"error", std::strerror(errno)}});
}

core::Task<> RackSocket::hear_udp(std::shared_ptr<Socket> socket) {
  std::vector<core::Byte> buffer(max_datagram);
  for (;;) {
    (void)co_await socket->ready.wait(core::http::Readiness::For::reading, core::BootTime::max());
    for (unsigned i = 0; i < datagrams_per_turn; ++i) {
      sockaddr_in from{};
      socklen_t size_of_from = sizeof from;
      const ssize_t size = ::recvfrom(socket->ready.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&from), &size_of_from);
      if (size < 0) break;
      // Closed by what the last datagram caused; the handle may already name the next transfer's socket,
      // which must not hear what was sent to this one's port.
      const auto open = udp_.find(socket->handle);
      if (open == udp_.end() || open->second != socket) break;
      ears_->on_udp(socket->handle, peer_of(from), {buffer.data(), static_cast<std::size_t>(size)});
    }
  }
}

void RackSocket::close_udp(const UdpHandle& handle) {
  const auto found = udp_.find(handle);
  if (found == udp_.end()) return;
  auto socket = std::move(found->second);
  udp_.erase(found);
  socket->reader.cancel();
  closing_.push_back(std::move(socket));
}

void RackSocket::reap() {
  std::erase_if(closing_, [](const std::shared_ptr<Socket>& socket) { return socket->reader.size() == 0; });
}

std::unique_ptr<core::http::HttpExchange> RackSocket::http(core::http::TcpEndpoint endpoint) {
  return std::make_unique<core::http::Client>(timers_, endpoint);
}

}  // namespace colony::hw_sim
