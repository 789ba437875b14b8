// What the database file tells, at its start and when asked.

#include <fmt/format.h>

#include "daemon/store/access_rows.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/store_file.hpp"

namespace colony::daemon::store {

using core::Result;
using namespace workflows;

template <class T>
Result<std::vector<T>> StoreFile::rows(const std::string& sql, const Cells& arguments,
                                       const std::function<Result<T>(const Cells&)>& decode) {
  if (finished_) return std::unexpected(*finished_);
  const auto found = watched(database_.query(sql, arguments));
  if (!found) return std::unexpected(found.error());
  std::vector<T> decoded;
  decoded.reserve(found->size());
  for (const Cells& cells : *found) {
    auto row = decode(cells);
    if (!row) return std::unexpected(std::move(row.error()));
    decoded.push_back(std::move(*row));
  }
  return decoded;
}

Result<std::vector<WorkflowRow>> StoreFile::workflows(std::optional<core::AssetId> asset, unsigned limit) {
  const auto decode = [this](const Cells& cells) { return decode_workflow(cells, sealer()); };
  const std::string sql = select_sql(workflows_table);
  if (!asset) {
    return rows<WorkflowRow>(sql + "ORDER BY created_at DESC, rowid DESC LIMIT ?", {std::int64_t{limit}},
                             decode);
  }
  return rows<WorkflowRow>(sql + "WHERE asset = ? ORDER BY created_at DESC, rowid DESC LIMIT ?",
                           {asset->to_string(), std::int64_t{limit}}, decode);
}

template <class T>
Result<std::optional<T>> StoreFile::first(Result<std::vector<T>> found) {
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty()) return std::optional<T>();
  return std::optional<T>(std::move(found->front()));
}

Result<std::optional<WorkflowRow>> StoreFile::workflow(core::WorkflowId id) {
  return first(rows<WorkflowRow>(select_sql(workflows_table) + "WHERE id = ?", {id.to_string()},
                                 [this](const Cells& cells) { return decode_workflow(cells, sealer()); }));
}

Result<std::optional<WorkflowRow>> StoreFile::workflow_of_operation(const std::string& operation_id) {
  return first(rows<WorkflowRow>(select_sql(workflows_table) + "WHERE operation_id = ?", {operation_id},
                                 [this](const Cells& cells) { return decode_workflow(cells, sealer()); }));
}

Result<std::vector<WorkflowRow>> StoreFile::recent_workflows(unsigned limit) {
  return rows<WorkflowRow>(
      select_sql(workflows_table) +
          "ORDER BY status IN ('pending', 'running') DESC, updated_at DESC, rowid DESC LIMIT ?",
      {std::int64_t{limit}}, [this](const Cells& cells) { return decode_workflow(cells, sealer()); });
}

Result<EndedWorkflows> StoreFile::ended_workflows(core::EventSeq after, unsigned limit) {
  EndedWorkflows ended;
  const auto last = rows<core::EventSeq>(
      "SELECT seq FROM outbox WHERE seq > ? AND type = 'workflow.finished' ORDER BY seq LIMIT 1 OFFSET ?",
      {cell(after.value), std::int64_t{limit} - 1}, [](const Cells& cells) -> Result<core::EventSeq> {
        CellReader in(cells);
        return core::EventSeq{in.ordinal()};
      });
  if (!last) return std::unexpected(last.error());
  ended.seen = last->empty() ? core::EventSeq{counters_.event} : last->front();
  auto found = rows<WorkflowRow>(select_sql(workflows_table) +
                                     "WHERE id IN (SELECT subject FROM outbox WHERE seq > ? AND seq <= ? AND "
                                     "type = 'workflow.finished')",
                                 {cell(after.value), cell(ended.seen.value)},
                                 [this](const Cells& cells) { return decode_workflow(cells, sealer()); });
  if (!found) return std::unexpected(found.error());
  ended.rows = std::move(*found);
  return ended;
}

Result<std::vector<TimelineRow>> StoreFile::timeline(core::AssetId asset, unsigned limit) {
  return rows<TimelineRow>(select_sql(timeline_table) + "WHERE asset = ? ORDER BY id DESC LIMIT ?",
                           {asset.to_string(), std::int64_t{limit}}, decode_timeline);
}

Result<std::vector<IntentRow>> StoreFile::intents(core::WorkflowId workflow) {
  return rows<IntentRow>(
      select_sql(intents_table) + "WHERE workflow = ? ORDER BY intended_at DESC, rowid DESC",
      {workflow.to_string()}, decode_intent);
}

Result<std::vector<WipeRecordRow>> StoreFile::wipe_records(std::optional<core::AssetId> asset,
                                                           unsigned limit) {
  const std::string sql = select_sql(wipe_records_table);
  if (!asset) {
    return rows<WipeRecordRow>(sql + "ORDER BY at DESC, rowid DESC LIMIT ?", {std::int64_t{limit}},
                               decode_wipe_record);
  }
  return rows<WipeRecordRow>(sql + "WHERE asset = ? ORDER BY at DESC, rowid DESC LIMIT ?",
                             {asset->to_string(), std::int64_t{limit}}, decode_wipe_record);
}

Result<std::vector<StoredEvent>> StoreFile::events(core::EventSeq after, unsigned limit) {
  return rows<StoredEvent>(select_sql(outbox_table) + "WHERE seq > ? ORDER BY seq LIMIT ?",
                           {cell(after.value), std::int64_t{limit}}, decode_event);
}

Result<core::EventSeq> StoreFile::acknowledged() {
  if (finished_) return std::unexpected(*finished_);
  return core::EventSeq{counters_.acknowledged};
}

Result<std::optional<std::string>> StoreFile::setting(const std::string& key) {
  auto found = rows<SettingRow>(select_sql(settings_table) + "WHERE key = ?", {key}, decode_setting);
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty()) return std::optional<std::string>();
  return std::move(found->front().value);
}

Result<std::optional<OperationRow>> StoreFile::operation(const std::string& id) {
  return first(rows<OperationRow>(select_sql(operations_table) + "WHERE id = ?", {id},
                                  [this](const Cells& cells) { return decode_operation(cells, sealer()); }));
}

Result<std::vector<OperationRow>> StoreFile::received_operations(unsigned limit, unsigned after_first) {
  return rows<OperationRow>(
      select_sql(operations_table) + "WHERE state = 'received' ORDER BY seq, rowid LIMIT ? OFFSET ?",
      {std::int64_t{limit}, std::int64_t{after_first}},
      [this](const Cells& cells) { return decode_operation(cells, sealer()); });
}

Result<ReceivedLoad> StoreFile::received_load() {
  const auto found = first(rows<ReceivedLoad>(
      "SELECT count(*), coalesce(sum(length(body_sealed)), 0) FROM operations WHERE state = 'received'", {},
      [](const Cells& cells) -> Result<ReceivedLoad> {
        CellReader in(cells);
        return ReceivedLoad{.count = in.ordinal(), .body_bytes = in.ordinal()};
      }));
  if (!found) return std::unexpected(found.error());
  return found->value_or(ReceivedLoad{});
}

Result<std::vector<pxe::dhcp::LeaseRecord>> StoreFile::leases() {
  return rows<pxe::dhcp::LeaseRecord>(select_sql(leases_table) + "ORDER BY updated_at, rowid", {},
                                      decode_lease);
}

Result<std::vector<StoredAsset>> StoreFile::changed_assets(std::uint64_t after, unsigned limit) {
  return rows<StoredAsset>(select_sql(assets_table) + "WHERE revision > ? ORDER BY revision LIMIT ?",
                           {cell(after), std::int64_t{limit}},
                           [this](const Cells& cells) { return decode_asset(cells, sealer(), Unseal::no); });
}

Result<keys::AccessSnapshot> StoreFile::access() {
  keys::AccessSnapshot snapshot;
  auto users = rows<keys::UserRow>(select_sql(users_table) + "ORDER BY rowid", {},
                                   [this](const Cells& cells) { return decode_user(cells, sealer()); });
  if (!users) return std::unexpected(std::move(users.error()));
  snapshot.users = std::move(*users);
  auto keys = rows<keys::KeyRow>(select_sql(api_keys_table) + "ORDER BY rowid", {}, decode_key);
  if (!keys) return std::unexpected(std::move(keys.error()));
  snapshot.keys = std::move(*keys);
  auto secret = rows<SecretRow>(select_sql(secrets_table) + "WHERE key = ?", {std::string(hash_key_secret)},
                                [this](const Cells& cells) { return decode_secret(cells, sealer()); });
  if (!secret) return std::unexpected(std::move(secret.error()));
  if (!secret->empty()) snapshot.hash_key = std::move(secret->front().value);
  return snapshot;
}

Result<std::vector<keys::AuditRow>> StoreFile::audit(std::uint64_t before, unsigned limit) {
  const std::uint64_t last = before == 0 ? INT64_MAX : before - 1;
  return rows<keys::AuditRow>(
      "SELECT id, at, who, source, act, subject, status, request_id FROM audit WHERE id <= ?"
      " ORDER BY id DESC LIMIT ?",
      {cell(last), std::int64_t{limit}}, decode_audit);
}

Result<Snapshot> StoreFile::load() {
  Snapshot snapshot;
  snapshot.epoch = report_.epoch;
  snapshot.last_event.value = counters_.event;
  const auto into = [](auto& target, auto found) -> Result<> {
    if (!found) return std::unexpected(std::move(found.error()));
    target = std::move(*found);
    return {};
  };
  static const std::string unfinished = "SELECT id FROM workflows WHERE status IN ('pending', 'running')";
  const auto asset = [this](const Cells& cells) -> Result<AssetRow> {
    auto stored = decode_asset(cells, sealer(), Unseal::yes);
    if (!stored) return std::unexpected(std::move(stored.error()));
    return std::move(stored->asset);
  };
  const auto workflow = [this](const Cells& cells) { return decode_workflow(cells, sealer()); };
  auto done = into(snapshot.assets, rows<AssetRow>(select_sql(assets_table) + "ORDER BY rowid", {}, asset));
  if (done) {
    done = into(snapshot.workflows,
                rows<WorkflowRow>(select_sql(workflows_table) +
                                      "WHERE status IN ('pending', 'running') ORDER BY created_at, rowid",
                                  {}, workflow));
  }
  if (done) {
    done = into(snapshot.intents, rows<IntentRow>(select_sql(intents_table) + "WHERE state = 'intended' OR " +
                                                      "workflow IN (" + unfinished + ") ORDER BY rowid",
                                                  {}, decode_intent));
  }
  if (done) {
    done = into(snapshot.timeline, rows<TimelineRow>(select_sql(timeline_table) + "WHERE workflow IN (" +
                                                         unfinished + ") ORDER BY id",
                                                     {}, decode_timeline));
  }
  if (done) {
    done = into(snapshot.settings, rows<SettingRow>(select_sql(settings_table), {}, decode_setting));
  }
  if (done) {
    const auto secret = [this](const Cells& cells) { return decode_secret(cells, sealer()); };
    done = into(snapshot.secrets, rows<SecretRow>(select_sql(secrets_table), {}, secret));
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return snapshot;
}

}  // namespace colony::daemon::store
