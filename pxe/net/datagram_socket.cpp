#include "pxe/net/datagram_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/async/wakeup.hpp"

namespace colony::pxe {

namespace {

sockaddr_in to_sockaddr(UdpPeer peer) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(peer.port);
  out.sin_addr.s_addr = htonl(peer.address.value());
  return out;
}

iovec piece(core::ByteView bytes) {
  // The kernel only reads what sendmsg is given; iovec has no const form.
  return {const_cast<core::Byte*>(bytes.data()), bytes.size()};
}

core::Result<> send_message(int fd, const msghdr& message) {
  if (::sendmsg(fd, &message, MSG_NOSIGNAL) >= 0) return {};
  return core::fail_errno("net.send", "send", errno);
}

}  // namespace

struct DatagramSocket::Descriptor {
  Descriptor(core::Timers& timers, int fd) : stream(timers.executor(), fd), ready(timers) {}
  boost::asio::posix::stream_descriptor stream;
  core::Wakeup ready;
  bool waiting = false;  // the reactor watches for us
};

/// At the end of a scope: nothing of this descriptor keeps the loop busy.
struct DatagramSocket::StopWaiting {
  explicit StopWaiting(Descriptor& waiter) : descriptor(waiter) {}
  StopWaiting(const StopWaiting&) = delete;
  StopWaiting& operator=(const StopWaiting&) = delete;
  ~StopWaiting() {
    if (descriptor.waiting) descriptor.stream.cancel();
  }
  Descriptor& descriptor;
};

DatagramSocket::DatagramSocket(core::Timers& timers, core::FileDescriptor fd)
    : descriptor_(std::make_shared<Descriptor>(timers, fd.release())) {}

DatagramSocket::~DatagramSocket() = default;

core::Task<bool> DatagramSocket::readable_until(core::BootTime deadline) {
  if (!descriptor_->waiting) {
    descriptor_->waiting = true;
    // Weak: the handler may outlive the socket inside the loop's queue.
    descriptor_->stream.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                   [weak = std::weak_ptr(descriptor_)](const boost::system::error_code&) {
                                     const auto self = weak.lock();
                                     if (!self) return;
                                     self->waiting = false;
                                     self->ready.wake();
                                   });
  }
  // A wait that ended otherwise must not keep the loop busy. Its handler still runs, as a wake-up for
  // nothing.
  const StopWaiting stop(*descriptor_);
  co_return co_await descriptor_->ready.wait_until(deadline);
}

void DatagramSocket::wake() {
  descriptor_->ready.wake();
}

core::Result<std::optional<DatagramSocket::Received>> DatagramSocket::receive(std::span<core::Byte> buffer) {
  sockaddr_storage from{};
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t size = ::recvmsg(descriptor_->stream.native_handle(), &message, MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
    return core::fail_errno("net.receive", "receive", errno);
  }
  Received out;
  out.bytes = core::ByteView(buffer.data(), static_cast<std::size_t>(size));
  out.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  if (from.ss_family == AF_INET) {
    sockaddr_in peer{};
    std::memcpy(&peer, &from, sizeof peer);
    out.from = UdpPeer{core::Ipv4Address(ntohl(peer.sin_addr.s_addr)), ntohs(peer.sin_port)};
  }
  return out;
}

core::Result<> DatagramSocket::send_from(core::Ipv4Address source, UdpPeer to, core::ByteView bytes) {
  sockaddr_in peer = to_sockaddr(to);
  iovec part = piece(bytes);
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst.s_addr = htonl(source.value());
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return send_message(fd(), message);
}

core::Result<> DatagramSocket::send_to(UdpPeer to, core::ByteView bytes) {
  return send_to(to, bytes, {});
}

core::Result<> DatagramSocket::send_to(UdpPeer to, core::ByteView head, core::ByteView body) {
  sockaddr_in peer = to_sockaddr(to);
  std::array<iovec, 2> parts{piece(head), piece(body)};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return send_message(fd(), message);
}

core::Result<> DatagramSocket::send(core::ByteView bytes) {
  return send(bytes, {});
}

core::Result<> DatagramSocket::send(core::ByteView head, core::ByteView body) {
  std::array<iovec, 2> parts{piece(head), piece(body)};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return send_message(fd(), message);
}

core::Result<> DatagramSocket::connect(UdpPeer peer) {
  const sockaddr_in address = to_sockaddr(peer);
  if (::connect(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
  return core::fail_errno("net.connect", peer.address.to_string(), errno);
}

int DatagramSocket::fd() const {
  return descriptor_->stream.native_handle();
}

std::uint16_t DatagramSocket::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

std::optional<std::uint32_t> path_mtu(core::Ipv4Address to) {
  const core::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = to_sockaddr({to, 9});  // nothing is sent
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (!fd.valid() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockopt(fd.get(), IPPROTO_IP, IP_MTU, &mtu, &size) != 0 || mtu <= 0) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(mtu);
}

}  // namespace colony::pxe
