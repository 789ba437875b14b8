#pragma once
// The network guard's packet socket and its clock. Contract: once start() was called, its group is cancelled
// and joined before this object dies; what it had found is taken back then.

#include <functional>
#include <memory>
#include <string>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/findings.hpp"
#include "daemon/guard/network_guard.hpp"

namespace colony::daemon::guard {

struct GuardSettings {
  std::string interface;
  core::Ipv4Network network;  // the load-balancer address with its network
  DhcpMode mode = DhcpMode::proxy;
  std::uint16_t http_port = 0;
};

class GuardShell {
 public:
  /// All of it outlives the shell.
  struct World {
    core::Timers& timers;
    core::Random& random;
    core::Log& log;
    core::Privileged& privileged;
    core::InterfaceAddresses& kernel;
    Findings& findings;
    /// How many requests a door took in so far; nothing: it is not ours, or closed.
    std::function<std::optional<std::uint64_t>(Door)> taken_in;
    /// Which other servers offer addresses has changed.
    std::function<void()> on_lease_servers;
  };

  /// Nothing, with a line in the log, where there is nothing to watch: no Ethernet, no such interface, no
  /// capability. The appliance works without.
  [[nodiscard]] static std::unique_ptr<GuardShell> open(World world, GuardSettings settings);
  GuardShell(const GuardShell&) = delete;
  GuardShell& operator=(const GuardShell&) = delete;
  ~GuardShell();

  void start(core::TaskGroup& group);
  /// Looks now; its verdict is there after six seconds.
  void look_again();

 private:
  struct State;
  explicit GuardShell(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::daemon::guard
