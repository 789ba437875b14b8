#pragma once
// The journal as the engine needs it; daemon/store implements it on SQLite, tests in memory.
//
// Contract: commit() applies all writes of a batch and appends its events to the outbox with gapless sequence
// numbers in ONE durable transaction, or does nothing. When it returns success the batch survives a power
// cut. Commits are applied in the order in which commit() was called. After an error of kind io the store is
// finished: the daemon stops and recovers from disk at its next start (a failed fsync is never retried).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/async/signal.hpp"
#include "core/async/task.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/evidence/evidence.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "core/sha256.hpp"

namespace colony::workflows {

/// Documented words (facts of the hosted API).
enum class AssetStatus : std::uint8_t { discovering, available, provisioning, provisioned, deprovisioning };
/// What the status words cannot say.
enum class AssetCondition : std::uint8_t { normal, quarantined, indeterminate, unreachable };
std::string_view name(AssetStatus status);
std::string_view name(AssetCondition condition);
std::optional<AssetStatus> parse_asset_status(std::string_view text);
std::optional<AssetCondition> parse_asset_condition(std::string_view text);

enum class WorkflowStatus : std::uint8_t { pending, running, completed, failed };
std::string_view name(WorkflowStatus status);
std::optional<WorkflowStatus> parse_workflow_status(std::string_view text);

/// How to reach an asset's BMC. The passwords are sealed by the store (AES-256-GCM) and only unsealed on
/// read. While one is being changed there are two (docs/adr/0010): either may be the BMC's.
struct BmcRecord {
  core::Ipv4Address address;
  std::uint16_t port = 623;
  std::string driver;  // "native" or "ipmitool"
  std::string username;
  core::Secret password;         // the last one that was seen to work
  core::Secret next_password{};  // told to the BMC, or about to be; empty: no change in hand
  [[nodiscard]] BmcRecord clone() const {
    return {address, port, driver, username, password.clone(), next_password.clone()};
  }
};

struct AssetRow {
  core::AssetId id;
  std::string name;
  AssetStatus status = AssetStatus::discovering;
  AssetCondition condition = AssetCondition::normal;
  std::string condition_reason;
  bool accepted = false;          // an operator enrolled its BMC or ran `colony accept`
  bool wiped_by_us = false;       // its disks are known empty: never hand over to a local disk
  std::string identity_json;      // strong keys: MACs, serials, UUIDs (workflows/assets)
  std::string inventory_json;     // scout's last inventory, empty before the first
  std::string bmc_identity_json;  // what the BMC said of itself
  std::optional<BmcRecord> bmc;
  core::UtcTime created_at, updated_at;
  [[nodiscard]] AssetRow clone() const;
};

struct WorkflowRow {
  core::WorkflowId id;
  std::string type;  // "discovery", "cluster-provision", "disk-wipe"
  unsigned recipe_version = 1;
  core::AssetId asset;
  WorkflowStatus status = WorkflowStatus::pending;
  std::string step;          // the current step's name; empty while pending
  std::string context_json;  // the step's context: small, versioned, all that survives a crash
  std::string order_json;    // what was asked for, as accepted
  std::string operation_id;  // the hosted operation that asked, empty for local orders; unique when set
  unsigned tries = 0;        // of the current step
  std::string error_code, error_message;
  core::UtcTime created_at, updated_at;
  core::UtcTime step_started_at;  // deadlines are step start plus allowed duration
};

enum class IntentState : std::uint8_t { intended, done, failed, indeterminate };
std::string_view name(IntentState state);
std::optional<IntentState> parse_intent_state(std::string_view text);

/// A non-idempotent act: the row exists before the act, its result after it.
struct IntentRow {
  core::IntentId id;
  core::WorkflowId workflow;
  core::AssetId asset;
  std::string act;  // "power_on", "power_off", "wipe", "boot_talos", ...
  core::Attempt attempt;
  core::Epoch epoch;
  core::Sha256Digest token_hash;  // of its fencing or delivery token; zero when it has none
  std::string detail_json;        // what exactly: disks, kernel, arguments
  IntentState state = IntentState::intended;
  std::string result_json;
  core::UtcTime intended_at, resolved_at;
};

/// A token is redeemed once ever: a second insert of the same hash fails the whole batch with kind conflict.
struct RedeemToken {
  core::Sha256Digest token_hash;
  core::IntentId intent;
  std::string detail_json;
  core::UtcTime at;
};

struct TimelineRow {
  core::AssetId asset;
  std::optional<core::WorkflowId> workflow;
  core::Evidence evidence;
};

/// One event for the hosted side; the store gives it its sequence number.
struct Event {
  std::string type;     // "asset.updated", "workflow.step", "workflow.finished", "wipe.record"
  std::string subject;  // the id it is about
  core::UtcTime at;
  std::string body_json;
};

struct WipeRecordRow {
  core::WorkflowId workflow;
  core::AssetId asset;
  core::Attempt attempt;
  std::string record_json;
  core::UtcTime at;
};

/// Small named values: discovery window, agent id, hosted cursor, claimed address.
struct SettingRow {
  std::string key;
  std::string value;
};

/// A named secret that is no BMC password: a workflow's machine config, the key that boot tokens are made
/// with. The value is sealed by the store; an empty value erases the row.
struct SecretRow {
  std::string key;
  core::Secret value;
};

using Write = std::variant<AssetRow, WorkflowRow, IntentRow, RedeemToken, TimelineRow, WipeRecordRow,
                           SettingRow, SecretRow>;

struct Batch {
  std::vector<Write> writes;  // rows replace the row with the same id
  std::vector<Event> events;
};

/// What a start needs: all assets, unfinished workflows, their intents, their timelines, all settings and
/// secrets.
struct Snapshot {
  core::Epoch epoch;
  core::EventSeq last_event;  // zero when the outbox never had one
  std::vector<AssetRow> assets;
  std::vector<WorkflowRow> workflows;  // pending and running
  std::vector<IntentRow> intents;      // of those workflows, and unresolved ones of any
  std::vector<TimelineRow> timeline;   // of those workflows, oldest first
  std::vector<SettingRow> settings;
  std::vector<SecretRow> secrets;
};

struct StoredEvent {
  core::EventSeq seq;
  Event event;
};

class Journal {
 public:
  virtual ~Journal() = default;
  [[nodiscard]] virtual core::Task<core::Result<>> commit(Batch batch) = 0;
  /// The newest durable event, whoever wrote it: the hosted link appends its own.
  [[nodiscard]] virtual core::EventSeq last_event() const = 0;
  /// Notified whenever something became durable.
  [[nodiscard]] virtual core::Signal& changed() = 0;
  [[nodiscard]] virtual core::Task<core::Result<Snapshot>> load() = 0;

  // Reads for `look` commands and for the link; newest first where not said otherwise.
  [[nodiscard]] virtual core::Task<core::Result<std::optional<WorkflowRow>>> workflow(
      core::WorkflowId id) = 0;
  /// Finished ones too: what makes a repeated operation a repetition.
  [[nodiscard]] virtual core::Task<core::Result<std::optional<WorkflowRow>>> workflow_of_operation(
      std::string operation_id) = 0;
  [[nodiscard]] virtual core::Task<core::Result<std::vector<WorkflowRow>>> workflows(
      std::optional<core::AssetId> asset, unsigned limit) = 0;
  [[nodiscard]] virtual core::Task<core::Result<std::vector<TimelineRow>>> timeline(core::AssetId asset,
                                                                                    unsigned limit) = 0;
  [[nodiscard]] virtual core::Task<core::Result<std::vector<IntentRow>>> intents(
      core::WorkflowId workflow) = 0;
  [[nodiscard]] virtual core::Task<core::Result<std::vector<WipeRecordRow>>> wipe_records(
      std::optional<core::AssetId> asset, unsigned limit) = 0;
  /// Oldest first, at most `limit`, with seq > after.
  [[nodiscard]] virtual core::Task<core::Result<std::vector<StoredEvent>>> events(core::EventSeq after,
                                                                                  unsigned limit) = 0;
};

}  // namespace colony::workflows
