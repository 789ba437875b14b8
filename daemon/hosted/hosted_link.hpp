#pragma once
// The link to the hosted side: registers, sends heartbeats, asks for operations, streams the outbox in order
// and sends changed assets, within the limits of the key. LinkPlan decides, this carries out.
//
// What the hosted side may rely on: an operation is durable here before it is acted on, and acted on once;
// events arrive in order and at least once, each number one event for ever; what it acknowledged is not sent
// again. What the appliance may rely on: the link never delays or fails anything but itself.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "daemon/hosted/hosted_exchange.hpp"
#include "daemon/hosted/link_plan.hpp"
#include "daemon/hosted/messages.hpp"
#include "daemon/store/store.hpp"

namespace colony::daemon::hosted {

/// Who carries operations out; implemented on the workflows' orders.
class OperationSink {
 public:
  virtual ~OperationSink() = default;
  /// The same `id` and `generation` again gives the same answer and starts nothing twice. The answer is the
  /// workflow's id. An error of kind exhausted, io, timed_out, unreachable or cancelled is tried again later;
  /// every other one refuses the operation for good.
  [[nodiscard]] virtual core::Task<core::Result<std::string>> submit(Operation operation) = 0;
  /// One that was to be tried again is refused by the link: it is not submitted again.
  virtual void give_up(const std::string& /*id*/) {}
};

/// How much of the hosted side's orders is kept here.
struct OperationLimits {
  // Of those that wait for long, for a person, a budget or their asset's turn: more are refused.
  std::size_t waiting = 1000;
  std::size_t waiting_bytes = 16UL << 20;
  // Of those that are not settled: what comes behind them stays over there and is asked for again.
  std::size_t received = 2000;
  std::size_t received_bytes = 32UL << 20;
  // New ones at a time, and then one every refill: what became of each is kept for ever.
  unsigned new_ones = 5000;
  core::Duration refill = std::chrono::seconds(15);
};

struct LinkSettings {
  std::string datacenter_id;
  std::string agent_id;  // of the configuration; empty: registered by the link
  RateLimits limits;
  /// How many events wait for a hosted side that has no call to take them (LinkPlan::Mode::documented).
  /// Older ones are given up: it may never get that call, and the disk must not fill meanwhile.
  std::uint64_t kept_without_receiver = 100'000;
  /// How many events wait while it is only unreachable: 72 hours of a busy site many times over, and about
  /// 0.6 GB. Beyond it the oldest are given up, and a post says so (`oldest`).
  std::uint64_t kept_at_most = 1'000'000;
  OperationLimits operations = {};
};

struct LinkPorts {
  core::Timers& timers;
  const core::Log& log;
  core::Random& random;
  store::Store& store;
  HostedExchange& exchange;
  OperationSink& sink;
  std::function<core::Json()> heartbeat_state;
};

struct LinkStatus {
  LinkPlan::Mode mode = LinkPlan::Mode::unregistered;
  std::string agent_id;
  std::string problem;  // code of the last failure; empty when the last call succeeded
  std::string reason;   // the same in words; what the hosted side said
  core::EventSeq acknowledged;
  std::uint64_t given_up = 0;     // events, in this run
  bool orders_held_back = false;  // more of them than is taken (OperationLimits)
  std::string key;                // the one that was let through last (KeyIdentity)
  /// Why the key that the file holds is not the one in use.
  std::optional<core::Error> key_not_taken;
  std::optional<core::UtcTime> last_success;
};
[[nodiscard]] std::string_view name(LinkPlan::Mode mode);
/// What of it a person has to mend, with the next step.
[[nodiscard]] std::optional<std::string> finding(const LinkStatus& status);

class HostedLink {
 public:
  HostedLink(LinkPorts ports, LinkSettings settings);
  HostedLink(const HostedLink&) = delete;
  HostedLink& operator=(const HostedLink&) = delete;
  ~HostedLink();

  void start();
  /// Ends every call; await it before destruction.
  [[nodiscard]] core::Task<> stop();
  [[nodiscard]] LinkStatus status() const;
  /// The configuration was read again, or an operator wants it now: the key is looked at at once.
  void look_at_key();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace colony::daemon::hosted
