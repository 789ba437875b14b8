#pragma once
// The whole floor, wired: what the composition builds once. Everything that asks, serves or watches gets its
// interface from here.

#include <memory>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "pxe/boot_policy.hpp"
#include "workflows/config/config_delivery.hpp"
#include "workflows/engine/journal.hpp"
#include "workflows/orders.hpp"
#include "workflows/recipes/tools.hpp"
#include "workflows/scout/scout_service.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

class Workshop {
 public:
  struct Parts {
    Journal& journal;
    core::Timers& timers;
    core::Random& random;
    const core::Log& log;
    BmcDirectory& bmcs;
    ConfigDelivery::MacOf mac_of;  // the neighbour table; may be empty
  };
  Workshop(Parts parts, Site site);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop();

  /// Reads the journal, once, before anything else: from then on it can be looked at.
  [[nodiscard]] core::Task<core::Result<>> open();
  /// Re-enters every workflow, then begins to answer. Until it returned success BootPolicy
  /// is silent and scouts and nodes are told to come back.
  [[nodiscard]] core::Task<core::Result<>> start();
  /// Once started: false = machines are told to come back and orders are refused, as before start(); work in
  /// hand goes on as far as it can.
  void set_ready(bool ready);
  /// Something small to remember, with the next transaction.
  void keep(SettingRow row);
  /// Stops answering, ends running steps where they are, writes what is staged.
  [[nodiscard]] core::Task<> stop();
  /// Ends without writing anything more.
  [[nodiscard]] core::Task<> abandon();

  /// Ends with the reason when the store has failed: the daemon must stop then.
  [[nodiscard]] core::Task<core::Error> store_failure();

  /// A changed configuration. Durations of steps in hand stay as they are.
  void reconfigure(Site site);

  [[nodiscard]] Orders& orders();
  [[nodiscard]] pxe::BootPolicy& boot_policy();
  [[nodiscard]] core::EvidenceSink& evidence();
  [[nodiscard]] ScoutService& scout();
  [[nodiscard]] ConfigDelivery& configs();
  [[nodiscard]] const Timelines& timelines() const;
  [[nodiscard]] const Ledger& ledger() const;
  /// Called with every batch once it is durable; from before start() on.
  void observe(Ledger::Observer observer);

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace colony::workflows
