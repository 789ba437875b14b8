#include "daemon/cli/bmc_line.hpp"

#include <fmt/format.h>

#include "drivers/bmc_records.hpp"
#include "drivers/ipmi/ipmi_socket.hpp"

namespace colony::daemon::cli {

namespace {

using drivers::ipmi::CipherSuite;

std::vector<CipherSuite> suites(const BmcArguments& arguments) {
  if (arguments.cipher_suite == "3") return {CipherSuite::sha1_aes};
  if (arguments.cipher_suite == "17") return {CipherSuite::sha256_aes};
  return {CipherSuite::sha256_aes, CipherSuite::sha1_aes};
}

drivers::ipmi::IpmiOptions native_options(const BmcArguments& arguments) {
  drivers::ipmi::IpmiOptions options;
  options.suites = suites(arguments);
  // An operator waits, and one command does not wear a BMC out as the daemon's years of polling would.
  options.command_gap = std::chrono::milliseconds(50);
  return options;
}

drivers::ipmitool::IpmitoolOptions ipmitool_options(const BmcArguments& arguments) {
  drivers::ipmitool::IpmitoolOptions options;
  options.suites = suites(arguments);
  return options;
}

}  // namespace

void BmcArguments::declare(Arguments& arguments, Need ip_needed) {
  arguments.option("--ip", "ADDRESS", ip, "The BMC's IPv4 address", ip_needed);
  arguments.number("--port", "PORT", port, 1, 65535, "Its RMCP+ port");
  arguments.option("--username", "NAME", username, "Of the BMC; else IPMI_USERNAME");
  password.declare(arguments);
  arguments.choice("--driver", driver, {"native", "ipmitool"}, "How to talk to it");
  arguments.choice("--cipher-suite", cipher_suite, {"17", "3"}, "Only this one; else 17, then 3");
  arguments.number("--timeout", "SECONDS", timeout, 1, 600, "Give up after this time");
}

BmcLine::BmcLine(Session& session, const BmcArguments& arguments,
                 std::unique_ptr<drivers::ipmi::DatagramPort> port)
    : port_(std::move(port)),
      native_(session.timers, random_, log_, *port_, native_options(arguments)),
      program_(session.timers, log_, ipmitool_options(arguments)),
      by_program_(arguments.driver == "ipmitool") {}

core::Result<std::unique_ptr<BmcLine>> BmcLine::open(Session& session, const BmcArguments& arguments) {
  core::KernelSockets sockets;
  auto port = drivers::ipmi::open_udp_port(session.timers, sockets);
  if (!port) return std::unexpected(port.error());
  return std::unique_ptr<BmcLine>(new BmcLine(session, arguments, std::move(*port)));
}

std::unique_ptr<drivers::Bmc> BmcLine::bmc(drivers::BmcEndpoint endpoint,
                                           drivers::BmcCredentials credentials) {
  return by_program_ ? program_.open(endpoint, std::move(credentials))
                     : native_.open(endpoint, std::move(credentials));
}

std::string BmcLine::suite_of(drivers::BmcEndpoint endpoint) const {
  const auto suite = native_.suite_of(endpoint);
  return suite ? std::to_string(static_cast<unsigned>(*suite)) : "";
}

core::Task<> BmcLine::close() {
  co_await native_.close();
}

core::Result<OneBmc> one_bmc(Session& session, BmcArguments& arguments) {
  const auto address = core::Ipv4Address::parse(arguments.ip);
  if (!address) {
    return core::fail(core::ErrorKind::invalid_input, "cli.ip",
                      "--ip must be an IPv4 address such as 10.1.1.20");
  }
  auto username = username_of(session, arguments.username);
  if (!username) return std::unexpected(username.error());
  auto password = password_of(session, arguments.password);
  if (!password) return std::unexpected(password.error());
  return OneBmc{{*address, static_cast<std::uint16_t>(arguments.port)},
                {std::move(*username), std::move(*password)}};
}

core::Task<std::string> restart_cause_of(drivers::Bmc& bmc, core::BootTime deadline) {
  drivers::BmcRecords* const records = bmc.records();
  if (records == nullptr) co_return "";
  auto told = co_await records->restart_cause(deadline);
  co_return told ? std::move(*told) : "";
}

}  // namespace colony::daemon::cli
