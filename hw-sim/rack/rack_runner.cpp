#include "hw-sim/rack/rack_runner.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/signal.hpp"
#include "hw-sim/rack/rack.hpp"
#include "hw-sim/rack/rack_socket.hpp"
#include "hw-sim/strike/strike.hpp"

namespace colony::hw_sim {

namespace {

constexpr core::Duration report_interval = std::chrono::milliseconds(200);

struct Options {
  std::string file;
  std::string state_dir;
  std::string appliance;
  double speed = 0;  // 0: the file's
  StrikeOptions kill;
  bool verbose = false;
};

/// Scout's disk calls, one by one in turns of the loop, so that a long erasure does not silence the BMCs.
class TurnPool final : public core::BlockingPool {
 public:
  explicit TurnPool(core::Timers& timers) : executor_(timers.executor()) {}
  void execute(std::function<void()> work, std::function<void()> done) override {
    boost::asio::post(executor_, [work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  boost::asio::any_io_executor executor_;
};

/// Whole or not at all: written beside, then renamed.
void write_report(const std::filesystem::path& directory, const core::Json& report, const core::Log& log) {
  const auto final_name = directory / "rack.json";
  const auto part_name = directory / "rack.json.part";
  {
    std::ofstream file(part_name, std::ios::trunc);
    file << core::dump_json(report) << '\n';
    if (!file.flush()) {
      log.warn("rack.report", "The state file was not written", {{"file", part_name.string()}});
      return;
    }
  }
  std::error_code problem;
  std::filesystem::rename(part_name, final_name, problem);
  if (problem) log.warn("rack.report", "The state file was not renamed", {{"cause", problem.message()}});
}

core::Task<> keep_report(core::Timers& timers, const Rack& rack, std::filesystem::path directory,
                         const core::Log& log) {
  std::uint64_t written = 0;
  for (;;) {
    if (rack.changes() != written) {
      written = rack.changes();
      write_report(directory, rack.report(), log);
    }
    co_await timers.sleep_for(report_interval);
  }
}

core::Result<RackFile> read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file)
    return core::fail(core::ErrorKind::not_found, "rack.file", fmt::format("{}: cannot be read", name));
  std::string text(std::istreambuf_iterator<char>(file), {});
  auto rack = parse_rack_file(text);
  core::wipe_text(text);
  if (!rack) return std::unexpected(core::with_context(rack.error(), name));
  return rack;
}

int run(const Options& options) {
  auto file = read_file(options.file);
  if (!file) {
    fmt::print(stderr, "{}\n", file.error().message);
    return 2;
  }
  const auto appliance = options.appliance.empty()
                             ? core::Ipv4Address()
                             : core::Ipv4Address::parse(options.appliance).value_or(core::Ipv4Address());
  if (!options.appliance.empty() && appliance.is_unspecified()) {
    fmt::print(stderr, "--appliance: an address such as 10.77.0.5 is wanted\n");
    return 2;
  }
  // Children of a strike must not inherit; a peer that hangs up must not end us.
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::SystemRandom random;
  const core::Log log = core::Log::to_stderr(options.verbose ? core::LogLevel::debug : core::LogLevel::warn,
                                             core::LogFormat::text);
  core::KernelSockets kernel;
  TurnPool pool(timers);
  auto socket = RackSocket::open(timers, kernel, log, file->interface);
  if (!socket) {
    fmt::print(stderr, "{}\n", socket.error().message);
    return 1;
  }
  const auto strike_at = options.kill.at > 0 ? std::optional(options.kill.at) : std::nullopt;
  WireCount count(appliance, strike_at, [&] { strike(options.kill, log); });
  const ServerTimings timings = ServerTimings::at_speed(options.speed > 0 ? options.speed : file->speed);
  Rack rack({timers, pool, random, log, **socket, count}, std::move(*file), timings);
  (*socket)->start(rack);
  rack.start();

  core::TaskGroup tasks(timers);
  if (!options.state_dir.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(options.state_dir, ignored);
    write_report(options.state_dir, rack.report(), log);
    tasks.spawn("rack report", keep_report(timers, rack, options.state_dir, log));
  }
  const auto until_signal = [](boost::asio::io_context& io, core::TaskGroup& others, Rack& the_rack,
                               RackSocket& wire) -> core::Task<> {
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    (void)co_await signals.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    others.cancel();
    co_await others.join();
    co_await the_rack.close();
    co_await wire.close();
  };
  core::TaskGroup main_task(timers);
  main_task.spawn("rack", until_signal(loop, tasks, rack, **socket));
  fmt::print("ready: {} servers on {}\n", rack.size(), options.file);
  std::fflush(stdout);
  loop.run();
  if (!options.state_dir.empty()) write_report(options.state_dir, rack.report(), log);
  fmt::print("wire messages: {}{}\n", count.total(), count.struck() ? " (struck)" : "");
  return 0;
}

}  // namespace

void register_rack(Subcommands& subcommands) {
  auto options = std::make_shared<Options>();
  CLI::App* app =
      subcommands.program().add_subcommand("rack", "Servers that behave on a network interface (RACK.yaml)");
  app->add_option("--file", options->file, "RACK.yaml")->required();
  app->add_option("--state-dir", options->state_dir, "Keeps DIR/rack.json: disks, BMCs, boots as they are");
  app->add_option("--speed", options->speed, "How much faster than real machines (default: the file's)");
  app->add_option("--appliance", options->appliance, "Only messages from this address count");
  add_strike_options(*app, options->kill);
  app->add_flag("--verbose", options->verbose, "Log everything");
  subcommands.add(app, [options] { return run(*options); });
}

}  // namespace colony::hw_sim
