// The rigs of conformance.hpp.

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/ipmi/ipmi_client.hpp"
#include "drivers/ipmi/ipmi_socket.hpp"
#include "drivers/ipmitool/ipmitool_client.hpp"
#include "hw-sim/bmc/bmc_server.hpp"
#include "tests/drivers/conformance.hpp"

namespace colony::testing {

namespace {

using drivers::ipmi::CipherSuite;

const core::Ipv4Address loopback = *core::Ipv4Address::parse("127.0.0.1");

bool installed(const char* program) {
  const char* searched = std::getenv("PATH");
  const std::string path = searched != nullptr ? searched : "";
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    if (::access((path.substr(at, end - at) + "/" + program).c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

/// The far end of a rig.
class Far {
 public:
  virtual ~Far() = default;
  virtual drivers::BmcEndpoint endpoint() const = 0;
  virtual hw_sim::BmcModel* model() = 0;
  virtual unsigned acts() = 0;
  virtual core::Task<> close() = 0;
};

class SimulatedFar final : public Far {
 public:
  SimulatedFar(Rig& rig, CipherSuite suite, std::string_view like)
      : model_(profile(suite, like), chassis_, rig.random) {
    server_ = *hw_sim::BmcServer::bind(rig.timers, rig.sockets, loopback, 0);
    server_->start(model_);
  }
  drivers::BmcEndpoint endpoint() const override { return {loopback, server_->port()}; }
  hw_sim::BmcModel* model() override { return &model_; }
  unsigned acts() override { return model_.counters().total_acts(); }
  core::Task<> close() override { return server_->close(); }

 private:
  static hw_sim::BmcProfile profile(CipherSuite suite, std::string_view like) {
    hw_sim::BmcProfile out;
    out.username = "ADMIN";
    out.password = core::Secret("secret");
    out.system_guid = *core::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
    out.suites = {suite};
    if (!like.empty()) EXPECT_TRUE(hw_sim::imitate(out, like));
    return out;
  }
  hw_sim::PlainChassis chassis_;
  hw_sim::BmcModel model_;
  std::unique_ptr<hw_sim::BmcServer> server_;
};

/// OpenIPMI's simulator as a child process, with a chassis script that keeps its state in files.
class IpmiSimFar final : public Far {
 public:
  IpmiSimFar() {
    std::string pattern = (std::filesystem::temp_directory_path() / "colony-ipmi-sim-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    port_ = free_port();
    write_files();
    start();
  }
  ~IpmiSimFar() override {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }
  IpmiSimFar(const IpmiSimFar&) = delete;
  IpmiSimFar& operator=(const IpmiSimFar&) = delete;

  drivers::BmcEndpoint endpoint() const override { return {loopback, port_}; }
  hw_sim::BmcModel* model() override { return nullptr; }
  unsigned acts() override {
    std::ifstream in(directory_ / "acts");
    unsigned count = 0;
    for (std::string line; std::getline(in, line);) ++count;
    return count;
  }
  core::Task<> close() override { co_return; }

 private:
  static std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
  }
  void write_files() const {
    const auto directory = directory_.string();
    std::ofstream(directory_ / "lan.conf") << fmt::format(
        "name \"colony\"\nset_working_mc 0x20\n  startlan 1\n    addr 127.0.0.1 {}\n    priv_limit admin\n"
        "    allowed_auths_callback md5\n    allowed_auths_user md5\n    allowed_auths_operator md5\n"
        "    allowed_auths_admin md5\n    guid a123456789abcdefa123456789abcdef\n  endlan\n"
        "  chassis_control \"{}/chassis 0x20\"\n  user 2 true \"ADMIN\" \"secret\" admin 10 md5\n",
        port_, directory);
    std::ofstream(directory_ / "emu.conf") << "mc_setbmc 0x20\n"
                                              "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\n"
                                              "mc_enable 0x20\n";
    std::ofstream(directory_ / "chassis") << fmt::format(
        "#!/bin/sh\ncd {}\nshift\nwhile [ $# -gt 0 ]; do\n  op=$1; what=$2; shift 2\n"
        "  if [ $op = get ]; then\n    case $what in\n"
        "      power) echo \"power:$(cat power 2>/dev/null || echo 0)\";;\n"
        "      boot) echo \"boot:$(cat boot 2>/dev/null || echo none)\";;\n    esac\n"
        "  else\n    case $what in\n      power) echo \"$1\" > power; echo \"power $1\" >> acts;;\n"
        "      reset) echo reset >> acts;;\n      boot) echo \"$1\" > boot;;\n    esac\n    shift\n  "
        "fi\ndone\n",
        directory);
    std::filesystem::permissions(directory_ / "chassis", std::filesystem::perms::owner_all);
    std::filesystem::create_directory(directory_ / "state");
  }
  void start() {
    const std::string lan = directory_ / "lan.conf";
    const std::string emu = directory_ / "emu.conf";
    const std::string state = directory_ / "state";
    std::array<std::string, 8> words{"ipmi_sim", "-c", lan, "-f", emu, "-s", state, "-n"};
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    (void)::posix_spawnp(&pid_, "ipmi_sim", &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    wait_until_bound();
  }
  /// Its port is taken once it is up; there is nothing else to wait for.
  void wait_until_bound() const {
    core::KernelSockets sockets;
    for (int i = 0; i < 500; ++i) {
      if (!sockets.udp({.interface = {}, .address = loopback, .port = port_})) return;
      std::this_thread::yield();
      ::usleep(10'000);
    }
  }

  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

class BaseRig : public Rig {
 public:
  drivers::BmcEndpoint endpoint() const override { return far_->endpoint(); }
  hw_sim::BmcModel* model() override { return far_->model(); }
  unsigned acts() override { return far_->acts(); }
  std::unique_ptr<Far> far_;
};

class NativeRig final : public BaseRig {
 public:
  explicit NativeRig(CipherSuite suite)
      : port_(*drivers::ipmi::open_udp_port(timers, sockets, loopback)),
        client_(timers, random, log, *port_, {.suites = {suite}, .command_gap = {}}) {}
  std::unique_ptr<drivers::Bmc> open(drivers::BmcEndpoint endpoint,
                                     drivers::BmcCredentials credentials) override {
    return client_.open(endpoint, std::move(credentials));
  }
  void close() override {
    run(client_.close());
    run(far_->close());
  }

 private:
  std::unique_ptr<drivers::ipmi::DatagramPort> port_;
  drivers::ipmi::IpmiClient client_;
};

class IpmitoolRig final : public BaseRig {
 public:
  explicit IpmitoolRig(CipherSuite suite) : client_(timers, log, {.suites = {suite}}) {}
  std::unique_ptr<drivers::Bmc> open(drivers::BmcEndpoint endpoint,
                                     drivers::BmcCredentials credentials) override {
    return client_.open(endpoint, std::move(credentials));
  }
  void close() override { run(far_->close()); }

 private:
  drivers::ipmitool::IpmitoolClient client_;
};

}  // namespace

std::unique_ptr<Rig> native_rig(CipherSuite suite, std::string_view like) {
  auto rig = std::make_unique<NativeRig>(suite);
  rig->far_ = std::make_unique<SimulatedFar>(*rig, suite, like);
  return rig;
}

std::unique_ptr<Rig> ipmitool_rig(CipherSuite suite, std::string_view like) {
  if (!installed("ipmitool")) return nullptr;
  auto rig = std::make_unique<IpmitoolRig>(suite);
  rig->far_ = std::make_unique<SimulatedFar>(*rig, suite, like);
  return rig;
}

std::unique_ptr<Rig> native_on_ipmi_sim() {
  if (!installed("ipmi_sim")) return nullptr;
  auto rig = std::make_unique<NativeRig>(CipherSuite::sha1_aes);
  rig->far_ = std::make_unique<IpmiSimFar>();
  return rig;
}

std::unique_ptr<Rig> ipmitool_on_ipmi_sim() {
  if (!installed("ipmi_sim") || !installed("ipmitool")) return nullptr;
  auto rig = std::make_unique<IpmitoolRig>(CipherSuite::sha1_aes);
  rig->far_ = std::make_unique<IpmiSimFar>();
  return rig;
}

}  // namespace colony::testing
