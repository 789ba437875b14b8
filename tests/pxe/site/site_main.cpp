// For tests only: ProxyDHCP, TFTP, router advertisements and boot HTTP with a policy from the command line.
// Prints "ready", then each piece of evidence as a line of JSON, until SIGTERM.
//   pxe_test_site --interface IF --address A.B.C.D/N --mac MAC --decision exit|sanboot|not-found|hold
//                 [--clients known|subnet] [--single-port yes] [--tftp-file NAME=PATH]...
//                 [--range FIRST-LAST]
// --range: a DHCP server instead of ProxyDHCP, whose leases are kept in memory.

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/http/server.hpp"
#include "pxe/dhcp/known_clients.hpp"
#include "pxe/dhcp/lease_server.hpp"
#include "pxe/dhcp/proxy_server.hpp"
#include "pxe/http/boot_routes.hpp"
#include "pxe/ipxe/script.hpp"
#include "pxe/ra/ra_server.hpp"
#include "pxe/tftp/tftp_server.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony;
using namespace colony::core;

namespace {

struct PrintedEvidence final : EvidenceSink {
  void emit(Evidence evidence) override {
    std::fputs((to_json(evidence).dump() + "\n").c_str(), stdout);
    std::fflush(stdout);
  }
};

struct NoConfigs final : pxe::ConfigDelivery {
  Task<Result<pxe::ConfigGrant>> open(std::string, Ipv4Address, std::optional<MacAddress>) override {
    co_return fail(ErrorKind::not_found, "config.unknown", "no configs here");
  }
  Task<> delivered(std::string, bool, std::uint64_t) override { co_return; }
};

/// Ends the program with the error's text.
template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fputs((result.error().message + "\n").c_str(), stderr);
  std::exit(1);
}

struct MemoryLeases final : pxe::dhcp::LeaseStore {
  Task<Result<std::vector<pxe::dhcp::LeaseRecord>>> load_leases() override { co_return rows; }
  Task<Result<>> commit_leases(std::vector<pxe::dhcp::LeaseRecord> leases) override {
    for (const auto& lease : leases) {
      std::puts(fmt::format("lease {} {} {}", lease.address.to_string(), lease.mac.to_string(),
                            hex(lease.client_id))
                    .c_str());
    }
    std::fflush(stdout);
    rows.insert(rows.end(), leases.begin(), leases.end());
    co_return Result<>{};
  }
  std::vector<pxe::dhcp::LeaseRecord> rows;
};

pxe::dhcp::LeaseConfig lease_config(const Ipv4Network& network, const std::string& range) {
  pxe::dhcp::LeaseConfig config;
  const auto dash = range.find('-');
  config.subnets.resize(1);
  config.subnets[0].network = network;
  config.subnets[0].first = Ipv4Address::parse(range.substr(0, dash)).value();
  config.subnets[0].last = Ipv4Address::parse(range.substr(dash + 1)).value();
  return config;
}

using Arguments = std::multimap<std::string, std::string>;

std::string one(const Arguments& arguments, const std::string& key, const std::string& otherwise) {
  const auto found = arguments.find(key);
  return found == arguments.end() ? otherwise : found->second;
}

pxe::tftp::BootFiles boot_files(const Arguments& arguments, const pxe::BootPrograms& programs) {
  pxe::tftp::BootFiles files;
  for (const auto& [name, bytes] : programs.all()) files.add(name, bytes);
  for (auto [at, end] = arguments.equal_range("--tftp-file"); at != end; ++at) {
    const auto equals = at->second.find('=');
    std::ifstream file(at->second.substr(equals + 1), std::ios::binary);
    files.add(at->second.substr(0, equals),
              std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                                  std::istreambuf_iterator<char>()));
  }
  return files;
}

pxe::BootDecision decision(const std::string& word) {
  if (word == "hold") return pxe::Hold{"a test holds it"};
  if (word == "sanboot") return pxe::LocalDisk{pxe::LocalHandover::sanboot};
  if (word == "not-found") return pxe::LocalDisk{pxe::LocalHandover::not_found};
  return pxe::LocalDisk{pxe::LocalHandover::exit};
}

void serve(const Arguments& arguments) {
  const auto interface = one(arguments, "--interface", "eth0");
  const auto network = Ipv4Network::parse(one(arguments, "--address", "")).value();
  const pxe::BootServer server{network.address, 8080};
  test::ListedPolicy policy;
  if (const auto mac = MacAddress::parse(one(arguments, "--mac", ""))) policy.served = {*mac};
  policy.decision = decision(one(arguments, "--decision", "exit"));

  boost::asio::io_context loop{1};
  SystemTimers timers(loop);
  KernelSockets kernel;
  PrintedEvidence evidence;
  Log log = Log::to_stderr(LogLevel::debug, LogFormat::text);
  pxe::dhcp::LearnedAddresses learned;
  const auto neighbours = must(pxe::dhcp::KernelNeighbours::open(interface));
  const pxe::dhcp::KnownClients clients(learned, neighbours, policy);
  InlinePool pool;
  pxe::ArtifactCache artifacts(timers, pool, "/nonexistent");
  pxe::BootPrograms programs;
  for (const auto& program : pxe::debian_boot_programs()) (void)programs.load(program);
  auto files = boot_files(arguments, programs);
  NoConfigs configs;

  pxe::dhcp::ProxyServerConfig dhcp_config;
  dhcp_config.interface = interface;
  dhcp_config.reply.server = server;
  pxe::tftp::TftpServerConfig tftp_config;
  tftp_config.interface = interface;
  tftp_config.network = network;
  if (one(arguments, "--clients", "known") == "subnet") tftp_config.clients = pxe::tftp::ClientRule::subnet;
  tftp_config.single_port = one(arguments, "--single-port", "no") == "yes";
  SystemRandom random;
  MemoryLeases store;
  std::unique_ptr<pxe::dhcp::ProxyServer> proxy;
  std::unique_ptr<pxe::dhcp::LeaseServer> leases;
  if (const auto range = one(arguments, "--range", ""); range.empty()) {
    proxy = must(pxe::dhcp::ProxyServer::open(kernel, timers, policy, learned, evidence, log, dhcp_config));
  } else {
    leases = must(pxe::dhcp::LeaseServer::open(
        {kernel, timers, random, log, store, policy, neighbours, learned, evidence,
         [](std::string_view key, const std::optional<std::string>& text) {
           if (text) std::puts(fmt::format("finding {}: {}", key, *text).c_str());
         }},
        {interface, dhcp_config.reply, lease_config(network, range), pxe::dhcp::OnRival::wait}));
  }
  const auto tftp =
      must(pxe::tftp::TftpServer::open(kernel, timers, clients, files, evidence, log, tftp_config));
  const auto ra = must(pxe::ra::RaServer::open(kernel, timers, log, interface,
                                               [&learned](MacAddress mac) { return learned.knows(mac); }));
  pxe::BootRoutes routes({timers, log, policy, clients, evidence, artifacts, programs, configs,
                          [&server](const pxe::BootDecision& decision, const pxe::BootRequest& request) {
                            return pxe::ipxe::render_script(decision, request, server);
                          }});
  http::Router router;
  routes.add_to(router);
  routes.set_ready(true);
  http::Server web(timers, log, router);
  web.start(must(kernel.listen({.address = network.address, .port = server.http_port})));

  TaskGroup group(timers);
  if (proxy) proxy->start(group);
  if (leases) {
    leases->start(group);
    leases->set_ready(true);
  }
  tftp->start(group);
  ra->start(group);
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&group, &web](const boost::system::error_code&, int) {
    group.cancel();
    const auto stop = [](http::Server& what) -> Task<> { co_await what.stop(); };
    group.spawn("stop", stop(web));
  });
  std::puts("ready");
  std::fflush(stdout);
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) arguments.emplace(argv[i], argv[i + 1]);
  serve(arguments);
  return 0;
}
