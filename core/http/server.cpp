#include "core/http/server.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <list>
#include <map>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/http/connection.hpp"
#include "core/http/link.hpp"

namespace colony::core::http {

namespace {

using namespace std::chrono_literals;

/// After EMFILE and its like: the listener stays readable, so without a pause this would spin.
constexpr Duration accept_pause = 100ms;
constexpr int accepts_per_turn = 64;

std::optional<Peer> peer_of(int fd, const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(from);
    return TcpPeer{Ipv4Address(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
  }
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return UnixPeer{credentials.uid, credentials.gid, credentials.pid};
}

void refuse_connection(int fd) {
  constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  [[maybe_unused]] const auto sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)::shutdown(fd, SHUT_WR);
}

}  // namespace

struct Server::State {
  State(Timers& t, Log& l, const Router& r, ServerLimits limit, std::string server_name)
      : timers(t),
        log(l),
        router(r),
        limits(limit),
        name(std::move(server_name)),
        gate(limit.handshakes),
        tasks(t) {}

  Timers& timers;
  Log& log;
  const Router& router;
  ServerLimits limits;
  std::string name;
  ServerCounters counters;
  std::optional<TlsContext> tls;
  HandshakeGate gate;
  std::map<Ipv4Address, std::size_t> per_peer;
  WaitingRoom waiting;
  std::list<Readiness> listeners;
  TaskGroup tasks;

  /// Counts a connection as long as it lives.
  class Place {
   public:
    Place(State& state, const Peer& peer) : state_(&state) {
      ++state.counters.open;
      if (const auto* tcp = std::get_if<TcpPeer>(&peer)) address_ = tcp->address;
      if (address_) ++state.per_peer[*address_];
    }
    Place(Place&& other) noexcept : state_(std::exchange(other.state_, nullptr)), address_(other.address_) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (state_ == nullptr) return;
      --state_->counters.open;
      if (address_ && --state_->per_peer[*address_] == 0) state_->per_peer.erase(*address_);
    }

   private:
    State* state_;
    std::optional<Ipv4Address> address_;
  };

  /// A handshake that the gate let begin, until its end; nothing without TLS.
  class Handshake {
   public:
    Handshake() = default;
    Handshake(HandshakeGate& gate, Ipv4Address peer) : gate_(&gate), peer_(peer) {}
    Handshake(Handshake&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), peer_(other.peer_) {}
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;
    Handshake& operator=(Handshake&&) = delete;
    ~Handshake() {
      if (gate_ != nullptr) gate_->end(peer_);
    }

   private:
    HandshakeGate* gate_ = nullptr;
    Ipv4Address peer_{};
  };

  /// Nothing: the peer's handshake may not begin.
  [[nodiscard]] std::optional<Handshake> admit(const Peer& peer) {
    const auto* const tcp = std::get_if<TcpPeer>(&peer);
    if (!tls || tcp == nullptr) return std::make_optional<Handshake>();
    const auto refused = gate.begin(tcp->address, timers.now());
    if (!refused) return std::make_optional<Handshake>(gate, tcp->address);
    ++counters.handshakes_refused;
    if (refused->worth_a_line) {
      log.warn("http.handshakes_refused", "A peer begins more TLS handshakes than it may; they are closed",
               {{"server", name},
                {"peer", tcp->address.to_string()},
                {"why", http::name(refused->why)},
                {"refused", counters.handshakes_refused}});
    }
    return std::nullopt;
  }

  [[nodiscard]] bool has_room(const Peer& peer) {
    if (const auto* tcp = std::get_if<TcpPeer>(&peer)) {
      const auto found = per_peer.find(tcp->address);
      if (found != per_peer.end() && found->second >= limits.connections_per_peer) return false;
    }
    if (counters.open - waiting.leaving() < limits.connections) return true;
    if (!waiting.show_out()) return false;
    ++counters.shown_out;
    log.debug("http.shown_out", "The house was full; the connection that waited longest for a request ends",
              {{"server", name}});
    return true;
  }

  /// False when the listener should rest for a moment.
  bool accept_one(int listener, bool& more) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    FileDescriptor fd(
        ::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      more = errno == EINTR || errno == ECONNABORTED;
      const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (exhausted) log.warn("http.accept_failed", "No descriptor for a connection", {{"server", name}});
      return !exhausted;
    }
    more = true;
    const auto peer = peer_of(fd.get(), from);
    // First: nobody is shown out for one who is not let in.
    auto handshake = peer ? admit(*peer) : std::make_optional<Handshake>();
    if (!handshake) return true;
    if (!peer || !has_room(*peer)) {
      ++counters.refused;
      if (!tls) refuse_connection(fd.get());
      return true;
    }
    ++counters.accepted;
    const int on = 1;  // fails harmlessly on a unix socket
    (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tasks.spawn(name + ".connection",
                serve(*this, std::move(fd), *peer, Place(*this, *peer), std::move(*handshake)));
    return true;
  }

  static Task<> serve(State& self, FileDescriptor fd, Peer peer, Place place, Handshake handshake) {
    const Place here(std::move(place));  // dies with the connection, not with the caller's temporary
    WaitingRoom::Guest guest(self.waiting, fd.get());
    std::unique_ptr<Link> link = make_plain_link(self.timers, std::move(fd), [&guest] { guest.leave_row(); });
    if (self.tls) {
      const Handshake under_way(std::move(handshake));
      ++self.counters.handshakes;
      link = co_await self.tls->accept(std::move(link), self.timers.now() + self.limits.handshakes.longest);
      if (!link) {
        ++self.counters.handshakes_failed;
        co_return;
      }
    }
    const ConnectionContext context{self.timers, self.log,      self.router, self.limits,
                                    self.name,   self.counters, guest};
    co_await serve_connection(context, std::move(link), peer);
  }

  static Task<> accept_loop(State& self, Readiness& listener) {
    for (;;) {
      if (!co_await listener.wait(Readiness::For::reading, self.timers.now() + 1h)) continue;
      bool more = true;
      bool fine = true;
      for (int i = 0; i < accepts_per_turn && more && fine; ++i) fine = self.accept_one(listener.fd(), more);
      if (!fine) co_await self.timers.sleep_for(accept_pause);
    }
  }
};

Server::Server(Timers& timers, Log& log, const Router& router, ServerLimits limits, std::string name)
    : state_(std::make_unique<State>(timers, log, router, limits, std::move(name))) {}

Server::~Server() = default;

Result<> Server::use_tls(const TlsServerConfig& config) {
  auto loaded = TlsContext::load(config.cert_file, config.key_file);
  if (!loaded) return std::unexpected(loaded.error());
  state_->tls = std::move(*loaded);
  return {};
}

void Server::start(FileDescriptor listener) {
  Readiness& ready = state_->listeners.emplace_back(state_->timers, std::move(listener));
  state_->tasks.spawn(state_->name + ".accept", State::accept_loop(*state_, ready));
}

Task<> Server::stop() {
  state_->tasks.cancel();
  co_await state_->tasks.join();
  state_->listeners.clear();
}

const ServerCounters& Server::counters() const {
  return state_->counters;
}

Result<std::uint16_t> local_port(const FileDescriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail_errno("http.port", "getsockname", errno);
  }
  return ntohs(address.sin_port);
}

}  // namespace colony::core::http
