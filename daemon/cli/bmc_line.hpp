#pragma once
// `colony bmc`: BMCs without the daemon. What its commands share: where, who, which driver.

#include <memory>
#include <string>

#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/cli/password.hpp"
#include "drivers/ipmi/ipmi_client.hpp"
#include "drivers/ipmitool/ipmitool_client.hpp"

namespace colony::daemon::cli {

struct BmcArguments {
  std::string ip, username;
  PasswordArguments password;
  std::string driver = "native";
  std::string cipher_suite;  // "", "3" or "17"
  unsigned port = 623;
  unsigned timeout = 20;  // seconds

  void declare(Arguments& arguments, Need ip_needed);
};

/// One driver for the life of a command. close() before destruction.
class BmcLine {
 public:
  /// Errors: net.bind.
  [[nodiscard]] static core::Result<std::unique_ptr<BmcLine>> open(Session& session,
                                                                   const BmcArguments& arguments);
  [[nodiscard]] std::unique_ptr<drivers::Bmc> bmc(drivers::BmcEndpoint endpoint,
                                                  drivers::BmcCredentials credentials);
  /// "17", "3", or "" when it is not known.
  [[nodiscard]] std::string suite_of(drivers::BmcEndpoint endpoint) const;
  [[nodiscard]] core::Task<> close();

 private:
  BmcLine(Session& session, const BmcArguments& arguments, std::unique_ptr<drivers::ipmi::DatagramPort> port);
  core::SystemRandom random_;
  core::Log log_ = core::Log::silent();
  std::unique_ptr<drivers::ipmi::DatagramPort> port_;
  drivers::ipmi::IpmiClient native_;
  drivers::ipmitool::IpmitoolClient program_;
  bool by_program_;
};

/// The one BMC that --ip, --port, --username and the password name. Errors: cli.ip, cli.username,
/// cli.password.
struct OneBmc {
  drivers::BmcEndpoint endpoint;
  drivers::BmcCredentials credentials;
};
[[nodiscard]] core::Result<OneBmc> one_bmc(Session& session, BmcArguments& arguments);

/// Why the machine was started, as far as the BMC knows; empty where it or the driver cannot tell.
[[nodiscard]] core::Task<std::string> restart_cause_of(drivers::Bmc& bmc, core::BootTime deadline);

}  // namespace colony::daemon::cli
