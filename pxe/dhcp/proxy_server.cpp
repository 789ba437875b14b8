#include "pxe/dhcp/proxy_server.hpp"

#include <array>
#include <utility>

#include "pxe/net/datagram_socket.hpp"

namespace colony::pxe::dhcp {

namespace {

// A rack that powers on at once sends its DISCOVERs within milliseconds; the default 208 KiB drops them.
constexpr int receive_buffer = 4 * 1024 * 1024;
// Datagrams handled before other tasks of the loop get their turn.
constexpr int burst = 64;

}  // namespace

struct ProxyServer::State {
  State(core::Timers& t, Responder r, core::Log& l, core::Ipv4Address a, core::FileDescriptor server_fd,
        core::FileDescriptor pxe_fd)
      : timers(t),
        responder(std::move(r)),
        log(l),
        address(a),
        server(t, std::move(server_fd)),
        pxe(t, std::move(pxe_fd)) {}

  core::Timers& timers;
  Responder responder;
  core::Log& log;
  core::Ipv4Address address;
  DatagramSocket server;
  DatagramSocket pxe;

  void answer(DatagramSocket& socket, ArrivalPort port, const DatagramSocket::Received& received) {
    const auto reply = responder.on_datagram(Arrival{.datagram = received.bytes,
                                                     .source = received.from.address,
                                                     .source_port = received.from.port,
                                                     .port = port,
                                                     .now = timers.now(),
                                                     .utc_now = timers.utc_now()});
    if (!reply) return;
    const auto sent = socket.send_from(address, UdpPeer{reply->destination, reply->port}, reply->datagram);
    if (!sent) {
      log.warn("dhcp.send_failed", sent.error().message, {{"to", reply->destination}, {"from", address}});
    }
  }

  core::Task<> serve(DatagramSocket& socket, ArrivalPort port) {
    std::array<core::Byte, message_limit + 1> buffer{};
    for (;;) {
      (void)co_await socket.readable_until(core::BootTime::max());
      for (int i = 0; i < burst; ++i) {
        const auto received = socket.receive(buffer);
        // An error here is an ICMP answer to something we sent; the next receive works again.
        if (!received) continue;
        const auto& datagram = *received;
        if (!datagram) break;
        answer(socket, port, *datagram);
      }
    }
  }
};

ProxyServer::ProxyServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ProxyServer::~ProxyServer() = default;

core::Result<std::unique_ptr<ProxyServer>> ProxyServer::open(core::Privileged& privileged,
                                                             core::Timers& timers, const BootPolicy& policy,
                                                             LearnedAddresses& addresses,
                                                             core::EvidenceSink& evidence, core::Log& log,
                                                             ProxyServerConfig config) {
  // Broadcasts are delivered only to a socket without address; what leaves it gets the address per datagram.
  auto server = privileged.udp({.interface = config.interface,
                                .address = {},
                                .port = server_port,
                                .broadcast = true,
                                .receive_buffer = receive_buffer});
  if (!server) return std::unexpected(core::with_context(server.error(), "ProxyDHCP"));
  auto pxe = privileged.udp({.interface = config.interface,
                             .address = config.reply.server.address,
                             .port = pxe_port,
                             .receive_buffer = receive_buffer});
  if (!pxe) return std::unexpected(core::with_context(pxe.error(), "ProxyDHCP"));
  log.info("dhcp.ready", "ProxyDHCP listens on ports 67 and 4011",
           {{"interface", config.interface}, {"address", config.reply.server.address}});
  const auto address = config.reply.server.address;
  return std::unique_ptr<ProxyServer>(new ProxyServer(
      std::make_unique<State>(timers, Responder(std::move(config.reply), policy, addresses, evidence, log),
                              log, address, std::move(*server), std::move(*pxe))));
}

void ProxyServer::start(core::TaskGroup& group) {
  group.spawn("dhcp.67", state_->serve(state_->server, ArrivalPort::server));
  group.spawn("dhcp.4011", state_->serve(state_->pxe, ArrivalPort::pxe));
}

Responder::Counters ProxyServer::counters() const {
  return state_->responder.counters();
}

}  // namespace colony::pxe::dhcp
