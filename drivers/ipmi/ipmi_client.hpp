#pragma once
// RMCP+ to many BMCs over one port. Each BMC has one actor: operations one after the other, one session kept
// between them, a gap between commands, a breaker for when it does not answer. Power acts are sent
// once; reads and settings are repeated. A session that was opened is closed: when idle, by Bmc::close(), or
// by close() here.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "drivers/bmc.hpp"
#include "drivers/bmc_passport.hpp"
#include "drivers/ipmi/cipher_suite.hpp"
#include "drivers/ipmi/datagram_port.hpp"
#include "drivers/ipmi/handshake.hpp"

namespace colony::drivers::ipmi {

struct IpmiOptions {
  std::vector<CipherSuite> suites{CipherSuite::sha256_aes, CipherSuite::sha1_aes};  // in this order
  Privilege privilege = Privilege::administrator;
  core::Duration command_gap = std::chrono::milliseconds(200);
  /// BMCs end a silent session after 60 s; we end it before that.
  core::Duration idle_close = std::chrono::seconds(45);
  core::Duration first_back_off = std::chrono::seconds(1);
  core::Duration longest_back_off = std::chrono::minutes(5);
  unsigned failures_to_open = 3;  // breaker.hpp
};

class IpmiClient {
 public:
  /// All of them outlive the client.
  IpmiClient(core::Timers& timers, core::Random& random, const core::Log& log, DatagramPort& port,
             IpmiOptions options);
  IpmiClient(const IpmiClient&) = delete;
  IpmiClient& operator=(const IpmiClient&) = delete;
  /// After close(), and after the last Bmc is gone.
  ~IpmiClient();

  /// Sends nothing yet. Several for one endpoint share nothing but the memory of its cipher suite.
  /// Credentials that IPMI cannot carry (16 and 20 bytes) make every call fail with ipmi.credentials.
  [[nodiscard]] std::unique_ptr<Bmc> open(BmcEndpoint endpoint, BmcCredentials credentials,
                                          BmcPassport passport = {});

  /// Called whenever a BMC has taught something that its passport did not say.
  using OnLearnt = std::function<void(const BmcEndpoint&, const BmcPassport&)>;
  void set_on_learnt(OnLearnt on_learnt);

  /// The suite that worked last for this BMC.
  [[nodiscard]] std::optional<CipherSuite> suite_of(BmcEndpoint endpoint) const;

  /// Operations under way end with ipmi.closed, every session is closed (at most 2 s), every task ends.
  [[nodiscard]] core::Task<> close();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace colony::drivers::ipmi
