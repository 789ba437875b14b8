#pragma once
// Our typed rows as cells and back: pure, so that every decoder here is fuzzed without a database. A stored
// row that does not decode is damage, or was written by a newer version: it is named, never guessed at.

#include <span>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "daemon/store/cells.hpp"
#include "daemon/store/operation_row.hpp"
#include "daemon/store/sealing.hpp"
#include "pxe/dhcp/lease.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::store {

struct Table {
  std::string_view name;
  std::span<const std::string_view> columns;
  std::size_t key_columns;  // the first so many columns
};

extern const Table assets_table, workflows_table, intents_table, redemptions_table, timeline_table,
    wipe_records_table, settings_table, secrets_table, outbox_table, operations_table, leases_table;

/// store.unreadable_row
[[nodiscard]] std::unexpected<core::Error> unreadable_row(const Table& table, const Cells& cells);

/// INSERT that replaces the row with the same key (by update: REPLACE would delete what others refer to).
[[nodiscard]] std::string upsert_sql(const Table& table);
[[nodiscard]] std::string insert_sql(const Table& table);
/// "SELECT columns FROM name "
[[nodiscard]] std::string select_sql(const Table& table);

/// What a reader may see: the hosted link reads assets without their passwords.
enum class Unseal : bool { no, yes };

[[nodiscard]] Cells encode(const workflows::AssetRow& row, std::uint64_t revision, const Sealer& sealer);
[[nodiscard]] Cells encode(const workflows::WorkflowRow& row, const Sealer& sealer);
[[nodiscard]] Cells encode(const workflows::IntentRow& row);
[[nodiscard]] Cells encode(const workflows::RedeemToken& row);
[[nodiscard]] Cells encode(const workflows::TimelineRow& row);
[[nodiscard]] Cells encode(const workflows::WipeRecordRow& row);
[[nodiscard]] Cells encode(const workflows::SettingRow& row);
[[nodiscard]] Cells encode(const workflows::SecretRow& row, const Sealer& sealer);
[[nodiscard]] Cells encode(core::EventSeq seq, const workflows::Event& event);
[[nodiscard]] Cells encode(const OperationRow& row, const Sealer& sealer);
[[nodiscard]] Cells encode(const pxe::dhcp::LeaseRecord& row);

// Errors: store.unreadable_row, store.seal_broken (both kind corrupt).
[[nodiscard]] core::Result<StoredAsset> decode_asset(const Cells& cells, const Sealer& sealer, Unseal unseal);
[[nodiscard]] core::Result<workflows::WorkflowRow> decode_workflow(const Cells& cells, const Sealer& sealer);
[[nodiscard]] core::Result<workflows::IntentRow> decode_intent(const Cells& cells);
/// Evidence of an unknown kind (a newer version wrote it) becomes a Note, so that old programs still start.
[[nodiscard]] core::Result<workflows::TimelineRow> decode_timeline(const Cells& cells);
[[nodiscard]] core::Result<workflows::WipeRecordRow> decode_wipe_record(const Cells& cells);
[[nodiscard]] core::Result<workflows::SettingRow> decode_setting(const Cells& cells);
[[nodiscard]] core::Result<workflows::SecretRow> decode_secret(const Cells& cells, const Sealer& sealer);
[[nodiscard]] core::Result<workflows::StoredEvent> decode_event(const Cells& cells);
[[nodiscard]] core::Result<OperationRow> decode_operation(const Cells& cells, const Sealer& sealer);
[[nodiscard]] core::Result<pxe::dhcp::LeaseRecord> decode_lease(const Cells& cells);

}  // namespace colony::daemon::store
