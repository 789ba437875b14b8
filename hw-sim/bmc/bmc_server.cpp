#include "hw-sim/bmc/bmc_server.hpp"

#include <array>
#include <map>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/async/wakeup.hpp"
#include "drivers/ipmi/packet.hpp"

namespace colony::hw_sim {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

/// Replies that a fault holds back; bounded, the rest is lost as on a bad network.
constexpr std::size_t max_held_replies = 256;

struct HeldReply {
  core::Bytes bytes;
  udp::endpoint to;
};

}  // namespace

struct BmcServer::Socket {
  Socket(core::Timers& with, core::FileDescriptor fd)
      : timers(with), udp_socket(with.executor(), udp::v4(), fd.release()), held_changed(with), tasks(with) {
    udp_socket.non_blocking(true);
  }
  void send(core::ByteView bytes, const udp::endpoint& to) {
    boost::system::error_code ignored;  // a full buffer loses the datagram, as any network may
    udp_socket.send_to(asio::buffer(bytes.data(), bytes.size()), to, 0, ignored);
  }
  core::Timers& timers;
  udp::socket udp_socket;
  std::multimap<core::BootTime, HeldReply> held;
  core::Wakeup held_changed;
  core::TaskGroup tasks;
};

namespace {

BmcPeer peer_of(const udp::endpoint& from) {
  return static_cast<BmcPeer>(from.address().to_v4().to_uint()) << 16 | from.port();
}

udp::endpoint endpoint_of(BmcPeer peer) {
  return {asio::ip::address_v4(static_cast<std::uint32_t>(peer >> 16)), static_cast<std::uint16_t>(peer)};
}

template <class Socket>
void send_outgoing(Socket& socket, BmcModel& model) {
  for (const auto& outgoing : model.take_outgoing(socket.timers.now())) {
    socket.send(outgoing.bytes, endpoint_of(outgoing.to));
  }
}

template <class Socket>
core::Task<> send_held(Socket& socket, BmcModel& model) {
  for (;;) {
    send_outgoing(socket, model);
    const auto next = socket.held.begin();
    const auto serial = model.deadline().value_or(core::BootTime::max());
    if (next == socket.held.end() || serial < next->first) {
      (void)co_await socket.held_changed.wait_until(serial);
    } else if (socket.timers.now() < next->first) {
      (void)co_await socket.held_changed.wait_until(next->first);
    } else {
      socket.send(next->second.bytes, next->second.to);
      socket.held.erase(next);
    }
  }
}

template <class Socket>
core::Task<> answer(Socket& socket, BmcModel& model) {
  std::array<core::Byte, drivers::ipmi::max_datagram + 1> buffer{};
  for (;;) {
    udp::endpoint from;
    const auto [error, size] = co_await socket.udp_socket.async_receive_from(
        asio::buffer(buffer), from, asio::as_tuple(asio::use_awaitable));
    if (error) continue;  // ICMP errors of earlier replies; a cancelled task ends at its next await
    const core::ByteView datagram = core::ByteView(buffer).first(size);
    for (auto& reply : model.on_datagram(datagram, socket.timers.now(), peer_of(from))) {
      if (reply.delay == core::Duration{}) {
        socket.send(reply.bytes, from);
      } else if (socket.held.size() < max_held_replies) {
        socket.held.emplace(socket.timers.now() + reply.delay, HeldReply{std::move(reply.bytes), from});
        socket.held_changed.wake();
      }
    }
    send_outgoing(socket, model);
    socket.held_changed.wake();  // the serial line may have another deadline
  }
}

}  // namespace

BmcServer::BmcServer(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

BmcServer::~BmcServer() = default;

core::Result<std::unique_ptr<BmcServer>> BmcServer::bind(core::Timers& timers, core::Privileged& sockets,
                                                         core::Ipv4Address address, std::uint16_t port) {
  auto fd = sockets.udp({.interface = {}, .address = address, .port = port});
  if (!fd) return std::unexpected(fd.error());
  return std::unique_ptr<BmcServer>(new BmcServer(std::make_unique<Socket>(timers, std::move(*fd))));
}

std::uint16_t BmcServer::port() const {
  return socket_->udp_socket.local_endpoint().port();
}

void BmcServer::start(BmcModel& model) {
  socket_->tasks.spawn("bmc.answer", answer(*socket_, model));
  socket_->tasks.spawn("bmc.send_held", send_held(*socket_, model));
  model.set_port(port());
  model.set_on_change([socket = socket_.get()] { socket->held_changed.wake(); });
}

core::Task<> BmcServer::close() {
  socket_->tasks.cancel();
  co_await socket_->tasks.join();
}

}  // namespace colony::hw_sim
