#pragma once
// Orders of the hosted side that wait for a second person: the one who gave the order is over there, the one
// who lets it go is here. Nothing of this is kept over a restart: what still waits then is held again, and
// whoever let it go before does so again.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

namespace colony::daemon {

struct HeldOrder {
  std::string operation;  // the hosted side's id, or one of ours
  std::uint64_t generation = 0;
  std::string kind;  // "wipe"
  core::AssetId asset;
  std::string asset_name;
  std::string reason;
  // Of an order that was given here (local_desk.hpp); empty otherwise.
  std::vector<std::string> ordered_by = {};  // keys::Persons
  std::vector<std::string> disks = {};
  std::optional<core::UtcTime> at = {};
};

/// As the local API shows it: docs/openapi.yaml, HeldOrder.
[[nodiscard]] core::Json to_json(const HeldOrder& order);

class HeldOrders {
 public:
  enum class Decision : std::uint8_t { none, approved, denied };

  /// What was decided about this order; it is held from now on if nothing was. What was decided about another
  /// asset, or about an earlier generation, is void.
  [[nodiscard]] Decision ask(const HeldOrder& order);
  [[nodiscard]] bool knows(const std::string& operation) const { return held_.contains(operation); }
  /// Taken or refused: nobody has to decide any more.
  void settle(const std::string& operation) { held_.erase(operation); }
  /// Those without a decision, by id.
  [[nodiscard]] std::vector<HeldOrder> waiting() const;
  /// Errors: operation.not_held (kind not_found).
  [[nodiscard]] core::Result<HeldOrder> decide(const std::string& operation, Decision decision);

 private:
  struct Entry {
    HeldOrder order;
    Decision decision = Decision::none;
  };
  static constexpr std::size_t most = 10'000;
  std::map<std::string, Entry> held_;  // by the operation's id
};

}  // namespace colony::daemon
