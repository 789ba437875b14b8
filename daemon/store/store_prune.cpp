// What the database file forgets: a change that adds removes what is beyond its cap.

#include "daemon/store/rows.hpp"
#include "daemon/store/store_file.hpp"

namespace colony::daemon::store {

using core::Result;
using namespace workflows;

namespace {

/// Timeline rows of one asset between two prunings of it.
constexpr unsigned pruning_stride = 64;
/// Most that one commit removes; more than one is only there when the limit was lowered.
constexpr std::int64_t workflows_a_pruning = 8;

}  // namespace

Result<> StoreFile::prune(const Change& change, const Counters& counters) {
  for (const Write& row : change.batch.writes) {
    Result<> done;
    if (const auto* const added = std::get_if<TimelineRow>(&row)) {
      if (++timeline_growth_[added->asset] < pruning_stride) continue;
      timeline_growth_[added->asset] = 0;
      done = prune_timeline(added->asset);
    } else if (const auto* const workflow = std::get_if<WorkflowRow>(&row)) {
      const bool finished =
          workflow->status == WorkflowStatus::completed || workflow->status == WorkflowStatus::failed;
      if (finished) done = prune_workflows(workflow->asset);
    }
    if (!done) return done;
  }
  if (!change.acknowledge || counters.acknowledged <= options_.retention.acknowledged_events) return {};
  // At most 1000 a time: no commit waits long for housekeeping, and acknowledgements come in smaller steps.
  return database_.execute("DELETE FROM outbox WHERE seq <= ? AND seq < (SELECT min(seq) FROM outbox) + 1000",
                           {cell(counters.acknowledged - options_.retention.acknowledged_events)});
}

Result<> StoreFile::prune_timeline(const core::AssetId& asset) {
  return database_.execute(
      "DELETE FROM timeline WHERE asset = ?1"
      " AND id <= (SELECT id FROM timeline WHERE asset = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
      " AND (workflow IS NULL"
      "      OR workflow NOT IN (SELECT id FROM workflows WHERE status IN ('pending', 'running')))",
      {asset.to_string(), std::int64_t{options_.retention.timeline_per_asset}});
}

/// Never removed: a workflow that redeemed a token or has a wipe record (both are proof), and one whose
/// operation would be taken for new if it came again (it is not among the hosted side's that were answered,
/// which are kept; an order of theirs carries its operation as `ID#GENERATION`, see OperationDesk).
Result<> StoreFile::prune_workflows(const core::AssetId& asset) {
  const auto old = database_.query(
      "SELECT id FROM workflows AS w WHERE asset = ?1 AND status IN ('completed', 'failed')"
      " AND NOT EXISTS (SELECT 1 FROM wipe_records AS r WHERE r.workflow = w.id)"
      " AND NOT EXISTS (SELECT 1 FROM intents AS i JOIN redemptions AS t ON t.intent = i.id"
      "                 WHERE i.workflow = w.id)"
      " AND (operation_id IS NULL OR EXISTS (SELECT 1 FROM operations AS o WHERE w.operation_id LIKE '%#%'"
      "      AND o.state <> 'received' AND o.id = rtrim(rtrim(w.operation_id, '0123456789'), '#')))"
      " ORDER BY created_at DESC, rowid DESC LIMIT ?3 OFFSET ?2",
      {asset.to_string(), std::int64_t{options_.retention.finished_per_asset}, workflows_a_pruning});
  if (!old) return std::unexpected(old.error());
  for (const Cells& id : *old) {
    for (const char* const statement :
         {"UPDATE timeline SET workflow = NULL WHERE workflow = ?", "DELETE FROM intents WHERE workflow = ?",
          "DELETE FROM workflows WHERE id = ?"}) {
      if (auto done = database_.execute(statement, id); !done) return done;
    }
  }
  return {};
}

}  // namespace colony::daemon::store
