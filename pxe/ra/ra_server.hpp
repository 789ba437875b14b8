#pragma once
// The packet socket of the router advertisements: hears solicitations only (a filter in the kernel), answers
// them on the same interface. Neither needs nor makes an IPv6 address on it.

#include <functional>
#include <memory>
#include <string>

#include "core/async/task_group.hpp"
#include "core/async/timers.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "pxe/ra/ra_responder.hpp"

namespace colony::pxe::ra {

class RaServer {
 public:
  /// Opens the socket. Errors: those of Privileged::packet, ra.interface (no Ethernet address), ra.filter.
  [[nodiscard]] static core::Result<std::unique_ptr<RaServer>> open(
      core::Privileged& privileged, core::Timers& timers, core::Log& log, std::string interface,
      std::function<bool(core::MacAddress)> boots_through_us);
  ~RaServer();
  RaServer(const RaServer&) = delete;
  RaServer& operator=(const RaServer&) = delete;

  /// Serves as a task of `group` until that is cancelled. The server outlives the task.
  void start(core::TaskGroup& group);
  [[nodiscard]] const RaResponder::Counters& counters() const;

 private:
  struct State;
  explicit RaServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colony::pxe::ra
