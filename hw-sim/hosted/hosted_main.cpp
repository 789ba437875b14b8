#include "hw-sim/hosted/hosted_main.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "core/async/task_group.hpp"
#include "core/http/server.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "hw-sim/hosted/hosted_keys.hpp"
#include "hw-sim/hosted/hosted_server.hpp"
#include "hw-sim/strike/strike.hpp"

namespace colony::hw_sim {

namespace {

struct Options {
  std::string listen = "127.0.0.1:8443";
  std::string state_file;
  std::string tls_certificate, tls_key;
  HostedOptions model;
  std::string keys_file;
  bool documented_only = false;
  std::vector<std::string> faults;
  StrikeOptions kill;
};

int complain(std::string_view what) {
  fmt::print(stderr, "hw-sim hosted: {}\n", what);
  return 2;
}

core::Result<core::FileDescriptor> listen_on(const std::string& text) {
  const auto bad = [&text] {
    return core::fail(core::ErrorKind::invalid_input, "hosted_sim.listen",
                      fmt::format("--listen {}: want ADDR:PORT", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return bad();
  const auto address = core::Ipv4Address::parse(std::string_view(text).substr(0, colon));
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (!address || error != std::errc() || stop != end) return bad();
  core::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(port);
  local.sin_addr.s_addr = htonl(address->value());
  if (!socket.valid() || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
      ::listen(socket.get(), 128) != 0) {
    return core::fail_errno("hosted_sim.listen", text, errno);
  }
  return socket;
}

core::Json read_state(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  auto state = core::parse_json(text.str(), {.bytes = 256 << 20, .depth = 64, .values = 50'000'000});
  return state ? std::move(*state) : core::Json();
}

/// A hub: its keys are the only ones, and nobody steers it.
std::optional<std::string> read_keys(Options& options) {
  std::ifstream file(options.keys_file);
  if (!file) return fmt::format("--keys {}: cannot be read", options.keys_file);
  std::ostringstream text;
  text << file.rdbuf();
  auto keys = parse_datacenter_keys(text.str());
  if (!keys) return fmt::format("--keys {}: {}", options.keys_file, keys.error().message);
  options.model.datacenters = std::move(*keys);
  options.model.key.clear();
  options.model.steering = false;
  return std::nullopt;
}

int serve(Options options) {
  if (const char* const key = std::getenv("COLONY_API_KEY"); options.model.key.empty() && key != nullptr) {
    options.model.key = key;
  }
  options.model.agent_part = !options.documented_only;
  if (!options.keys_file.empty()) {
    if (auto wrong = read_keys(options)) return complain(*wrong);
  }
  core::SystemRandom random;
  HostedModel model(options.model, random,
                    options.state_file.empty() ? core::Json() : read_state(options.state_file));
  for (const auto& text : options.faults) {
    const auto fault = parse_hosted_fault(text);
    if (!fault) return complain(fmt::format("--fault {}: want AT:KIND:TIMES", text));
    model.faults().add(*fault);
  }
  auto listener = listen_on(options.listen);
  if (!listener) return complain(listener.error().message);
  const auto port = core::http::local_port(*listener);
  if (!port) return complain(port.error().message);

  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  auto log = core::Log::to_stderr(core::LogLevel::warn, core::LogFormat::text);
  HostedServer hosted(timers, model, options.state_file);
  std::uint64_t requests = 0;
  hosted.on_request([&requests, &options, &log] {
    if (++requests == options.kill.at) strike(options.kill, log);
  });
  core::http::ServerLimits limits;
  limits.connections_per_peer = limits.connections;  // one appliance behind one address
  limits.handshakes.rate = {limits.requests_per_connection, std::chrono::milliseconds(1)};
  limits.handshakes.under_way_of_peer = limits.handshakes.under_way;
  core::http::Server server(timers, log, hosted.router(), limits, "hosted");
  if (!options.tls_certificate.empty()) {
    if (auto ready = server.use_tls({options.tls_certificate, options.tls_key}); !ready) {
      return complain(ready.error().message);
    }
  }
  server.start(std::move(*listener));
  core::TaskGroup closing(timers);
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait(
      [&](const boost::system::error_code&, int) { closing.spawn("hosted.stop", server.stop()); });
  fmt::print("listening {}://{}:{}\n", options.tls_certificate.empty() ? "http" : "https",
             options.listen.substr(0, options.listen.rfind(':')), *port);
  std::fflush(stdout);
  loop.run();
  const bool struck = options.kill.at > 0 && requests >= options.kill.at;
  fmt::print("requests: {}{}\n", requests, struck ? " (struck)" : "");
  return 0;
}

}  // namespace

void register_hosted(Subcommands& subcommands) {
  CLI::App* const app =
      subcommands.program().add_subcommand("hosted", "The hosted Colony API; its state is one JSON file");
  const auto options = std::make_shared<Options>();
  app->add_option("--listen", options->listen, "ADDR:PORT; port 0 takes any and prints it")
      ->capture_default_str();
  app->add_option("--state", options->state_file, "Read at the start, written whole before every answer");
  app->add_option("--tls-cert", options->tls_certificate, "PEM chain; without it plain HTTP");
  app->add_option("--tls-key", options->tls_key, "PEM key");
  app->add_option("--key", options->model.key, "The valid API key, else from COLONY_API_KEY; none: any key");
  app->add_option(
      "--keys", options->keys_file,
      "A hub for several appliances: a file with KEY DATACENTER-ID a line; without the calls under /sim");
  app->add_option("--per-minute", options->model.per_minute, "Requests a key may make")
      ->capture_default_str();
  app->add_option("--per-hour", options->model.per_hour)->capture_default_str();
  app->add_flag("--documented-only", options->documented_only, "Without the agent part: 404 to it");
  app->add_option(
      "--fault", options->faults,
      "AT:KIND:TIMES, e.g. agents.events:drop_after_apply:2; KIND drop, drop_after_apply, truncated, "
      "slow, 500, 503, 429, 401, 404; repeatable");
  add_strike_options(*app, options->kill);
  subcommands.add(app, [options] { return serve(*options); });
}

}  // namespace colony::hw_sim
