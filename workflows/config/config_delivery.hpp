#pragma once
// Hands out machine configs by token. The token opens when a provisioning waits for its node, for the boot's
// own address or MAC. After a completed delivery the same peer may fetch again, until the node checks in, the
// attempt fails, its power goes off, or 15 minutes after the last completed delivery; 3 hours in all. A
// truncated delivery does not count. A new attempt has a new token. Only the token's hash is journaled.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/async/timers.hpp"
#include "core/log.hpp"
#include "workflows/assets/registry.hpp"
#include "workflows/engine/timelines.hpp"

namespace colony::workflows {

/// The rule by itself: what is known of one token's deliveries, and whether this peer may have it now.
struct DeliveryState {
  core::BootTime intended;                // when the attempt began, as far as this run knows
  std::optional<core::Ipv4Address> peer;  // of the first completed delivery
  std::optional<core::BootTime> last_complete;
  bool awaited = false;  // the workflow's step waits for the node
  bool checked_in = false, powered_off = false, over = false;
  bool is_boot_peer = false;  // its address or MAC is that of the boot
};
/// The note on the timeline that a delivery was begun and did not come to its end.
inline constexpr std::string_view config_truncated = "config.truncated";
inline constexpr core::Duration config_refetch = std::chrono::minutes(15);
inline constexpr core::Duration config_lifetime = std::chrono::hours(3);
/// Errors: config.over, config.checked_in, config.powered_off, config.expired, config.other_peer,
/// config.not_awaited.
[[nodiscard]] core::Result<> may_fetch(const DeliveryState& state, core::Ipv4Address peer,
                                       core::BootTime now);

class ConfigDelivery {
 public:
  /// The neighbour table's answer; nullopt when it has none.
  using MacOf = std::function<std::optional<core::MacAddress>(core::Ipv4Address)>;
  struct Parts {
    Ledger& ledger;
    Registry& registry;
    Timelines& timelines;
    core::Timers& timers;
    const core::Log& log;
    MacOf mac_of;
  };
  explicit ConfigDelivery(Parts parts) : parts_(std::move(parts)) {}

  void set_ready(bool ready) { ready_ = ready; }

  struct Grant {
    core::IntentId intent;
    core::Ipv4Address peer;
    SecretPtr text;  // the whole body; `Cache-Control: no-store`
  };
  /// Errors: not_found config.unknown_token (404), refused config.* (403), exhausted config.not_ready (503).
  /// The attempt to deliver is on the timeline before this returns.
  [[nodiscard]] core::Task<core::Result<Grant>> fetch(std::string token, core::Ipv4Address peer);
  /// Told when the last byte was acknowledged (complete) or the connection broke. Durable when it returns.
  [[nodiscard]] core::Task<> delivered(Grant grant, bool complete);

 private:
  struct Memory {  // what only this run knows, by intent
    core::BootTime intended;
    std::optional<core::BootTime> last_complete;
  };
  [[nodiscard]] IntentPtr find(std::string_view token) const;
  [[nodiscard]] DeliveryState state_of(const IntentRow& intent, core::Ipv4Address peer);
  Memory& memory_of(const IntentRow& intent);
  void count_wrong_token(core::Ipv4Address peer);

  Parts parts_;
  std::map<core::IntentId, Memory> memory_;
  std::map<core::Ipv4Address, unsigned> wrong_;
  bool ready_ = false;
};

}  // namespace colony::workflows
