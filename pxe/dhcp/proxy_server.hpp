#pragma once
// The sockets of ProxyDHCP: port 67 for broadcasts, port 4011 for boot-server requests, both answering from
// the claimed address and never from another one of the interface (tinkerbell/charts#109).

#include <memory>
#include <string>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/net/privileged.hpp"
#include "pxe/dhcp/responder.hpp"

namespace colony::pxe::dhcp {

struct ProxyServerConfig {
  std::string interface;  // the load-balancer interface; requests of others are not heard
  ReplyConfig reply;      // reply.server.address is the claimed address and must be on the interface
};

class ProxyServer {
 public:
  /// Binds both ports: when this returns, no request is lost any more. What is passed by reference outlives
  /// the server.
  [[nodiscard]] static core::Result<std::unique_ptr<ProxyServer>> open(
      core::Privileged& privileged, core::Timers& timers, const BootPolicy& policy,
      LearnedAddresses& addresses, core::EvidenceSink& evidence, core::Log& log, ProxyServerConfig config);
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  /// Serves as tasks of `group` until that is cancelled. The server outlives the tasks.
  void start(core::TaskGroup& group);
  [[nodiscard]] Responder::Counters counters() const;

 private:
  struct State;
  explicit ProxyServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::pxe::dhcp
