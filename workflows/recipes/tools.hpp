#pragma once
// What recipes need beside the engine.

#include <memory>
#include <optional>

#include "core/clock.hpp"
#include "drivers/bmc.hpp"
#include "workflows/assets/registry.hpp"
#include "workflows/boot/tokens.hpp"
#include "workflows/engine/timelines.hpp"
#include "workflows/scout/scout_service.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

/// From a record to the one actor that speaks to that BMC. Implemented by the composition over drivers/ipmi
/// and drivers/ipmitool. The same address and port give the same actor, until the credentials change or an
/// operator hands the BMC over again.
class BmcDirectory {
 public:
  virtual ~BmcDirectory() = default;
  [[nodiscard]] virtual core::Result<std::shared_ptr<drivers::Bmc>> at(const BmcRecord& record) = 0;
  /// A new actor in any case: what the last one held against the BMC (refused passwords, an open
  /// breaker, its passport) is forgotten, for the operator may have mended it there.
  [[nodiscard]] virtual core::Result<std::shared_ptr<drivers::Bmc>> afresh(const BmcRecord& record) = 0;
  /// One that nobody else gets and that is not kept: for a login with exactly this password.
  [[nodiscard]] virtual core::Result<std::shared_ptr<drivers::Bmc>> alone(const BmcRecord& record) = 0;
  /// How it stands, if somebody has it open; nothing is opened or sent.
  [[nodiscard]] virtual std::optional<drivers::BmcStanding> standing(const BmcRecord& record) const {
    (void)record;
    return std::nullopt;
  }
};

/// Since when machines are answered without a break. Without its address the appliance hears nobody, and the
/// silence of that time says nothing about a machine.
class Serving {
 public:
  void set(bool ready, core::BootTime now) {
    if (!ready) {
      since_.reset();
    } else if (!since_) {
      since_ = now;
    }
  }
  /// `now` while nobody is answered.
  [[nodiscard]] core::BootTime since(core::BootTime now) const { return since_.value_or(now); }

 private:
  std::optional<core::BootTime> since_;
};

struct Tools {
  Ledger& ledger;
  Registry& registry;
  Timelines& timelines;
  const Tokens& tokens;
  const Site& site;
  ScoutService& scout;
  BmcDirectory& bmcs;
  bool power_test_runs = false;  // recipes/power_test.cpp: one at a time on the whole site
  Serving serving{};
};

}  // namespace colony::workflows
