#include "hw-sim/bmc/bmc_main.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "core/random.hpp"
#include "hw-sim/bmc/bmc_server.hpp"
#include "hw-sim/bmc/guest_link.hpp"

namespace colony::hw_sim {

namespace {

struct Options {
  std::string listen = "127.0.0.1:623";
  std::string username = "ADMIN";
  std::string password;
  std::string guid;
  std::vector<std::string> faults;
  std::size_t max_sessions = 4;
  unsigned lockout_after = 0;
  std::vector<std::string> weaknesses;
  std::string like;
  bool powered_on = false;
  std::string serial;
  std::string chassis;
};

struct Listen {
  core::Ipv4Address address;
  std::uint16_t port = 0;
};

std::optional<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = core::Ipv4Address::parse(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Listen{*address, port};
}

/// "bmc.power:ignore:1"
std::optional<BmcFault> parse_fault(std::string_view text) {
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto moment = parse_bmc_moment(text.substr(0, first));
  const auto kind = parse_bmc_fault_kind(text.substr(first + 1, second - first - 1));
  const std::string_view digits = text.substr(second + 1);
  BmcFault fault;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fault.times);
  if (!moment || !kind || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  fault.at = *moment;
  fault.kind = *kind;
  return fault;
}

int complain(std::string_view what) {
  fmt::print(stderr, "hw-sim bmc: {}\n", what);
  return 2;
}

int serve(const Options& options) {
  const auto listen = parse_listen(options.listen);
  if (!listen) return complain(fmt::format("--listen {}: want ADDR:PORT", options.listen));
  std::string password = options.password;
  if (const char* const from_environment = std::getenv("IPMI_PASSWORD");
      password.empty() && from_environment) {
    password = from_environment;
  }
  core::SystemRandom random;
  BmcProfile profile;
  profile.username = options.username;
  profile.password = core::Secret(password);
  profile.address = {listen->address, 24};
  profile.max_sessions = options.max_sessions;
  for (const auto& weakness : options.weaknesses) {
    if (!weaken(profile, weakness)) {
      return complain(fmt::format("--weak {}: want cipher-zero, anonymous, null-user or ipmi-1.5", weakness));
    }
  }
  if (!options.like.empty() && !imitate(profile, options.like)) {
    return complain(fmt::format("--like {}: want openbmc", options.like));
  }
  const auto guid = options.guid.empty() ? std::optional(random.uuid()) : core::Uuid::parse(options.guid);
  if (!guid) return complain("--guid: want a UUID");
  profile.system_guid = *guid;
  std::optional<SerialPlace> serial;
  if (!options.serial.empty()) {
    serial = parse_serial_place(options.serial);
    if (!serial) {
      return complain(fmt::format("--serial {}: want unix:PATH or tcp:ADDR:PORT", options.serial));
    }
  }
  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  PlainChassis plain;
  GuestLink guest(timers, std::move(serial), options.chassis);
  const bool behind_it = !options.serial.empty() || !options.chassis.empty();
  Chassis& chassis = behind_it ? static_cast<Chassis&>(guest) : plain;
  if (options.powered_on) chassis.act(drivers::PowerAction::on);
  BmcModel model(std::move(profile), chassis, random);
  model.users().set_lockout_after(options.lockout_after);
  for (const auto& text : options.faults) {
    const auto fault = parse_fault(text);
    if (!fault) return complain(fmt::format("--fault {}: want AT:KIND:TIMES, e.g. bmc.power:ignore:1", text));
    model.faults().add(*fault);
  }

  core::KernelSockets sockets;
  auto server = BmcServer::bind(timers, sockets, listen->address, listen->port);
  if (!server) {
    fmt::print(stderr, "hw-sim bmc: {}\n", server.error().message);
    return 1;
  }
  (*server)->start(model);
  guest.start();
  core::TaskGroup closing(timers);
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    closing.spawn("guest.close", guest.close());
    closing.spawn("bmc.close", (*server)->close());
  });
  fmt::print("listening {}:{}\n", listen->address.to_string(), (*server)->port());
  std::fflush(stdout);
  loop.run();
  fmt::print("acts {} sessions {} closed {} retransmissions {}\n", model.counters().total_acts(),
             model.counters().sessions_opened, model.counters().sessions_closed,
             model.counters().retransmissions);
  return 0;
}

}  // namespace

void register_bmc(Subcommands& subcommands) {
  CLI::App* const app = subcommands.program().add_subcommand("bmc", "One RMCP+ BMC, cipher suites 17 and 3");
  const auto options = std::make_shared<Options>();
  app->add_option("--listen", options->listen, "ADDR:PORT; port 0 takes any and prints it")
      ->capture_default_str();
  app->add_option("--username", options->username)->capture_default_str();
  app->add_option("--password", options->password, "Else from IPMI_PASSWORD");
  app->add_option("--guid", options->guid, "System GUID; random when not given");
  app->add_option("--fault", options->faults,
                  "AT:KIND:TIMES, e.g. bmc.power:ignore:1; repeatable (docs/hw-sim.md)");
  app->add_option("--max-sessions", options->max_sessions, "More are refused: insufficient resources")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app->add_option("--serial", options->serial,
                  "Where the machine's serial line is, unix:PATH or tcp:ADDR:PORT (a chardev of QEMU)");
  app->add_option("--chassis", options->chassis,
                  "PROGRAM that switches the machine, called as ipmi_sim calls its chassis_control");
  app->add_option("--lockout-after", options->lockout_after,
                  "So many rejected logins in a row lock a user out; 0: never")
      ->capture_default_str();
  app->add_option("--weak", options->weaknesses,
                  "cipher-zero, anonymous, null-user, ipmi-1.5: a way in; repeatable");
  app->add_option("--like", options->like, "openbmc: with the manners of that firmware");
  app->add_flag("--powered-on", options->powered_on, "The machine runs already");
  subcommands.add(app, [options] { return serve(*options); });
}

}  // namespace colony::hw_sim
