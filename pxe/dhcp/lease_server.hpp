#pragma once
// The DHCP server's sockets, around the answers (lease_responder.hpp), what waits for the disk
// (lease_queue.hpp) and the watch for rivals (lease_watch.hpp). Ports 67 and 4011, answers from the claimed
// address only. An ACK leaves when its lease is durable; requests that arrive while the disk works share the
// next flush.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "pxe/dhcp/lease_responder.hpp"
#include "pxe/dhcp/lease_store.hpp"
#include "pxe/dhcp/lease_watch.hpp"

namespace colony::pxe::dhcp {

struct LeaseServerConfig {
  std::string interface;  // the load-balancer interface; requests of others are not heard
  ReplyConfig reply;      // reply.server.address is the claimed address and must be on the interface
  LeaseConfig leases;
  OnRival on_rival = OnRival::wait;
};

class LeaseServer {
 public:
  struct Parts {  // all of it outlives the server
    core::Privileged& privileged;
    core::Timers& timers;
    core::Random& random;
    core::Log& log;
    LeaseStore& store;
    const BootPolicy& policy;
    const Neighbours& neighbours;
    LearnedAddresses& addresses;
    core::EvidenceSink& evidence;
    /// What a person has to know now, by a key; without text: no longer.
    std::function<void(std::string_view key, std::optional<std::string> text)> tell;
  };
  struct Status {
    LeaseStage stage = LeaseStage::waiting;
    bool answers = false;  // in that stage, and told to: what comes in is looked at
    LeasePool::Counts leases;
    LeaseResponder::Counters counters;
  };

  /// Binds both ports: when this returns, no request is lost any more.
  [[nodiscard]] static core::Result<std::unique_ptr<LeaseServer>> open(Parts parts, LeaseServerConfig config);
  ~LeaseServer();
  LeaseServer(const LeaseServer&) = delete;
  LeaseServer& operator=(const LeaseServer&) = delete;

  /// Serves as tasks of `group` until that is cancelled. The server outlives the tasks.
  void start(core::TaskGroup& group);
  /// Before, nobody is answered: the boot policy does not know its machines yet.
  void set_ready(bool ready);

  /// Looks for rivals now: whoever switched one off need not wait.
  void look_again();

  [[nodiscard]] Status status() const;
  [[nodiscard]] std::vector<LeaseView> leases() const;

 private:
  struct State;
  explicit LeaseServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::pxe::dhcp
