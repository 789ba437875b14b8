#pragma once
// TFTP for boot programs: one socket on port 69, one more for each transfer (none with single_port), all
// bound to the claimed address. Every transfer that moved bytes is evidence.

#include <memory>
#include <string>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/evidence/evidence.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "pxe/tftp/admission.hpp"
#include "pxe/tftp/file_source.hpp"
#include "pxe/tftp/negotiation.hpp"

namespace colony::pxe::tftp {

struct TftpServerConfig {
  std::string interface;                 // empty: any
  core::Ipv4Network network;             // the claimed address and its network
  std::uint16_t port = well_known_port;  // 0 in tests
  TransferLimits transfer;
  bool single_port = false;  // all transfers over port 69, for firewalls that let only that through
  ClientRule clients = ClientRule::known;
  AdmissionLimits admission;
};

class TftpServer {
 public:
  struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t malformed = 0;
    std::uint64_t strangers = 0;
    std::uint64_t busy = 0;     // bounds reached
    std::uint64_t refused = 0;  // answered with an ERROR
    std::uint64_t completed = 0;
    std::uint64_t broken_off = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t blocks_lost = 0;  // clients that got smaller blocks the next time
  };

  /// Binds: when this returns, no request is lost any more. What is passed by reference outlives the server.
  [[nodiscard]] static core::Result<std::unique_ptr<TftpServer>> open(
      core::Privileged& privileged, core::Timers& timers, const ClientAddresses& addresses, FileSource& files,
      core::EvidenceSink& evidence, core::Log& log, TftpServerConfig config);
  ~TftpServer();
  TftpServer(const TftpServer&) = delete;
  TftpServer& operator=(const TftpServer&) = delete;

  /// Serves as tasks of `group` until that is cancelled. Server and group outlive the tasks.
  void start(core::TaskGroup& group);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const Counters& counters() const;

 private:
  struct State;
  explicit TftpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::pxe::tftp
