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
#include "pxe/dhcp/lease_queue.hpp"
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
// What came while the disk was slow is answered over some milliseconds: a relay's buffer, often the default
// 208 KiB, holds some 200 answers. 16 a millisecond is far more than any disk acknowledges for long. After a
// rest that took longer, on a busy machine, as many more.
constexpr unsigned answers_at_once = 16;
constexpr unsigned answers_at_most = 128;
constexpr core::Duration answer_gap = 1ms;
constexpr core::Duration load_interval = 5s;
constexpr core::Duration housekeeping_interval = 10s;

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

}  // namespace

struct LeaseServer::State {
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
        watch(config.interface, config.on_rival, reach()),
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
  core::Wakeup becomes_ready;
  LeaseQueue pending;
  core::Wakeup filled;
  core::Wakeup look;  // now, not at the next time
  LeaseWatch watch;
  core::RateLimit<std::uint32_t> asked;
  core::RateLimit<std::uint8_t> failures;

  [[nodiscard]] LeaseWatch::Reach reach() const {
    const bool local = std::ranges::any_of(
        config.leases.subnets, [this](const Subnet& subnet) { return subnet.network.contains(address); });
    return local ? LeaseWatch::Reach::our_link : LeaseWatch::Reach::relayed;
  }
  [[nodiscard]] bool serving() const { return ready && watch.stage() == LeaseStage::serving; }

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
    if (!serving()) return;
    auto answer = leases.on_datagram(arrival(received, ArrivalPort::server));
    if (!answer.journal) {
      if (answer.send) send(server, *answer.send);
      return;
    }
    if (pending.push({std::move(*answer.journal), std::move(answer.send)})) filled.wake();
  }

  void on_pxe_datagram(const DatagramSocket::Received& received) {
    if (!serving()) return;
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
      if (serving()) ask_ahead();
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
      const auto group = pending.take_group();
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
      co_await answer(group);
    }
  }

  Task<> answer(const std::vector<LeaseQueue::Item>& group) {
    unsigned room = answers_at_once;
    for (const auto& item : group) {
      if (!item.send) continue;
      if (room == 0) {
        const auto from = parts.timers.now();
        co_await parts.timers.sleep_for(answer_gap);
        const auto gaps = (parts.timers.now() - from) / answer_gap;
        room = gaps < answers_at_most / answers_at_once ? answers_at_once * static_cast<unsigned>(gaps)
                                                        : answers_at_most;
        room = std::max(room, answers_at_once);
      }
      send(server, *item.send);
      --room;
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
    if (watch.stage() != LeaseStage::serving) ask_ahead();
    const auto found = co_await search();
    if (!found) {
      parts.log.warn("dhcp.search_failed", found.error().message, {{"code", found.error().code}});
      watch.on_search_failed(parts.timers.now());
      co_return;
    }
    const auto change = watch.on_search(*found, parts.timers.now());
    if (change.appeared) {
      parts.log.warn("dhcp.rival", "another DHCP server answers on this network",
                     {{"server", text_of(*change.appeared)}, {"interface", config.interface}});
    }
    if (change.gone) {
      parts.log.info("dhcp.rival_gone", "the other DHCP server no longer answers",
                     {{"server", text_of(*change.gone)}});
    }
  }

  void tell_rival() {
    std::optional<LeaseWatch::Overheard> overheard;
    if (const auto& rival = leases.rival()) overheard = {rival->server, rival->at};
    parts.tell("dhcp.rival", watch.finding(overheard, parts.timers.now()));
  }

  void announce() {
    const auto counts = leases.lease_counts();
    parts.log.info(
        "dhcp.serving", "handing out addresses",
        {{"interface", config.interface}, {"addresses", counts.addresses}, {"leased", counts.leased}});
  }

  /// Restores, looks for rivals, lets the server begin, and goes on looking.
  Task<> live() {
    co_await wait_until_ready();
    co_await restore();
    watch.on_restored(parts.timers.now());
    for (bool announced = false;;) {
      if (parts.timers.now() >= watch.next_look()) co_await look_for_rivals();
      if (watch.stage() == LeaseStage::serving) {
        if (!std::exchange(announced, true)) announce();
        leases.sweep(parts.timers.now());
        tell_set_aside();
      }
      tell_rival();
      const auto wake = std::min(watch.next_look(), parts.timers.now() + housekeeping_interval);
      if (co_await look.wait_until(wake)) watch.look_again(parts.timers.now());
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
  return {state_->watch.stage(), state_->serving(), state_->leases.lease_counts(), state_->leases.counters()};
}

std::vector<LeaseView> LeaseServer::leases() const {
  return state_->leases.leases(state_->parts.timers.now(), state_->parts.timers.utc_now());
}

}  // namespace colony::pxe::dhcp
