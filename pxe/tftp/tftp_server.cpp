#include "pxe/tftp/tftp_server.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "pxe/net/datagram_socket.hpp"
#include "pxe/rate_limit.hpp"
#include "pxe/tftp/sender.hpp"

namespace colony::pxe::tftp {

namespace {

using namespace std::chrono_literals;

constexpr int receive_buffer = 4 * 1024 * 1024;  // a rack that asks at once
constexpr int burst = 64;                        // datagrams handled before other tasks get their turn
constexpr std::size_t datagram_limit = 1024;     // requests are at most 512 bytes; padded ones a little more
constexpr core::Duration refusal_interval = 10s;
constexpr std::size_t refusal_capacity = 256;

/// One accepted request.
struct Job {
  UdpPeer client;
  std::optional<core::MacAddress> mac;
  std::string name;
  FileBytes file;
  Agreement agreement;
};

}  // namespace

struct TftpServer::State {
  State(core::Privileged& p, core::Timers& t, const ClientAddresses& a, FileSource& f, core::EvidenceSink& e,
        core::Log& l, TftpServerConfig c, core::FileDescriptor fd)
      : privileged(p),
        timers(t),
        files(f),
        evidence(e),
        log(l),
        config(std::move(c)),
        admission(config.clients, config.network, a, config.admission),
        refusals(refusal_interval, refusal_capacity),
        socket(t, std::move(fd)) {}

  core::Privileged& privileged;
  core::Timers& timers;
  FileSource& files;
  core::EvidenceSink& evidence;
  core::Log& log;
  TftpServerConfig config;
  Admission admission;
  RateLimit<core::Ipv4Address> refusals;  // log lines, per client
  DatagramSocket socket;
  core::TaskGroup* group = nullptr;
  Counters counters;

  void refuse(UdpPeer client, ErrorCode code, std::string_view why, std::string_view file) {
    ++counters.refused;
    (void)socket.send_to(client, encode_error(code, why));  // lost: the client asks again
    if (!refusals.allow(client.address, timers.now())) return;
    log.info("tftp.refused", why, {{"client", client.address}, {"file", core::printable(file)}});
  }

  /// A request that cannot be served for what it is.
  void on_bad_request(UdpPeer client, RequestError error) {
    // A malformed datagram gets no answer: it is no TFTP, and an answer could be an amplification.
    if (error == RequestError::malformed || !admission.serves(client.address)) {
      ++(error == RequestError::malformed ? counters.malformed : counters.strangers);
      return;
    }
    switch (error) {
      case RequestError::malformed: return;
      case RequestError::write:
        return refuse(client, ErrorCode::access_violation, "this server is read-only", "");
      case RequestError::not_octet:
        return refuse(client, ErrorCode::undefined, "only binary transfers: use mode octet", "");
      case RequestError::bad_file_name:
        return refuse(client, ErrorCode::access_violation, "no such name is served here", "");
    }
  }

  void on_datagram(const DatagramSocket::Received& received) {
    ++counters.requests;
    const UdpPeer client = received.from;
    const auto request = parse_request(received.bytes);
    if (!request) return on_bad_request(client, request.error());
    const auto verdict = admission.enter(client);
    if (verdict != Verdict::admitted) {
      if (verdict == Verdict::stranger) ++counters.strangers;
      if (verdict == Verdict::client_is_busy || verdict == Verdict::server_is_busy) {
        ++counters.busy;
        if (!refusals.allow(client.address, timers.now())) return;
        log.warn("tftp.busy", "too many transfers at once; the client will ask again",
                 {{"client", client.address}, {"bound", name(verdict)}});
      }
      return;
    }
    const auto mac = admission.machine_at(client.address);
    auto file = files.find(FileRequest{request->file, client.address, mac});
    if (!file) {
      admission.leave(client);
      return refuse(client, ErrorCode::file_not_found, "file not found", request->file);
    }
    const auto agreement = negotiate(request->options, config.transfer, file->size());
    group->spawn("tftp.transfer", transfer(Job{client, mac, request->file, std::move(file), agreement}));
  }

  core::Task<> serve() {
    std::array<core::Byte, datagram_limit> buffer{};
    for (;;) {
      (void)co_await socket.readable_until(core::BootTime::max());
      for (int i = 0; i < burst; ++i) {
        const auto received = socket.receive(buffer);
        // An error here is an ICMP answer to an ERROR we sent; the next receive works again.
        if (!received) continue;
        const auto& datagram = *received;
        if (!datagram) break;
        on_datagram(*datagram);
      }
    }
  }

  /// Sends what the machine asks for; true while the transfer goes on. What the kernel does not take counts
  /// as lost: the timer sends it again.
  static bool perform(const Step& step, const Sender& sender, const Job& job, DatagramSocket& to) {
    if (std::holds_alternative<SendOack>(step)) (void)to.send(encode_oack(job.agreement.oack));
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
      for (std::uint64_t block = blocks->first; block < blocks->first + blocks->count; ++block) {
        const auto at = sender.extent(block);
        (void)to.send(data_header(Sender::on_wire(block)),
                      core::as_bytes(*job.file).subspan(at.offset, at.size));
      }
    }
    return !std::holds_alternative<Finished>(step);
  }

  [[nodiscard]] Step on_peer_packet(core::ByteView bytes, Sender& sender) const {
    const auto packet = parse_peer_packet(bytes);
    if (!packet) return Wait{};
    if (const auto* ack = std::get_if<Ack>(&*packet)) return sender.on_ack(ack->block, timers.now());
    return sender.on_error();
  }

  core::Task<Outcome> converse(const Job& job, Sender& sender, DatagramSocket& peer) {
    std::array<core::Byte, datagram_limit> buffer{};
    Step step = sender.start(timers.now());
    for (int in_a_row = 0; perform(step, sender, job, peer);) {
      // A client that floods us with acknowledgements gets its turns like everybody else.
      const bool others_first = ++in_a_row % burst == 0;
      core::Result<std::optional<DatagramSocket::Received>> received;
      if (!others_first) received = peer.receive(buffer);
      if (!received) co_return Outcome::aborted;  // ICMP: nobody listens on that port any more
      if (const auto& datagram = *received) {
        step = on_peer_packet(datagram->bytes, sender);
      } else {
        (void)co_await peer.readable_until(sender.deadline());
        step = sender.on_time(timers.now());
      }
    }
    co_return std::get<Finished>(step).outcome;
  }

  core::Task<> transfer(Job job) {
    const Place place(admission, job.client);
    auto fd = privileged.udp({.interface = config.interface, .address = config.network.address, .port = 0});
    if (!fd) {
      log.error("tftp.socket", fd.error().message, {{"client", job.client.address}});
      co_return;
    }
    DatagramSocket peer(timers, std::move(*fd));
    if (const auto connected = peer.connect(job.client); !connected) {
      log.warn("tftp.socket", connected.error().message, {{"client", job.client.address}});
      co_return;
    }
    Sender sender(job.agreement, job.file->size());
    const core::BootTime began = timers.now();
    const Outcome outcome = co_await converse(job, sender, peer);
    report(job, sender, outcome, timers.now() - began);
  }

  void report(const Job& job, const Sender& sender, Outcome outcome, core::Duration took) {
    const bool complete = outcome == Outcome::complete;
    ++(complete ? counters.completed : counters.broken_off);
    counters.retransmissions += sender.retransmissions();
    const std::uint64_t bytes = sender.acknowledged_bytes();
    // EDK2 opens a transfer only to read tsize and aborts it: no byte moved, nothing happened.
    if (!complete && bytes == 0) {
      log.debug("tftp.unread", "a transfer ended before its first block",
                {{"client", job.client.address}, {"file", job.name}, {"end", name(outcome)}});
      return;
    }
    log.info("tftp.sent", complete ? "sent a boot file" : "a transfer broke off",
             {{"client", job.client.address},
              {"file", job.name},
              {"bytes", bytes},
              {"end", name(outcome)},
              {"block", job.agreement.block_size},
              {"window", job.agreement.window_size},
              {"again", sender.retransmissions()},
              {"took", core::format_duration(took)}});
    core::Evidence fact;
    fact.mac = job.mac;
    fact.address = job.client.address;
    fact.at = timers.utc_now();
    fact.source = "pxe.tftp";
    fact.fact = core::NbpSent{job.name, bytes, complete};
    evidence.emit(std::move(fact));
  }
};

TftpServer::TftpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
TftpServer::~TftpServer() = default;

core::Result<std::unique_ptr<TftpServer>> TftpServer::open(core::Privileged& privileged, core::Timers& timers,
                                                           const ClientAddresses& addresses,
                                                           FileSource& files, core::EvidenceSink& evidence,
                                                           core::Log& log, TftpServerConfig config) {
  auto fd = privileged.udp({.interface = config.interface,
                            .address = config.network.address,
                            .port = config.port,
                            .receive_buffer = receive_buffer});
  if (!fd) return std::unexpected(core::with_context(fd.error(), "TFTP"));
  std::unique_ptr<TftpServer> server(new TftpServer(std::make_unique<State>(
      privileged, timers, addresses, files, evidence, log, std::move(config), std::move(*fd))));
  log.info("tftp.ready", "TFTP listens",
           {{"address", server->state_->config.network.address}, {"port", server->port()}});
  return server;
}

void TftpServer::start(core::TaskGroup& group) {
  state_->group = &group;
  group.spawn("tftp.69", state_->serve());
}

std::uint16_t TftpServer::port() const {
  return state_->socket.local_port();
}

const TftpServer::Counters& TftpServer::counters() const {
  return state_->counters;
}

}  // namespace colony::pxe::tftp
