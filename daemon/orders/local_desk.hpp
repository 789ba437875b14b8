#pragma once
// Orders that are given here, under the two-person rule (policy.two_person): a wipe of what is in use waits
// until somebody else lets it go. They are kept in memory only: a restart ends them, and so does a day.
// Nothing is erased by that; whoever still wants it orders it again.

#include <map>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "daemon/keys/person.hpp"
#include "daemon/orders/held_orders.hpp"
#include "daemon/orders/site_policy.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon {

struct LocalDeskParts {
  core::Timers& timers;
  core::Random& random;
  const core::Log& log;
  workflows::Orders& orders;
};

class LocalDesk {
 public:
  static constexpr std::size_t most = 200;
  static constexpr core::Duration kept_for = std::chrono::hours(24);

  LocalDesk(LocalDeskParts parts, PolicyConfig policy) : parts_(parts), policy_(std::move(policy)) {}
  void set_policy(PolicyConfig policy) { policy_ = std::move(policy); }

  /// The order that waits from now on; nothing: it need not, and goes its way, marked as one for an idle
  /// machine. The same one again is the one that waits. Errors: policy.too_many_held (exhausted), those of
  /// Orders::plan_wipe.
  [[nodiscard]] core::Result<std::optional<HeldOrder>> hold(workflows::WipeRequest& request,
                                                            const keys::Persons& by);
  [[nodiscard]] std::vector<HeldOrder> waiting();
  [[nodiscard]] bool knows(const std::string& operation);

  struct Decided {
    HeldOrder order;
    std::optional<workflows::Submitted> submitted;  // by an approval
  };
  /// Whoever ordered may withdraw it, and not let it go. One that the workflows refuse goes on waiting.
  /// Errors: operation.not_held (not_found), policy.same_person (refused), those of the wipe.
  [[nodiscard]] core::Task<core::Result<Decided>> decide(std::string operation, HeldOrders::Decision decision,
                                                         keys::Persons by);

 private:
  struct Entry {
    HeldOrder order;
    workflows::WipeRequest request;
    core::BootTime ends;
  };
  void forget_old();

  LocalDeskParts parts_;
  PolicyConfig policy_;
  std::map<std::string, Entry> held_;  // by id
};

}  // namespace colony::daemon
