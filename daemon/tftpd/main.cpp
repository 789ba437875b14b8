// colony-tftpd: becomes in.tftpd (tftpd-hpa) over the tree that colonyd writes, for `tftp.server: tftpd-hpa`.
// It binds port 69 of the load-balancer address itself, before the address is there (IP_FREEBIND), and hands
// the socket over as inetd does: in.tftpd needs no address at its start and survives its coming and going.
// docs/adr/0005 says why it is a unit of its own.

#include <array>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "core/net/privileged.hpp"
#include "daemon/boot/boot_place.hpp"
#include "daemon/tftpd/source_filter.hpp"
#include "daemon/version.hpp"

namespace {

using namespace colony;

constexpr int exit_failure = 1;
constexpr int exit_bad_configuration = 2;
constexpr int exit_not_installed = 3;  // the unit does not restart on either

struct Arguments {
  std::string config = "/etc/colony/colony.yaml";
  std::string tree;  // empty: beside the store
  std::string program = "/usr/sbin/in.tftpd";
  std::string user = "colony-tftp";
};

int complain(int code, std::string_view what) {
  fmt::print(stderr, "colony-tftpd: {}\n", what);
  return code;
}

core::Result<core::FileDescriptor> bind_port(const daemon::Config& config) {
  core::KernelAddresses interfaces;
  const auto place = daemon::boot_place(config.load_balancer, interfaces);
  if (!place) {
    return core::fail(core::ErrorKind::not_found, "net.interface",
                      fmt::format("there is no interface {}", config.load_balancer.interface.text()));
  }
  core::KernelSockets sockets;
  // Not bound to the interface: one that is made anew would be another one to the kernel.
  auto fd =
      sockets.udp({.interface = "", .address = place->network.address, .port = 69, .packet_info = true});
  if (!fd) return fd;
  if (auto done = daemon::attach_source_filter(fd->get(), place->network); !done) {
    return std::unexpected(done.error());
  }
  return fd;
}

/// Returns only when it failed.
int become_tftpd(const Arguments& arguments, const daemon::Config& config, core::FileDescriptor socket) {
  std::array<std::string, 10> words{"in.tftpd",     "--secure",    "--user",
                                    arguments.user, "--blocksize", fmt::format("{}", config.tftp.block_size),
                                    "--timeout",  // seconds that an idle one stays
                                    "315360000",    "--verbose",   arguments.tree};
  std::array<char*, 11> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv.at(i) = words.at(i).data();
  std::array<char*, 1> environment{nullptr};
  if (::dup2(socket.get(), STDIN_FILENO) < 0)
    return complain(exit_failure, "the socket cannot be handed over");
  ::execve(arguments.program.c_str(), argv.data(), environment.data());
  return complain(exit_failure,
                  fmt::format("{}: {}", arguments.program,
                              core::fail_errno("", "cannot be started", errno).error().message));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App program("Starts in.tftpd (tftpd-hpa) on the files that colonyd serves over TFTP", "colony-tftpd");
  program.set_version_flag("--version", std::string(daemon::program_version()));
  program.add_option("--config", arguments.config, "configuration file")->capture_default_str();
  program.add_option("--tree", arguments.tree, "what is served (default: tftp beside the store)");
  program.add_option("--program", arguments.program, "tftpd-hpa's server")->capture_default_str();
  program.add_option("--user", arguments.user, "who answers each request")->capture_default_str();
  CLI11_PARSE(program, argc, argv);

  const auto config = daemon::load_config(arguments.config);
  if (!config) {
    for (const auto& fault : config.error()) fmt::print(stderr, "{}\n", fault.to_string());
    return exit_bad_configuration;
  }
  if (config->tftp.server != daemon::TftpServer::tftpd_hpa) {
    fmt::print("colony-tftpd: not asked for: tftp.server is not tftpd-hpa\n");
    return 0;
  }
  if (::access(arguments.program.c_str(), X_OK) != 0) {
    return complain(exit_not_installed,
                    fmt::format("{} is not there: apt-get install tftpd-hpa (and, as its own service is not "
                                "needed: systemctl disable --now tftpd-hpa)",
                                arguments.program));
  }
  if (arguments.tree.empty()) arguments.tree = daemon::beside_store(config->store, "tftp");
  auto socket = bind_port(*config);
  if (!socket) return complain(exit_failure, socket.error().message);
  return become_tftpd(arguments, *config, std::move(*socket));
}
