// colonyd: reads its configuration, opens its store, runs the appliance until it is told to stop.

#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "daemon/api/tls_files.hpp"
#include "daemon/appliance.hpp"
#include "daemon/boot/images.hpp"
#include "daemon/config/files.hpp"
#include "daemon/config/unserved.hpp"
#include "daemon/store/surroundings.hpp"
#include "daemon/version.hpp"

namespace {

using namespace colony;

constexpr int exit_failure = 1;
constexpr int exit_bad_configuration = 2;  // or bad arguments: the unit does not restart on it

struct Arguments {
  std::string config = "/etc/colony/colony.yaml";
  std::string store_key;  // empty: beside the configuration
  std::string share_directory = daemon::default_share_directory();
  bool check = false;
};

void print_faults(const daemon::ConfigFaults& faults) {
  for (const auto& fault : faults) fmt::print(stderr, "{}\n", fault.to_string());
}

std::string credentials_directory() {
  // One thread so far.
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory == nullptr ? "" : directory;
}

/// Ends and reloads the appliance as signals ask.
core::Task<> obey_signals(daemon::Appliance& appliance, std::string config_file) {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGTERM, SIGINT, SIGHUP);
  for (;;) {
    const auto [error, number] =
        co_await signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return;
    if (number == SIGHUP) {
      appliance.reload(daemon::load_config(config_file));
    } else {
      appliance.stop();
      co_return;
    }
  }
}

core::Task<> serve(daemon::Appliance& appliance, core::TaskGroup& signals, core::Result<>& outcome) {
  outcome = co_await appliance.run();
  signals.cancel();
}

int run(const Arguments& arguments, const daemon::Config& config) {
  core::Log log = core::Log::to_stderr(config.log.level, config.log.format);
  boost::asio::io_context loop(1);
  core::SystemTimers timers(loop);
  core::SystemRandom random;
  core::KernelSockets sockets;
  core::KernelAddresses interfaces;
  daemon::Systemd manager;

  daemon::store::StoreOptions options;
  options.file.path = config.store.path.text();
  options.file.key = {
      .file = arguments.store_key.empty() ? daemon::store_key_beside(arguments.config) : arguments.store_key,
      .credentials_directory = credentials_directory()};
  options.file.owner = daemon::store::machine_owner();
  options.on_finished = [&log](const core::Error& error) {
    log.error("store.finished", error.message, {{"code", error.code}});
  };
  auto store = daemon::store::Store::open(timers, std::move(options));
  if (!store) {
    log.error("daemon.start_failed", store.error().message, {{"code", store.error().code}});
    return exit_failure;
  }

  core::ThreadedPool pool(timers, 2);
  core::Result<> outcome;
  {
    daemon::Appliance appliance({.timers = timers,
                                 .random = random,
                                 .log = log,
                                 .pool = pool,
                                 .privileged = sockets,
                                 .interfaces = interfaces,
                                 .manager = manager,
                                 .store = **store,
                                 .share_directory = arguments.share_directory,
                                 .version = std::string(daemon::program_version())},
                                config);
    core::TaskGroup signals(timers);
    core::TaskGroup work(timers);
    signals.spawn("signals", obey_signals(appliance, arguments.config));
    work.spawn("appliance", serve(appliance, signals, outcome));
    loop.run();
  }
  if (!outcome) {
    log.error("daemon.stopped", outcome.error().message, {{"code", outcome.error().code}});
    return exit_failure;
  }
  log.info("daemon.stopped", "stopped as asked");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App program("The Colony appliance: discovers, provisions and wipes bare-metal servers", "colonyd");
  program.set_version_flag("--version", std::string(daemon::program_version()));
  program.add_option("--config", arguments.config, "configuration file")->capture_default_str();
  program.add_flag("--check", arguments.check,
                   "check the configuration and exit: 0, or 2 with one line per fault");
  program.add_option(
      "--store-key", arguments.store_key,
      "key that seals passwords in the store (default: store.key beside the configuration; the "
      "systemd credential store-key goes first)");
  program.add_option("--share-dir", arguments.share_directory, "where scout's image is")
      ->capture_default_str();
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version end here too; CLI11 has a number of its own for each fault.
    return program.exit(error) == 0 ? 0 : exit_bad_configuration;
  }

  const auto config = daemon::load_config(arguments.config);
  if (!config) {
    print_faults(config.error());
    return exit_bad_configuration;
  }
  if (arguments.check) {
    std::string note;
    if (const auto& api = config->api; api.listen.port != 0) {
      const auto files = daemon::api::check_tls_files(api.tls_certificate.text(), api.tls_key.text(),
                                                      core::system_utc_time());
      if (!files) {
        fmt::print(stderr, "{}: {}\n", arguments.config, files.error().message);
        return exit_bad_configuration;
      }
      note = *files;
    }
    fmt::print("{}: no fault\n", arguments.config);
    if (!note.empty()) fmt::print("note: {}\n", note);
    for (const auto& key : daemon::unserved_keys(*config)) {
      fmt::print("note: {} has no effect in this version\n", key);
    }
    return 0;
  }
  // Secrets live in this process: no core dump, no ptrace by others of our user; files are nobody else's.
  prctl(PR_SET_DUMPABLE, 0);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  return run(arguments, *config);
}
