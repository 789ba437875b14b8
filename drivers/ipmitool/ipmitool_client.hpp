#pragma once
// BMCs through the program ipmitool, for hardware on which only it works: a process for every question, one
// at a time for each BMC, a bounded number for all.

#include <memory>
#include <string>
#include <vector>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "drivers/bmc.hpp"
#include "drivers/ipmi/cipher_suite.hpp"

namespace colony::drivers::ipmitool {

struct IpmitoolOptions {
  std::string program = "ipmitool";
  std::vector<ipmi::CipherSuite> suites{ipmi::CipherSuite::sha256_aes, ipmi::CipherSuite::sha1_aes};
  unsigned max_processes = 8;  // a call burns 25 ms of CPU, mostly by starting
  /// Of those, for BMCs that did not answer the last time: they keep a process for seconds.
  unsigned max_for_silent = 2;
};

class IpmitoolClient {
 public:
  /// `timers` and `log` outlive the client, and the client its BMCs.
  IpmitoolClient(core::Timers& timers, const core::Log& log, IpmitoolOptions options);
  IpmitoolClient(const IpmitoolClient&) = delete;
  IpmitoolClient& operator=(const IpmitoolClient&) = delete;
  ~IpmitoolClient();

  /// Errors have the codes of drivers/ipmi, and those of process_runner.hpp.
  [[nodiscard]] std::unique_ptr<Bmc> open(BmcEndpoint endpoint, BmcCredentials credentials,
                                          BmcPassport passport = {});

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace colony::drivers::ipmitool
