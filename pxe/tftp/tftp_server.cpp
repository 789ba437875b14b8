#include "pxe/tftp/tftp_server.hpp"

#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/rate_limit.hpp"
#include "pxe/net/datagram_socket.hpp"
#include "pxe/tftp/block_limits.hpp"
#include "pxe/tftp/sender.hpp"
#include "pxe/tftp/transfer_line.hpp"

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
  Ticket ticket;
  std::optional<core::MacAddress> mac;
  std::string name;
  FileBytes file;
  Agreement agreement;
};

/// Where the server finds a transfer's line, for as long as that lives and is its client's newest.
class Entry {
 public:
  struct Running {
    Ticket ticket;
    TransferLine* line = nullptr;
    SharedLine* shared = nullptr;  // the same, with single_port
  };
  using Lines = std::map<UdpPeer, Running>;
  Entry(Lines& lines, const Running& running) : lines_(lines), running_(running) {
    lines_.insert_or_assign(running.ticket.client, running);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() {
    const auto newest = lines_.find(running_.ticket.client);
    if (newest != lines_.end() && newest->second.line == running_.line) lines_.erase(newest);
  }

 private:
  Lines& lines_;
  Running running_;
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
  core::RateLimit<core::Ipv4Address> refusals;  // log lines, per client
  BlockLimits block_limits;
  Entry::Lines lines;  // of the running transfers
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
    const auto running = lines.find(client);
    const auto request = parse_request(received.bytes);
    if (!request && running != lines.end() && running->second.shared != nullptr) {
      return running->second.shared->on_datagram(received.bytes);
    }
    if (!request) return on_bad_request(client, request.error());
    const auto [verdict, ticket] = admission.enter(client, request->file, timers.now());
    if (running != lines.end() && !admission.holds(running->second.ticket)) running->second.line->end();
    if (verdict != Verdict::admitted && verdict != Verdict::succeeds) {
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
      admission.leave(ticket);
      return refuse(client, ErrorCode::file_not_found, "file not found", request->file);
    }
    const auto agreement = negotiate(request->options, limits_for(client.address), file->size());
    group->spawn("tftp.transfer",
                 transfer(Job{client, ticket, mac, request->file, std::move(file), agreement}));
  }

  [[nodiscard]] TransferLimits limits_for(core::Ipv4Address client) const {
    TransferLimits limits = config.transfer;
    if (const auto mtu = path_mtu(client)) limits.block_size = block_within(limits.block_size, *mtu);
    limits.block_size = block_limits.limit(client, limits.block_size, timers.now());
    return limits;
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

  /// Sends what the machine asks for; true while the transfer goes on.
  static bool perform(const Step& step, const Sender& sender, const Job& job, TransferLine& line) {
    if (std::holds_alternative<SendOack>(step)) line.send(encode_oack(job.agreement.oack), {});
    if (const auto* blocks = std::get_if<SendBlocks>(&step)) {
      for (std::uint64_t block = blocks->first; block < blocks->first + blocks->count; ++block) {
        const auto at = sender.extent(block);
        line.send(data_header(Sender::on_wire(block)), core::as_bytes(*job.file).subspan(at.offset, at.size));
      }
    }
    return !std::holds_alternative<Finished>(step);
  }

  core::Task<Outcome> converse(const Job& job, Sender& sender, TransferLine& line) {
    Step step = sender.start(timers.now());
    bool suspected = false;
    while (perform(step, sender, job, line)) {
      const Heard heard = co_await line.next(sender.deadline());
      if (const auto* ack = std::get_if<Ack>(&heard)) {
        step = sender.on_ack(ack->block, timers.now());
      } else if (std::holds_alternative<ClientEnds>(heard)) {
        step = sender.on_error();
      } else {
        step = sender.on_time(timers.now());
      }
      if (sender.may_be_done()) admission.is_ending(job.ticket);
      // Firmware gives up and asks anew long before we do: what was learnt must be known by then.
      if (suspected || !sender.loses_blocks()) continue;
      suspected = true;
      on_blocks_lost(job);
    }
    co_return std::get<Finished>(step).outcome;
  }

  void on_blocks_lost(const Job& job) {
    if (job.agreement.block_size <= safe_block_size) return;
    ++counters.blocks_lost;
    block_limits.on_blocks_lost(job.client.address, timers.now());
    if (!refusals.allow(job.client.address, timers.now())) return;
    log.warn("tftp.blocks_lost",
             "no block arrives, though small packets do: smaller ones from its next request on",
             {{"client", job.client.address}, {"block", job.agreement.block_size}});
  }

  core::Task<> transfer(Job job) {
    const Place place(admission, job.ticket);
    if (!admission.holds(job.ticket)) co_return;  // its client went on before it began
    if (config.single_port) {
      SharedLine line(timers, socket, job.client);
      const Entry entry(lines, {job.ticket, &line, &line});
      co_await carry(job, line);
      co_return;
    }
    auto line = open_own_line(privileged, timers,
                              {.interface = config.interface, .address = config.network.address, .port = 0},
                              job.client);
    if (!line) {
      log.error("tftp.socket", line.error().message, {{"client", job.client.address}});
      co_return;
    }
    const Entry entry(lines, {job.ticket, line->get(), nullptr});
    co_await carry(job, **line);
  }

  core::Task<> carry(const Job& job, TransferLine& line) {
    Sender sender(job.agreement, job.file->size());
    const core::BootTime began = timers.now();
    const Outcome outcome = co_await converse(job, sender, line);
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
