#include "daemon/store/store_file.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/store/access_rows.hpp"
#include "daemon/store/rows.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/surroundings.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using core::Result;
using namespace workflows;

namespace {

constexpr std::string_view key_check_text = "the key of this database";
constexpr std::string_view key_check_place = "store.key_check";
constexpr const char* epoch_first_key = "store.epoch_first";
/// The row of `secrets` that keys' hashes are made with.
constexpr std::string_view hash_key_secret = "api.key_hash";
/// Timeline rows of one asset between two prunings of it.
constexpr unsigned pruning_stride = 64;
/// Most that one commit removes; more than one is only there when the limit was lowered.
constexpr std::int64_t workflows_a_pruning = 8;

/// Errors after which the truth is on the disk only, and nobody here may write any more.
bool ends_the_store(const core::Error& error) {
  return error.kind == ErrorKind::io || error.code == "store.corrupt";
}

/// Errors that no single change is guilty of: the whole group fails, and may succeed later.
bool fails_the_group(const core::Error& error) {
  return ends_the_store(error) || error.kind == ErrorKind::exhausted;
}

/// "This was stored before" in the words of the one row it is about.
Result<> recoded(Result<> result, std::string_view code, std::string_view message) {
  if (result || result.error().code != "store.duplicate") return result;
  return core::fail(ErrorKind::conflict, std::string(code), std::string(message));
}

}  // namespace

StoreFile::StoreFile(const FileOptions& options, core::FileDescriptor lock, Database database)
    : options_(options), lock_(std::move(lock)), database_(std::move(database)) {}

StoreFile::~StoreFile() = default;

Result<std::unique_ptr<StoreFile>> StoreFile::open(const FileOptions& options, core::UtcTime now) {
  assert(!options.owner.empty());
  if (auto ready = prepare_directory(options.path); !ready) return std::unexpected(ready.error());
  auto lock = take_lock(options.path + ".lock");
  if (!lock) return std::unexpected(lock.error());
  if (auto made = make_private_file(options.path); !made) return std::unexpected(made.error());
  auto database = Database::open(options.path, options.vfs);
  if (!database) return std::unexpected(core::with_context(database.error(), options.path));
  std::unique_ptr<StoreFile> file(new StoreFile(options, std::move(*lock), std::move(*database)));
  if (auto ready = file->prepare(now); !ready) {
    file->database_.abandon();
    return std::unexpected(core::with_context(ready.error(), options.path));
  }
  return file;
}

Result<> StoreFile::prepare(core::UtcTime now) {
  // Exclusive before the first access: the log's index then lives in our memory, not in a mapped file, and no
  // second connection can get in.
  if (auto done = database_.script("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; "
                                   "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
      !done) {
    return done;
  }
  const auto found = look_at_schema(database_);
  if (!found) return std::unexpected(found.error());
  if (*found == Found::ours) {
    const auto verdict = database_.text("PRAGMA quick_check(1)");
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != "ok") {
      return core::fail(
          ErrorKind::corrupt, "store.corrupt",
          fmt::format("the database is damaged ({}): restore it from a backup", core::printable(*verdict)));
    }
  }
  auto key = load_store_key(options_.key, *found == Found::empty ? MissingKey::create : MissingKey::refuse);
  if (!key) return std::unexpected(key.error());
  sealer_.emplace(std::move(*key));

  const auto mode = database_.text("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") {
    return core::fail(ErrorKind::unsupported, "store.no_wal",
                      "the file system does not support SQLite's WAL");
  }
  // FULL: every commit waits for the log on the disk.
  const bool full = options_.durability == Durability::full;
  if (auto done = database_.script(full ? "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                        : "PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;");
      !done) {
    return done;
  }
  // What an earlier run could not fsync may look whole to us, since we read it from the kernel's cache: write
  // it to the database file anew before anything is built on it.
  if (*found == Found::ours) {
    if (auto done = database_.checkpoint(); !done) return done;
  }
  if (auto done = migrate_schema(database_); !done) return done;
  const auto begun = database_.number("SELECT count(*) FROM store");
  if (!begun) return std::unexpected(begun.error());
  return *begun == 0 ? begin_first_epoch(now) : check_owner();
}

Result<> StoreFile::begin_first_epoch(core::UtcTime now) {
  report_.created = true;
  report_.epoch.value = report_.epoch_first.value = 1;
  auto done = database_.execute("INSERT INTO store VALUES (1, ?, 1, 0, 0, 0, ?, ?)",
                                {options_.owner, sealer().seal(key_check_text, key_check_place), cell(now)});
  if (!done) return done;
  return forget_restore_marker(options_.path);
}

Result<> StoreFile::check_owner() {
  const auto row = database_.query(
      "SELECT owner, epoch, last_event_seq, acknowledged_seq, last_revision, key_check FROM store");
  if (!row) return std::unexpected(row.error());
  CellReader in(row->front());
  const std::string owner = in.text();
  report_.epoch.value = in.ordinal();
  counters_.event = in.ordinal();
  counters_.acknowledged = in.ordinal();
  counters_.revision = in.ordinal();
  const auto key_check = in.blob();
  if (!in.complete()) return core::fail(ErrorKind::corrupt, "store.corrupt", "the store row cannot be read");
  if (!sealer().unseal(key_check, key_check_place)) {
    return core::fail(
        ErrorKind::unauthorized, "store.wrong_key",
        fmt::format("the database was made with another key than the one in {}", options_.key.file));
  }
  // The outbox without a hole, and nothing missing that was not acknowledged.
  const auto outbox =
      database_.query("SELECT count(*), ifnull(min(seq), 0), ifnull(max(seq), 0) FROM outbox");
  if (!outbox) return std::unexpected(outbox.error());
  CellReader span(outbox->front());
  const auto count = span.ordinal();
  const auto first = span.ordinal();
  const auto last = span.ordinal();
  const bool whole = count == 0 ? counters_.acknowledged == counters_.event
                                : last == counters_.event && count == last - first + 1 &&
                                      first <= counters_.acknowledged + 1;
  if (!whole) {
    return core::fail(ErrorKind::corrupt, "store.corrupt",
                      "events are missing from the outbox: restore the database from a backup");
  }
  report_.last_event.value = counters_.event;
  report_.acknowledged.value = counters_.acknowledged;
  report_.owner_changed = owner != options_.owner;
  report_.restored = has_restore_marker(options_.path);
  if (report_.owner_changed || report_.restored) return begin_new_epoch();
  const auto begun = setting(epoch_first_key);
  if (!begun) return std::unexpected(begun.error());
  // An epoch of a version that did not write it down began no later than now.
  report_.epoch_first.value = report_.epoch.value == 1 ? 1 : counters_.event + 1;
  if (*begun) {
    const auto& text = **begun;
    (void)std::from_chars(text.data(), text.data() + text.size(), report_.epoch_first.value);
  }
  return {};
}

Result<> StoreFile::begin_new_epoch() {
  ++report_.epoch.value;
  report_.epoch_first.value = counters_.event + 1;
  auto done = database_.execute(upsert_sql(settings_table),
                                encode(SettingRow{epoch_first_key, std::to_string(counters_.event + 1)}));
  if (!done) return done;
  done =
      database_.execute("UPDATE store SET owner = ?, epoch = ?", {options_.owner, cell(report_.epoch.value)});
  if (!done) return done;
  // Only now: a crash before this line begins one epoch more, which harms nobody.
  return forget_restore_marker(options_.path);
}

template <class T>
Result<T> StoreFile::watched(Result<T> result) {
  if (!result && !finished_ && ends_the_store(result.error())) {
    finished_ = result.error();
    database_.abandon();
  }
  return result;
}

std::vector<Result<>> StoreFile::commit(const std::vector<Change>& changes) {
  if (finished_) return std::vector<Result<>>(changes.size(), std::unexpected(*finished_));
  auto results = watched(commit_group(changes));
  if (results) return std::move(*results);
  if (!finished_ && database_.in_transaction()) (void)watched(database_.script("ROLLBACK"));
  return std::vector<Result<>>(changes.size(), std::unexpected(results.error()));
}

Result<std::vector<Result<>>> StoreFile::commit_group(const std::vector<Change>& changes) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  Counters counters = counters_;
  std::vector<Result<>> results;
  results.reserve(changes.size());
  for (const Change& change : changes) {
    if (auto mark = database_.execute("SAVEPOINT change"); !mark) return std::unexpected(mark.error());
    Counters tried = counters;
    auto applied = apply(change, tried);
    if (applied) {
      counters = tried;
    } else {
      // Some errors make SQLite roll back everything: then nobody's change is in.
      if (fails_the_group(applied.error()) || !database_.in_transaction()) {
        return std::unexpected(std::move(applied.error()));
      }
      if (auto undone = database_.execute("ROLLBACK TO change"); !undone)
        return std::unexpected(undone.error());
    }
    if (auto mark = database_.execute("RELEASE change"); !mark) return std::unexpected(mark.error());
    results.push_back(std::move(applied));
  }
  if (auto written = write_counters(counters); !written) return std::unexpected(written.error());
  if (auto committed = database_.execute("COMMIT"); !committed) return std::unexpected(committed.error());
  counters_ = counters;
  return results;
}

Result<> StoreFile::write_counters(const Counters& counters) {
  return database_.execute("UPDATE store SET last_event_seq = ?, acknowledged_seq = ?, last_revision = ?",
                           {cell(counters.event), cell(counters.acknowledged), cell(counters.revision)});
}

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
  // What became of a generation does not take the place of a newer one that came meanwhile.
  static const std::string upsert_operation =
      upsert_sql(operations_table) + " WHERE excluded.generation >= operations.generation";
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
/// operation would be taken for new if it came again (it is not among the hosted side's, which are kept; an
/// order of theirs carries its operation as `ID#GENERATION`, see OperationDesk).
Result<> StoreFile::prune_workflows(const core::AssetId& asset) {
  const auto old = database_.query(
      "SELECT id FROM workflows AS w WHERE asset = ?1 AND status IN ('completed', 'failed')"
      " AND NOT EXISTS (SELECT 1 FROM wipe_records AS r WHERE r.workflow = w.id)"
      " AND NOT EXISTS (SELECT 1 FROM intents AS i JOIN redemptions AS t ON t.intent = i.id"
      "                 WHERE i.workflow = w.id)"
      " AND (operation_id IS NULL OR EXISTS (SELECT 1 FROM operations AS o WHERE w.operation_id LIKE '%#%'"
      "      AND o.id = rtrim(rtrim(w.operation_id, '0123456789'), '#')))"
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

Result<> StoreFile::tidy() {
  if (finished_) return std::unexpected(*finished_);
  if (database_.log_pages() < options_.log_pages) return {};
  return watched(database_.checkpoint());
}

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
