#include "daemon/store/store_file.hpp"

#include <cassert>
#include <charconv>
#include <utility>

#include <fmt/format.h>

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
/// Errors after which the truth is on the disk only, and nobody here may write any more.
bool ends_the_store(const core::Error& error) {
  return error.kind == ErrorKind::io || error.code == "store.corrupt";
}

/// Errors that no single change is guilty of: the whole group fails, and may succeed later.
bool fails_the_group(const core::Error& error) {
  return ends_the_store(error) || error.kind == ErrorKind::exhausted;
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
  const std::string text = begun->value_or("");
  if (!text.empty()) {
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

void StoreFile::on_error(const core::Error& error) {
  if (finished_ || !ends_the_store(error)) return;
  finished_ = error;
  database_.abandon();
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

Result<> StoreFile::tidy() {
  if (finished_) return std::unexpected(*finished_);
  if (database_.log_pages() < options_.log_pages) return {};
  return watched(database_.checkpoint());
}

}  // namespace colony::daemon::store
