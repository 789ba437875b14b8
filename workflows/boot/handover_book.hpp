#pragma once
// Which way brings which machine to its local disk (workflows/boot/handover.hpp), kept: the trails of all
// assets, fed by their timelines, journaled in settings. What worked for one machine is the first guess for
// every other behind the same model of BMC; but for sanboot, which depends on its disks.

#include <map>
#include <string>
#include <utility>

#include "workflows/assets/registry.hpp"
#include "workflows/boot/handover.hpp"
#include "workflows/engine/timelines.hpp"
#include "workflows/site.hpp"

namespace colony::workflows {

class HandoverBook {
 public:
  HandoverBook(Ledger& ledger, const Registry& registry, const Timelines& timelines, const Site& site);
  HandoverBook(const HandoverBook&) = delete;
  HandoverBook& operator=(const HandoverBook&) = delete;
  ~HandoverBook() = default;

  /// What this machine is given now. No side effect.
  [[nodiscard]] pxe::LocalHandover way(const core::AssetId& asset, FirmwareKind kind) const;
  /// The newest that has worked for this machine.
  [[nodiscard]] std::optional<pxe::LocalHandover> proved(const core::AssetId& asset, FirmwareKind kind) const;

 private:
  using Key = std::pair<core::AssetId, FirmwareKind>;
  [[nodiscard]] HandoverTrail trail(const Key& key) const;
  /// Of a machine that has shown nothing yet.
  [[nodiscard]] pxe::LocalHandover first_guess(const Key& key) const;
  /// The inventory has exactly one disk that a BIOS could start.
  [[nodiscard]] bool has_one_disk(const core::AssetId& asset) const;
  [[nodiscard]] std::string model(const core::AssetId& asset) const;
  void on_fact(const core::AssetId& asset, const core::Evidence& seen);

  Ledger& ledger_;
  const Registry& registry_;
  const Timelines& timelines_;
  const Site& site_;
  std::map<Key, HandoverTrail> trails_;
  bool opened_ = false;
};

}  // namespace colony::workflows
