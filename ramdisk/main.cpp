// scout: the one program of the ramdisk.
//   scout               talks to colonyd until it is told to power off or reboot; the exit code says which
//   scout inventory     prints what this machine is made of
//   scout neighbours    hears what the switches say (LLDP) and keeps it in /run/lldp, where scout finds it
// Exit codes, for /init: 0 power off, 10 reboot, 11 colonyd does not know this boot, 1 anything else.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "core/async/blocking_pool.hpp"
#include "core/http/client.hpp"
#include "ramdisk/machine/kernel_machine.hpp"
#include "ramdisk/machine/lldp_socket.hpp"
#include "ramdisk/scout/agent.hpp"
#include "ramdisk/scout/boot_arguments.hpp"
#include "ramdisk/scout/http_transport.hpp"

namespace {

using namespace colony;
using namespace colony::ramdisk;

constexpr unsigned disks_at_once = 16;  // threads that block on disks
constexpr int exit_reboot = 10, exit_rejected = 11;

int print_inventory() {
  const auto inventory = KernelMachine({}).inventory();
  if (!inventory) {
    std::fprintf(stderr, "%s\n", inventory.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", to_json(*inventory).dump(2).c_str());
  return 0;
}

/// The NIC we booted from, where nobody said: the first with a link.
core::MacAddress guess_boot_mac() {
  const auto nics = list_nics(Tree("/sys"), ask_permanent_mac);
  for (const auto& nic : nics) {
    if (nic.link_up) return nic.mac;
  }
  return nics.empty() ? core::MacAddress() : nics.front().mac;
}

int run(BootArguments arguments, const core::http::Url& url) {
  boost::asio::io_context loop{1};
  core::SystemTimers timers(loop);
  core::ThreadedPool pool(timers, disks_at_once);
  core::TaskGroup tasks(timers);
  core::SystemRandom random;
  const auto log = core::Log::to_stderr(core::LogLevel::info, core::LogFormat::text);
  core::http::Client client(timers, url.endpoint);
  HttpTransport transport(client, std::move(arguments.token));
  AgentEnd end = AgentEnd::rejected;
  const auto agent = [](AgentWorld world, AgentIdentity identity, AgentEnd& out) -> core::Task<> {
    out = co_await run_agent(std::move(world), std::move(identity));
  };
  tasks.spawn("agent", agent({.timers = timers,
                              .tasks = tasks,
                              .pool = pool,
                              .random = random,
                              .log = log,
                              .transport = transport,
                              .machine = std::make_shared<KernelMachine>(MachineRoots{})},
                             {.scout_version = COLONY_VERSION,
                              .boot_mac = arguments.boot_mac ? *arguments.boot_mac : guess_boot_mac()},
                             end));
  loop.run();
  switch (end) {
    case AgentEnd::power_off: return 0;
    case AgentEnd::reboot: return exit_reboot;
    case AgentEnd::rejected: return exit_rejected;
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "inventory") return print_inventory();
  if (argc == 2 && std::string_view(argv[1]) == "neighbours") {
    return hear_neighbours(MachineRoots{}.neighbours);
  }
  if (argc != 1) {
    std::fprintf(stderr, "usage: scout [inventory|neighbours]\n");
    return 2;
  }
  std::ifstream file("/proc/cmdline");
  auto arguments = parse_boot_arguments(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().message.c_str());
    return 1;
  }
  const auto url = core::http::parse_url(arguments->url);
  if (!url) {
    std::fprintf(stderr, "colony.url: %s\n", url.error().message.c_str());
    return 1;
  }
  return run(std::move(*arguments), *url);
}
