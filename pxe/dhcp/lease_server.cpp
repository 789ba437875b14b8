#include "pxe/dhcp/lease_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/filter.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/async/wakeup.hpp"
#include "pxe/dhcp/responder.hpp"
#include "pxe/dhcp/rival_search.hpp"
#include "pxe/net/datagram_socket.hpp"

namespace colony::pxe::dhcp {

namespace {

using namespace std::chrono_literals;
using core::Task;

// A rack that powers on at once sends its DISCOVERs within milliseconds; the default 208 KiB drops them.
constexpr int receive_buffer = 4 * 1024 * 1024;
// Datagrams handled before other tasks of the loop get their turn.
constexpr int burst = 64;
/// Acknowledgements that wait for the disk; a client whose request finds no room asks again.
constexpr std::size_t backlog_limit = 4096;
/// Leases of one flush: bounds how long the first waits for the last.
constexpr std::size_t group_limit = 512;

constexpr core::Duration held_interval = 60s;    // until the next look whether the rival is gone
constexpr core::Duration watch_interval = 5min;  // between looks while we serve
constexpr core::Duration load_interval = 5s;
constexpr core::Duration housekeeping_interval = 10s;
/// A client that chose another server names it; nobody does so any more when it is gone.
constexpr core::Duration overheard_for = 10min;

// Asking ahead who has the addresses that come next: few, the kernel's neighbour table is small.
constexpr std::size_t candidates_ahead = 16;
constexpr core::Duration candidate_interval = 60s;
constexpr std::size_t candidates_asked_limit = 64;

constexpr std::uint16_t ether_type_ipv4 = 0x0800;
constexpr std::size_t frame_limit = 1514;

core::Result<core::MacAddress> mac_of(int fd, const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) return core::fail_errno("dhcp.interface", interface, errno);
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
    return core::fail(core::ErrorKind::unsupported, "dhcp.interface",
                      interface + " is no Ethernet interface");
  }
  core::MacAddress::Octets octets{};
  std::memcpy(octets.data(), request.ifr_hwaddr.sa_data, octets.size());
  return core::MacAddress(octets);
}

/// Only UDP to port 68 wakes us (without IP options: no DHCP server sends any).
core::Result<> hear_offers_only(int fd, const std::string& interface) {
  std::array<sock_filter, 6> program{{
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 23},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 17},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 36},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, client_port},
      {BPF_RET | BPF_K, 0, 0, frame_limit},
      {BPF_RET | BPF_K, 0, 0, 0},
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return core::fail_errno("dhcp.filter", interface, errno);
  }
  return {};
}

std::string text_of(const RivalServer& rival) {
  return rival.mac ? fmt::format("{} ({})", rival.server.to_string(), rival.mac->to_string())
                   : rival.server.to_string();
}

}  // namespace

std::string_view name(LeaseServer::Stage stage) {
  switch (stage) {
    case LeaseServer::Stage::waiting: return "waiting";
    case LeaseServer::Stage::searching: return "searching";
    case LeaseServer::Stage::held: return "held";
    case LeaseServer::Stage::serving: return "serving";
  }
  return "?";
}

struct LeaseServer::State {
  struct Pending {
    LeaseRecord lease;
    std::optional<Outgoing> send;
  };

  State(Parts p, LeaseServerConfig c, core::FileDescriptor server_fd, core::FileDescriptor pxe_fd)
      : parts(std::move(p)),
        config(std::move(c)),
        address(config.reply.server.address),
        leases(config.reply, config.leases, parts.policy, parts.neighbours, parts.addresses, parts.evidence,
               parts.log),
        boot_server(config.reply, parts.policy, parts.addresses, parts.evidence, parts.log),
        server(parts.timers, std::move(server_fd)),
        pxe(parts.timers, std::move(pxe_fd)),
        becomes_ready(parts.timers),
        filled(parts.timers),
        look(parts.timers),
        asked(candidate_interval, candidates_asked_limit),
        failures(60s, 1) {}

  Parts parts;
  LeaseServerConfig config;
  core::Ipv4Address address;
  LeaseResponder leases;
  Responder boot_server;  // of port 4011
  DatagramSocket server;
  DatagramSocket pxe;
  bool ready = false;
  Stage stage = Stage::waiting;
  core::Wakeup becomes_ready;
  std::vector<Pending> pending;
  core::Wakeup filled;
  core::Wakeup look;  // now, not at the next time
  RateLimit<std::uint32_t> asked;
  RateLimit<std::uint8_t> failures;
  std::optional<RivalServer> rival;  // of the last search
  std::uint64_t dropped = 0;         // no room in `pending`

  [[nodiscard]] bool is_local() const {
    return std::ranges::any_of(config.leases.subnets,
                               [this](const Subnet& subnet) { return subnet.network.contains(address); });
  }

  void send(DatagramSocket& socket, const Outgoing& out) {
    const auto sent = socket.send_from(address, UdpPeer{out.destination, out.port}, out.datagram);
    if (sent || !failures.allow(0, parts.timers.now())) return;
    parts.log.warn("dhcp.send_failed", sent.error().message, {{"to", out.destination}, {"from", address}});
  }

  [[nodiscard]] Arrival arrival(const DatagramSocket::Received& received, ArrivalPort port) const {
    return {.datagram = received.bytes,
            .source = received.from.address,
            .source_port = received.from.port,
            .port = port,
            .now = parts.timers.now(),
            .utc_now = parts.timers.utc_now()};
  }

  void on_server_datagram(const DatagramSocket::Received& received) {
    if (!ready || stage != Stage::serving) return;
    auto answer = leases.on_datagram(arrival(received, ArrivalPort::server));
    if (!answer.journal) {
      if (answer.send) send(server, *answer.send);
      return;
    }
    if (pending.size() >= backlog_limit) {
      ++dropped;
      return;
    }
    pending.push_back({std::move(*answer.journal), std::move(answer.send)});
    filled.wake();
  }

  void on_pxe_datagram(const DatagramSocket::Received& received) {
    if (!ready || stage != Stage::serving) return;
    if (const auto out = boot_server.on_datagram(arrival(received, ArrivalPort::pxe))) send(pxe, *out);
  }

  Task<> serve(DatagramSocket& socket, void (State::*on_datagram)(const DatagramSocket::Received&)) {
    std::array<core::Byte, message_limit + 1> buffer{};
    for (;;) {
      (void)co_await socket.readable_until(core::BootTime::max());
      for (int i = 0; i < burst; ++i) {
        const auto received = socket.receive(buffer);
        // An error here is an ICMP answer to something we sent; the next receive works again.
        if (!received) continue;
        const auto& datagram = *received;
        if (!datagram) break;
        (this->*on_datagram)(*datagram);
      }
      if (stage == Stage::serving) ask_ahead();
    }
  }

  /// Who has the addresses that will be offered next? The kernel asks; the answers are in its neighbour table
  /// by the time the addresses are offered.
  void ask_ahead() {
    for (const auto candidate : leases.next_candidates(candidates_ahead)) {
      if (asked.allow(candidate.value(), parts.timers.now())) parts.neighbours.ask(candidate);
    }
  }

  /// Everything that came while the disk worked goes with the next flush; answers leave after it.
  Task<> journal() {
    for (;;) {
      while (pending.empty()) co_await filled.wait();
      std::vector<Pending> group;
      if (pending.size() <= group_limit) {
        group = std::exchange(pending, {});
      } else {
        const auto end = pending.begin() + static_cast<std::ptrdiff_t>(group_limit);
        group.assign(std::make_move_iterator(pending.begin()), std::make_move_iterator(end));
        pending.erase(pending.begin(), end);
      }
      std::vector<LeaseRecord> records;
      records.reserve(group.size());
      for (const auto& item : group) records.push_back(item.lease);
      const auto committed = co_await parts.store.commit_leases(std::move(records));
      if (!committed) {
        parts.tell("dhcp.journal",
                   fmt::format("leases are not journaled, and so not given: {}", committed.error().message));
        if (failures.allow(1, parts.timers.now())) {
          parts.log.error("dhcp.not_journaled", committed.error().message,
                          {{"code", committed.error().code}});
        }
        continue;
      }
      parts.tell("dhcp.journal", std::nullopt);
      for (const auto& item : group) {
        if (item.send) send(server, *item.send);
      }
    }
  }

  Task<> wait_until_ready() {
    while (!ready) co_await becomes_ready.wait();
  }

  Task<> restore() {
    for (;;) {
      const auto loaded = co_await parts.store.load_leases();
      if (loaded) {
        leases.restore(*loaded, parts.timers.now(), parts.timers.utc_now());
        parts.log.info("dhcp.restored", "leases read back from the journal",
                       {{"rows", loaded->size()}, {"leased", leases.lease_counts().leased}});
        parts.tell("dhcp.journal", std::nullopt);
        co_return;
      }
      parts.tell("dhcp.journal", fmt::format("no address is handed out: the leases cannot be read: {}",
                                             loaded.error().message));
      co_await parts.timers.sleep_for(load_interval);
    }
  }

  /// One search, about three seconds.
  Task<core::Result<std::optional<RivalServer>>> search() {
    auto fd = parts.privileged.packet({.interface = config.interface, .ether_type = ether_type_ipv4});
    if (!fd) co_return std::unexpected(fd.error());
    const auto mac = mac_of(fd->get(), config.interface);
    if (!mac) co_return std::unexpected(mac.error());
    if (auto filtered = hear_offers_only(fd->get(), config.interface); !filtered) {
      co_return std::unexpected(filtered.error());
    }
    const RivalSearch search(*mac, address, Xid{parts.random.u32()});
    DatagramSocket link(parts.timers, std::move(*fd));
    std::array<core::Byte, frame_limit> buffer{};
    for (int i = 0; i < RivalSearch::times; ++i) {
      // A link that is down takes no frame; then nobody answers either.
      (void)link.send(search.discover_frame());
      const auto until = parts.timers.now() + RivalSearch::interval;
      while (co_await link.readable_until(until)) {
        for (int read = 0; read < burst; ++read) {
          const auto received = link.receive(buffer);
          if (!received) continue;
          const auto& frame = *received;
          if (!frame) break;
          if (auto found = search.on_frame(frame->bytes)) co_return found;
        }
        if (parts.timers.now() >= until) break;
      }
    }
    co_return std::optional<RivalServer>();
  }

  Task<> look_for_rivals() {
    const auto found = co_await search();
    if (!found) {
      parts.log.warn("dhcp.search_failed", found.error().message, {{"code", found.error().code}});
      co_return;
    }
    const std::optional<RivalServer>& now = *found;
    if (now && now != rival) {
      parts.log.warn("dhcp.rival", "another DHCP server answers on this network",
                     {{"server", text_of(*now)}, {"interface", config.interface}});
    } else if (!now && rival) {
      parts.log.info("dhcp.rival_gone", "the other DHCP server no longer answers",
                     {{"server", text_of(*rival)}});
    }
    rival = now;
    tell_rival();
  }

  void tell_rival() {
    const auto& overheard = leases.rival();
    std::optional<std::string> who;
    if (rival) {
      who = text_of(*rival);
    } else if (overheard && parts.timers.now() - overheard->at < overheard_for) {
      who = overheard->server.to_string();
    }
    if (!who) {
      parts.tell("dhcp.rival", std::nullopt);
    } else if (stage == Stage::serving) {
      parts.tell("dhcp.rival", fmt::format("another DHCP server answers on {}: {}. Both hand out addresses: "
                                           "switch one of them off",
                                           config.interface, *who));
    } else {
      parts.tell("dhcp.rival",
                 fmt::format("another DHCP server answers on {}: {}. No address is handed out until it is "
                             "gone (looked for every minute, and by: systemctl reload colonyd); "
                             "dhcp.mode: proxy works beside it, dhcp.force serves all the same",
                             config.interface, *who));
    }
  }

  /// Restores, looks for rivals, lets the server begin, and goes on looking.
  Task<> live() {
    co_await wait_until_ready();
    co_await restore();
    stage = Stage::searching;
    // An answer on our link means nothing to a server of relayed subnets only.
    while (is_local()) {
      ask_ahead();
      co_await look_for_rivals();
      if (!rival || config.on_rival == OnRival::serve) break;
      stage = Stage::held;
      (void)co_await look.wait_until(parts.timers.now() + held_interval);
    }
    stage = Stage::serving;
    tell_rival();
    const auto counts = leases.lease_counts();
    parts.log.info(
        "dhcp.serving", "handing out addresses",
        {{"interface", config.interface}, {"addresses", counts.addresses}, {"leased", counts.leased}});
    auto next_look = parts.timers.now() + watch_interval;
    for (;;) {
      const bool asked_to = co_await look.wait_until(parts.timers.now() + housekeeping_interval);
      leases.sweep(parts.timers.now());
      tell_set_aside();
      if (is_local() && (asked_to || parts.timers.now() >= next_look)) {
        co_await look_for_rivals();
        next_look = parts.timers.now() + watch_interval;
      }
      tell_rival();
    }
  }

  void tell_set_aside() {
    constexpr std::size_t shown = 5;
    const auto aside = leases.set_aside();
    if (aside.empty()) {
      parts.tell("dhcp.conflict", std::nullopt);
      return;
    }
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(shown, aside.size()); ++i) texts.push_back(aside[i].to_string());
    parts.tell("dhcp.conflict",
               fmt::format("{} addresses of dhcp.subnets are used by machines that were not leased them, and "
                           "are not handed out: {}{}",
                           aside.size(), fmt::join(texts, ", "), aside.size() > shown ? ", ..." : ""));
  }
};

LeaseServer::LeaseServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
LeaseServer::~LeaseServer() = default;

core::Result<std::unique_ptr<LeaseServer>> LeaseServer::open(Parts parts, LeaseServerConfig config) {
  // Broadcasts are delivered only to a socket without address; what leaves it gets the address per datagram.
  auto server = parts.privileged.udp({.interface = config.interface,
                                      .address = {},
                                      .port = server_port,
                                      .broadcast = true,
                                      .receive_buffer = receive_buffer});
  if (!server) return std::unexpected(core::with_context(server.error(), "DHCP"));
  auto pxe = parts.privileged.udp({.interface = config.interface,
                                   .address = config.reply.server.address,
                                   .port = pxe_port,
                                   .receive_buffer = receive_buffer});
  if (!pxe) return std::unexpected(core::with_context(pxe.error(), "DHCP"));
  parts.log.info("dhcp.ready", "the DHCP server listens on ports 67 and 4011",
                 {{"interface", config.interface}, {"address", config.reply.server.address}});
  return std::unique_ptr<LeaseServer>(new LeaseServer(
      std::make_unique<State>(std::move(parts), std::move(config), std::move(*server), std::move(*pxe))));
}

void LeaseServer::start(core::TaskGroup& group) {
  group.spawn("dhcp.67", state_->serve(state_->server, &State::on_server_datagram));
  group.spawn("dhcp.4011", state_->serve(state_->pxe, &State::on_pxe_datagram));
  group.spawn("dhcp.journal", state_->journal());
  group.spawn("dhcp.leases", state_->live());
}

void LeaseServer::set_ready(bool ready) {
  state_->ready = ready;
  if (ready) state_->becomes_ready.wake();
}

void LeaseServer::look_again() {
  state_->look.wake();
}

LeaseServer::Status LeaseServer::status() const {
  return {state_->stage, state_->leases.lease_counts(), state_->leases.counters()};
}

std::vector<LeaseView> LeaseServer::leases() const {
  return state_->leases.leases(state_->parts.timers.now(), state_->parts.timers.utc_now());
}

}  // namespace colony::pxe::dhcp
