// What the database file writes, row by row, within a change's savepoint.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "daemon/store/access_rows.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/store_file.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using core::Result;
using namespace workflows;

namespace {

/// "This was stored before" in the words of the one row it is about.
Result<> recoded(Result<> result, std::string_view code, std::string_view message) {
  if (result || result.error().code != "store.duplicate") return result;
  return core::fail(ErrorKind::conflict, std::string(code), std::string(message));
}

}  // namespace

Result<> StoreFile::apply(const Change& change, Counters& counters) {
  // Rows that are referred to go first, whatever the order in the batch: Write's alternatives are in that
  // order.
  std::array<std::vector<const Write*>, std::variant_size_v<Write>> by_kind;
  for (const Write& row : change.batch.writes) by_kind[row.index()].push_back(&row);
  for (const auto& kind : by_kind) {
    for (const Write* row : kind) {
      if (auto done = write(*row, counters); !done) return done;
    }
  }
  static const std::string insert_event = insert_sql(outbox_table);
  for (const Event& event : change.batch.events) {
    ++counters.event;
    if (auto done = database_.execute(insert_event, encode(core::EventSeq{counters.event}, event)); !done) {
      return done;
    }
  }
  // What became of a generation does not take the place of a newer one that came meanwhile, and stands for
  // ever: delivered again, the same generation is never one that waits again.
  static const std::string upsert_operation =
      upsert_sql(operations_table) +
      " WHERE excluded.generation > operations.generation"
      " OR (excluded.generation = operations.generation AND operations.state = 'received')";
  for (const OperationRow& row : change.operations) {
    if (auto done = database_.execute(upsert_operation, encode(row, sealer())); !done) return done;
  }
  static const std::string upsert_lease = upsert_sql(leases_table);
  for (const auto& row : change.leases) {
    if (auto done = database_.execute(upsert_lease, encode(row)); !done) return done;
  }
  if (auto done = write_access(change.access); !done) return done;
  if (change.acknowledge) {
    if (change.acknowledge->value > counters.event) {
      return core::fail(
          ErrorKind::conflict, "store.acknowledged_ahead",
          fmt::format("event {} was acknowledged, the last one here is {}: is this an old copy of "
                      "the database?",
                      change.acknowledge->value, counters.event));
    }
    counters.acknowledged = std::max(counters.acknowledged, change.acknowledge->value);
  }
  return prune(change, counters);
}

Result<> StoreFile::write(const Write& row, Counters& counters) {
  static const std::string upsert_asset = upsert_sql(assets_table);
  static const std::string upsert_workflow = upsert_sql(workflows_table);
  static const std::string upsert_intent = upsert_sql(intents_table);
  static const std::string insert_redemption = insert_sql(redemptions_table);
  static const std::string insert_timeline = insert_sql(timeline_table);
  static const std::string upsert_wipe_record = upsert_sql(wipe_records_table);
  static const std::string upsert_setting = upsert_sql(settings_table);
  static const std::string upsert_secret = upsert_sql(secrets_table);
  struct Writer {
    StoreFile& file;
    Counters& counters;
    Result<> operator()(const AssetRow& r) const {
      return file.database_.execute(upsert_asset, encode(r, ++counters.revision, file.sealer()));
    }
    Result<> operator()(const WorkflowRow& r) const {
      return recoded(file.database_.execute(upsert_workflow, encode(r, file.sealer())),
                     "store.operation_known", "another workflow already serves this operation");
    }
    Result<> operator()(const IntentRow& r) const { return file.database_.execute(upsert_intent, encode(r)); }
    Result<> operator()(const RedeemToken& r) const {
      return recoded(file.database_.execute(insert_redemption, encode(r)), "store.token_redeemed",
                     "this token was redeemed before");
    }
    Result<> operator()(const TimelineRow& r) const {
      return file.database_.execute(insert_timeline, encode(r));
    }
    Result<> operator()(const WipeRecordRow& r) const {
      return file.database_.execute(upsert_wipe_record, encode(r));
    }
    Result<> operator()(const SettingRow& r) const {
      return file.database_.execute(upsert_setting, encode(r));
    }
    Result<> operator()(const SecretRow& r) const {
      if (r.value.empty()) return file.database_.execute("DELETE FROM secrets WHERE key = ?", {r.key});
      return file.database_.execute(upsert_secret, encode(r, file.sealer()));
    }
  };
  return std::visit(Writer{*this, counters}, row);
}

Result<> StoreFile::write_access(const keys::AccessChange& change) {
  static const std::string upsert_user = upsert_sql(users_table);
  static const std::string upsert_key = upsert_sql(api_keys_table);
  static const std::string insert_audit = insert_sql(audit_table);
  Result<> done;
  for (const auto& user : change.forgotten_users) {
    if (done) done = database_.execute("DELETE FROM users WHERE name = ?", {user});
  }
  for (const auto& id : change.forgotten_keys) {
    if (done) done = database_.execute("DELETE FROM api_keys WHERE id = ?", {id.to_string()});
  }
  for (const auto& row : change.users) {
    if (done) done = database_.execute(upsert_user, encode(row, sealer()));
  }
  for (const auto& row : change.keys) {
    if (done) done = database_.execute(upsert_key, encode(row));
  }
  if (done && !change.hash_key.empty()) {
    done = write(SecretRow{std::string(hash_key_secret), change.hash_key.clone()}, counters_);
  }
  for (const auto& row : change.audit) {
    if (done) done = database_.execute(insert_audit, encode(row));
  }
  for (const auto& row : change.outcomes) {
    if (!done) break;
    done = database_.execute(
        "UPDATE audit SET status = ? WHERE id = (SELECT id FROM audit WHERE status = 0 AND request_id = ? "
        "AND act = ? AND at = ? AND who = ? AND source = ? AND subject = ? ORDER BY id DESC LIMIT 1)",
        {std::int64_t{row.status}, row.request_id, row.act, cell(row.at), row.who, row.from, row.subject});
  }
  if (!done || change.audit.empty()) return done;
  // Each kind under a cap of its own: log-ins, which anybody may try, push out no acts.
  static constexpr auto is_login = [](const keys::AuditRow& row) { return row.act == keys::login_act; };
  const std::string login(keys::login_act);
  if (std::ranges::any_of(change.audit, is_login)) {
    done = database_.execute(
        "DELETE FROM audit WHERE act = ?1 AND id <= "
        "(SELECT id FROM audit WHERE act = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        {login, std::int64_t{options_.retention.login_rows}});
  }
  if (!done || std::ranges::all_of(change.audit, is_login)) return done;
  return database_.execute(
      "DELETE FROM audit WHERE act <> ?1 AND id <= "
      "(SELECT id FROM audit WHERE act <> ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      {login, std::int64_t{options_.retention.audit_rows}});
}

}  // namespace colony::daemon::store
