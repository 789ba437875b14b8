#pragma once
// The database file: everything the store does, blocking, for one thread at a time. store.hpp puts it on its
// own thread and makes it the journal of the workflows.
//
// Promise: when commit() returns success for a change, the change survives a power cut. One transaction and
// one fsync serve a whole group; a change that conflicts fails alone (SAVEPOINT). After an error of kind io
// or corrupt the file is finished: nothing is written any more, not even at close, and a failed fsync is
// never retried, because the kernel forgets what it could not write.

#include <cassert>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "daemon/keys/rows.hpp"
#include "daemon/store/operation_row.hpp"
#include "daemon/store/sealing.hpp"
#include "daemon/store/sqlite.hpp"
#include "daemon/store/store_key.hpp"
#include "pxe/dhcp/lease.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::store {

/// What is kept of things that pass. Rows that somebody still needs are never removed.
struct Retention {
  std::uint64_t acknowledged_events = 10'000;  // for local readers of the event stream
  unsigned timeline_per_asset = 2'000;         // newest; those of unfinished workflows come on top
  unsigned finished_per_asset = 200;           // newest workflows; what an erasure leaves is never removed
  unsigned audit_rows = 20'000;                // newest, without log-ins
  unsigned login_rows = 2'000;                 // newest lines of log-ins, which strangers make as well
};

/// `simulation` does not wait for the disk: for runs under virtual time, never for a daemon.
enum class Durability : bool { full, simulation };

struct FileOptions {
  std::string path = "/var/lib/colony/colony.db";
  KeyPlace key;
  std::string owner;  // the machine's id (systemd's machine-id); another owner begins a new epoch
  Durability durability = Durability::full;
  Retention retention;
  int log_pages = 1000;  // before a checkpoint: about 4 MiB, in which a page changes often and is moved once
  std::string vfs;       // tests inject faults here
};

struct OpenReport {
  bool created = false;        // there was no database
  bool owner_changed = false;  // it was last used on another machine
  bool restored = false;       // `PATH.restored` was there
  core::Epoch epoch;
  core::EventSeq epoch_first;  // the first number that an event of this epoch has, or will have
  core::EventSeq last_event, acknowledged;
};

/// Workflows that ended, as the outbox tells it.
struct EndedWorkflows {
  std::vector<workflows::WorkflowRow> rows;
  core::EventSeq seen;  // no end up to here is left out
};

/// How far the store has come: what a reader that has seen everything up to here has not missed.
struct Marks {
  core::EventSeq last_event;
  std::uint64_t last_revision = 0;  // of assets
};

/// One all-or-nothing unit. The journal's batches, what only the hosted link stores, the DHCP server's
/// leases, and users and keys of the local API.
struct Change {
  workflows::Batch batch;
  std::vector<OperationRow> operations;
  std::vector<pxe::dhcp::LeaseRecord> leases;
  keys::AccessChange access;
  std::optional<core::EventSeq> acknowledge;  // everything up to here has arrived; never goes back
};

class StoreFile {
 public:
  /// Errors by name: store.directory_rights, store.locked, store.foreign_file, store.newer_schema,
  /// store.corrupt, store.wrong_key, store.key_*, store.io, store.disk_full.
  [[nodiscard]] static core::Result<std::unique_ptr<StoreFile>> open(const FileOptions& options,
                                                                     core::UtcTime now);
  ~StoreFile();

  [[nodiscard]] const OpenReport& report() const { return report_; }
  /// Set once, by the error that ended it.
  [[nodiscard]] const std::optional<core::Error>& finished() const { return finished_; }

  [[nodiscard]] Marks marks() const { return {{counters_.event}, counters_.revision}; }

  /// One result a change, in order.
  [[nodiscard]] std::vector<core::Result<>> commit(const std::vector<Change>& changes);
  /// Call between commits: moves a long log into the database.
  [[nodiscard]] core::Result<> tidy();

  [[nodiscard]] core::Result<workflows::Snapshot> load();
  [[nodiscard]] core::Result<std::optional<workflows::WorkflowRow>> workflow(core::WorkflowId id);
  [[nodiscard]] core::Result<std::optional<workflows::WorkflowRow>> workflow_of_operation(
      const std::string& operation_id);
  [[nodiscard]] core::Result<std::vector<workflows::WorkflowRow>> workflows(
      std::optional<core::AssetId> asset, unsigned limit);
  /// Unfinished ones first, then by last change, newest first.
  [[nodiscard]] core::Result<std::vector<workflows::WorkflowRow>> recent_workflows(unsigned limit);
  /// Whose `workflow.finished` lies behind `after` in the outbox: the first `limit` of them.
  [[nodiscard]] core::Result<EndedWorkflows> ended_workflows(core::EventSeq after, unsigned limit);
  [[nodiscard]] core::Result<std::vector<workflows::TimelineRow>> timeline(core::AssetId asset,
                                                                           unsigned limit);
  [[nodiscard]] core::Result<std::vector<workflows::IntentRow>> intents(core::WorkflowId workflow);
  [[nodiscard]] core::Result<std::vector<workflows::WipeRecordRow>> wipe_records(
      std::optional<core::AssetId> asset, unsigned limit);
  [[nodiscard]] core::Result<std::vector<workflows::StoredEvent>> events(core::EventSeq after,
                                                                         unsigned limit);
  [[nodiscard]] core::Result<core::EventSeq> acknowledged();
  [[nodiscard]] core::Result<std::optional<std::string>> setting(const std::string& key);
  [[nodiscard]] core::Result<std::optional<OperationRow>> operation(const std::string& id);
  /// Received and not yet handed on, in the hosted side's order.
  [[nodiscard]] core::Result<std::vector<OperationRow>> received_operations(unsigned limit,
                                                                            unsigned after_first = 0);
  [[nodiscard]] core::Result<ReceivedLoad> received_load();
  /// Oldest change first.
  [[nodiscard]] core::Result<std::vector<pxe::dhcp::LeaseRecord>> leases();
  /// By revision, oldest change first, without passwords.
  [[nodiscard]] core::Result<std::vector<StoredAsset>> changed_assets(std::uint64_t after, unsigned limit);
  [[nodiscard]] core::Result<keys::AccessSnapshot> access();
  /// Newest first; `before` 0: from the newest on.
  [[nodiscard]] core::Result<std::vector<keys::AuditRow>> audit(std::uint64_t before, unsigned limit);

 private:
  [[nodiscard]] const Sealer& sealer() const {
    assert(sealer_);
    return *sealer_;
  }
  struct Counters {
    std::uint64_t event = 0, acknowledged = 0, revision = 0;
  };
  StoreFile(const FileOptions& options, core::FileDescriptor lock, Database database);

  core::Result<> prepare(core::UtcTime now);
  core::Result<> begin_first_epoch(core::UtcTime now);
  core::Result<> check_owner();
  core::Result<> begin_new_epoch();
  core::Result<> write_counters(const Counters& counters);
  core::Result<> apply(const Change& change, Counters& counters);
  core::Result<> write(const workflows::Write& row, Counters& counters);
  core::Result<> write_access(const keys::AccessChange& change);
  core::Result<> prune(const Change& change, const Counters& counters);
  core::Result<> prune_timeline(const core::AssetId& asset);
  core::Result<> prune_workflows(const core::AssetId& asset);
  core::Result<std::vector<core::Result<>>> commit_group(const std::vector<Change>& changes);
  void on_error(const core::Error& error);
  template <class T>
  core::Result<T> watched(core::Result<T> result) {
    if (!result) on_error(result.error());
    return result;
  }
  template <class T>
  core::Result<std::optional<T>> first(core::Result<std::vector<T>> found);
  template <class T>
  core::Result<std::vector<T>> rows(const std::string& sql, const Cells& arguments,
                                    const std::function<core::Result<T>(const Cells&)>& decode);

  FileOptions options_;
  core::FileDescriptor lock_;
  std::optional<Sealer> sealer_;  // from open() on, before which nothing else is called
  Database database_;
  OpenReport report_;
  std::optional<core::Error> finished_;
  Counters counters_;
  std::unordered_map<core::AssetId, unsigned> timeline_growth_;  // rows since the last pruning; one an asset
};

}  // namespace colony::daemon::store
