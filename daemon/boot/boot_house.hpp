#pragma once
// Everything a booting machine talks to, on the claimed address: ProxyDHCP or DHCP, router advertisements,
// TFTP, HTTP. All sockets are bound by open(); what may be answered, BootPolicy decides.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/http/server.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/config/config.hpp"
#include "daemon/findings.hpp"
#include "daemon/guard/request_watch.hpp"
#include "pxe/artifacts/artifact_cache.hpp"
#include "pxe/dhcp/known_clients.hpp"
#include "pxe/dhcp/learned_addresses.hpp"
#include "pxe/dhcp/lease_server.hpp"
#include "workflows/workshop.hpp"

namespace colony::daemon {

class BootHouse {
 public:
  struct Parts {
    core::Timers& timers;
    core::Random& random;
    core::Log& log;
    core::BlockingPool& pool;
    core::Privileged& privileged;
    workflows::Workshop& workshop;
    pxe::ArtifactCache& artifacts;
    pxe::dhcp::LearnedAddresses& addresses;
    const pxe::dhcp::KnownClients& clients;
    Findings& findings;
    // For dhcp.mode: server.
    pxe::dhcp::LeaseStore& leases;
    const pxe::dhcp::Neighbours& neighbours;
  };

  /// Binds every port. `network`: the load-balancer address with its network. Errors: net.*, nbp.*,
  /// files.root.
  [[nodiscard]] static core::Result<std::unique_ptr<BootHouse>> open(Parts parts, const Config& config,
                                                                     core::Ipv4Network network);
  BootHouse(const BootHouse&) = delete;
  BootHouse& operator=(const BootHouse&) = delete;
  ~BootHouse();

  /// Serves as tasks of `group` until that is cancelled; HTTP until stop().
  void start(core::TaskGroup& group);
  /// From now on HTTP answers (before, 503), and the DHCP server begins.
  void set_ready(bool ready);
  /// Nothing in another mode than `server`.
  [[nodiscard]] const pxe::dhcp::LeaseServer* leases() const;
  /// Looks now for what is looked for now and then, and after a change of the site's files.
  void look_again();
  /// Others hand out addresses, or no longer do.
  void look_for_rivals();
  /// Requests that came in so far; nothing: that door is not ours, or closed.
  [[nodiscard]] std::optional<std::uint64_t> taken_in(guard::Door door) const;
  [[nodiscard]] core::Task<> stop();

 private:
  struct Rooms;
  explicit BootHouse(std::unique_ptr<Rooms> rooms);
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace colony::daemon
