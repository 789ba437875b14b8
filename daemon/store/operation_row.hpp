#pragma once
// What the store keeps beyond the journal's own rows: the hosted side's operations, and assets with the
// number of their last change, so that the link can send what changed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::store {

enum class OperationState : std::uint8_t {
  received,  // durable here, not yet handed to the workflows
  accepted,  // the workflows took it; result_json names the workflow
  refused,   // they did not; result_json says why
};
[[nodiscard]] std::string_view name(OperationState state);
[[nodiscard]] std::optional<OperationState> parse_operation_state(std::string_view text);

/// An operation is acted on once: a repeated id is answered with the stored result.
struct OperationRow {
  std::string id;  // the hosted side's
  core::Generation generation;
  std::uint64_t seq = 0;  // where it stood in the hosted side's list
  std::string type;       // "provision", "wipe", "discover", ...
  std::string target;     // an asset id or a hosted alias
  std::string body_json;  // sealed at rest: it may carry a machine config
  OperationState state = OperationState::received;
  std::string result_json;
  core::UtcTime received_at, updated_at;
};

/// Operations in state `received`.
struct ReceivedLoad {
  std::uint64_t count = 0;
  std::uint64_t body_bytes = 0;  // as they lie on the disk, sealed
};

struct StoredAsset {
  std::uint64_t revision = 0;  // grows with every change of any asset
  workflows::AssetRow asset;
};

}  // namespace colony::daemon::store
