#pragma once
// A BMC that speaks RMCP+ (IPMI 2.0), pure: a datagram in, datagrams out. Sessions with cipher suites 17 and
// 3, the commands that operators and our drivers use, counters of everything that matters, faults by name.
// bmc_server.hpp puts it on a socket; tests and the rack feed it from memory.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "hw-sim/bmc/bmc_faults.hpp"
#include "hw-sim/bmc/bmc_firmware.hpp"
#include "hw-sim/bmc/bmc_profile.hpp"
#include "hw-sim/bmc/bmc_sol.hpp"
#include "hw-sim/bmc/bmc_users.hpp"
#include "hw-sim/bmc/chassis.hpp"

namespace colony::hw_sim {

struct BmcReply {
  core::Bytes bytes;
  core::Duration delay{};  // to be sent that much later
};

/// Who a datagram came from: the shell's own number, 0 where there is only one.
using BmcPeer = std::uint64_t;

/// What a BMC sends without having been asked: serial text.
struct BmcOutgoing {
  BmcPeer to = 0;
  core::Bytes bytes;
};

struct BmcCounters {
  std::map<drivers::PowerAction, unsigned> acts;  // every Chassis Control carried out
  unsigned sessions_opened = 0;
  unsigned sessions_closed = 0;   // by the console
  unsigned sessions_expired = 0;  // by silence
  unsigned logins_rejected = 0;   // RAKP 3 with a wrong code, or an unknown name
  unsigned commands = 0;          // carried out
  unsigned retransmissions = 0;   // recognised, answered from memory
  unsigned sol_activations = 0;
  unsigned resets = 0;   // of the controller
  unsigned dropped = 0;  // damaged, forged, replayed or foreign datagrams
  [[nodiscard]] unsigned total_acts() const {
    unsigned total = 0;
    for (const auto& [action, count] : acts) total += count;
    return total;
  }
};

class BmcModel {
 public:
  BmcModel(BmcProfile profile, Chassis& chassis, core::Random& random);
  BmcModel(const BmcModel&) = delete;
  BmcModel& operator=(const BmcModel&) = delete;
  ~BmcModel();

  /// What the BMC sends back to where `datagram` came from.
  [[nodiscard]] std::vector<BmcReply> on_datagram(core::ByteView datagram, core::BootTime now,
                                                  BmcPeer peer = 0);
  /// Serial text that is due; to be taken after every call, and at deadline().
  [[nodiscard]] std::vector<BmcOutgoing> take_outgoing(core::BootTime now);
  [[nodiscard]] std::optional<core::BootTime> deadline() const;
  /// Called when there is another deadline because the machine printed something.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  /// The port it is reached at, where it is not 623.
  void set_reset_time(core::Duration time, core::Duration starting = {}) {
    profile_.reset_time = time;
    profile_.starting_time = starting;
  }
  void set_port(std::uint16_t port) { profile_.sol_port = port; }
  [[nodiscard]] BmcFaults& faults() { return faults_; }
  [[nodiscard]] BmcUserTable& users() { return users_; }
  [[nodiscard]] const BmcUserTable& users() const { return users_; }
  [[nodiscard]] const BmcCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t open_sessions() const;
  /// The BMC restarts: every session is gone, the machine is untouched.
  void restart();

 private:
  struct Session;

  [[nodiscard]] core::Bytes answer(core::ByteView datagram, core::BootTime now, BmcMoment& at);
  [[nodiscard]] core::Bytes answer_presession(core::ByteView message);
  [[nodiscard]] core::Bytes answer_open_session(core::ByteView payload, core::BootTime now);
  [[nodiscard]] core::Bytes answer_rakp1(core::ByteView payload, core::BootTime now);
  [[nodiscard]] core::Bytes answer_rakp3(core::ByteView payload, core::BootTime now);
  [[nodiscard]] core::Bytes answer_bare_rakp3(Session& session, core::ByteView payload, core::BootTime now);
  [[nodiscard]] core::Bytes answer_command(const drivers::ipmi::Packet& packet, core::BootTime now,
                                           BmcMoment& at);
  [[nodiscard]] FirmwareReply carry_out(Session& session, const drivers::ipmi::RequestMessage& request,
                                        BmcMoment at, core::BootTime now);
  /// nullopt: no command of payloads.
  [[nodiscard]] std::optional<FirmwareReply> payload_command(Session& session,
                                                             const drivers::ipmi::RequestMessage& request,
                                                             core::BootTime now);
  enum class SolFarewell : std::uint8_t { none, send };
  void on_sol(const drivers::ipmi::Packet& packet, core::BootTime now);
  void send_sol(const std::vector<core::Bytes>& payloads);
  void end_sol(SolFarewell farewell, core::BootTime now);
  void count_drop();
  [[nodiscard]] core::Bytes drop();
  [[nodiscard]] Session* find(std::uint32_t bmc_session);
  void expire(core::BootTime now);

  BmcProfile profile_;
  Chassis& chassis_;
  core::Random& random_;
  BmcFirmware firmware_;
  BmcUserTable users_;
  BmcFaults faults_;
  BmcCounters counters_;
  std::map<std::uint32_t, std::unique_ptr<Session>> sessions_;  // by the BMC's own session id
  core::BootTime frozen_until_{};
  core::BootTime starting_until_{};
  bool resetting_ = false;  // as soon as it has answered
  core::BootTime now_{};
  BmcPeer peer_ = 0;  // of the datagram in hand
  std::optional<BmcSol> sol_;
  std::uint32_t sol_session_ = 0;
  std::vector<BmcOutgoing> outgoing_;
  std::function<void()> on_change_;
};

}  // namespace colony::hw_sim
