#pragma once
// The store: the workflows' journal on SQLite, the DHCP server's leases, users and keys of the local API, and
// what the hosted link keeps. All
// database work happens on one thread of its own (or, in simulations, inline); callers wait as coroutines.
// Changes that arrive while a transaction is on its way to the disk go into the next one together.

#include <cstdint>
#include <functional>
#include <memory>

#include "core/async/blocking_pool.hpp"
#include "core/async/signal.hpp"
#include "daemon/keys/access_store.hpp"
#include "daemon/store/store_file.hpp"
#include "pxe/dhcp/lease_store.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::daemon::store {

/// The last two are for simulations: answered at once, or with the loop's next turn.
enum class Threading : std::uint8_t { own_thread, inline_calls, next_turn };

struct StoreOptions {
  FileOptions file;
  Threading threading = Threading::own_thread;
  /// Called once on the logic thread, when an error of kind io or damage ended the store: every later call
  /// fails with the same error, and the daemon must stop.
  std::function<void(const core::Error&)> on_finished;
};

class Store final : public workflows::Journal, public pxe::dhcp::LeaseStore, public keys::AccessStore {
 public:
  /// Blocks until the database is checked: for the start, before the loop runs.
  [[nodiscard]] static core::Result<std::unique_ptr<Store>> open(core::Timers& timers, StoreOptions options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// Waits for the work in hand. No coroutine may still wait for this store.
  ~Store() override;

  [[nodiscard]] const OpenReport& report() const;

  // The journal. The change is queued when the function is called, not when its task is awaited.
  // Errors: store.token_redeemed, store.operation_known (conflict), store.dangling_reference (invalid_input),
  // store.disk_full, store.backlog (exhausted: may work later), store.io (the store is finished).
  [[nodiscard]] core::Task<core::Result<>> commit(workflows::Batch batch) override;
  [[nodiscard]] core::Task<core::Result<workflows::Snapshot>> load() override;
  [[nodiscard]] core::Task<core::Result<std::optional<workflows::WorkflowRow>>> workflow(
      core::WorkflowId id) override;
  [[nodiscard]] core::Task<core::Result<std::optional<workflows::WorkflowRow>>> workflow_of_operation(
      std::string operation_id) override;
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::WorkflowRow>>> workflows(
      std::optional<core::AssetId> asset, unsigned limit) override;
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::TimelineRow>>> timeline(
      core::AssetId asset, unsigned limit) override;
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::IntentRow>>> intents(
      core::WorkflowId workflow) override;
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::WipeRecordRow>>> wipe_records(
      std::optional<core::AssetId> asset, unsigned limit) override;
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::StoredEvent>>> events(core::EventSeq after,
                                                                                     unsigned limit) override;

  [[nodiscard]] core::EventSeq last_event() const override;
  [[nodiscard]] core::Signal& changed() override;

  // The DHCP server's leases. Errors as those of commit().
  [[nodiscard]] core::Task<core::Result<std::vector<pxe::dhcp::LeaseRecord>>> load_leases() override;
  [[nodiscard]] core::Task<core::Result<>> commit_leases(std::vector<pxe::dhcp::LeaseRecord> leases) override;

  // Users, keys and the audit log of the local API. Errors as those of commit().
  [[nodiscard]] core::Task<core::Result<keys::AccessSnapshot>> load_access() override;
  [[nodiscard]] core::Task<core::Result<>> commit_access(keys::AccessChange change) override;
  [[nodiscard]] core::Task<core::Result<std::vector<keys::AuditRow>>> audit(std::uint64_t before,
                                                                            unsigned limit) override;

  // For the hosted link.
  /// Of what is durable. After changed(): look here, then wait.
  [[nodiscard]] const Marks& marks() const;
  /// Since when the disk owes an answer, to whatever was asked of it first; nullopt: it owes none.
  [[nodiscard]] std::optional<core::BootTime> waiting_since() const;
  [[nodiscard]] core::Task<core::Result<>> commit_change(Change change);
  /// Everything up to `seq` has arrived; an older one is ignored. store.acknowledged_ahead (conflict).
  [[nodiscard]] core::Task<core::Result<>> acknowledge(core::EventSeq seq);
  [[nodiscard]] core::Task<core::Result<core::EventSeq>> acknowledged();
  [[nodiscard]] core::Task<core::Result<>> set(std::string key, std::string value);
  [[nodiscard]] core::Task<core::Result<std::optional<std::string>>> setting(std::string key);
  [[nodiscard]] core::Task<core::Result<std::optional<OperationRow>>> operation(std::string id);
  [[nodiscard]] core::Task<core::Result<std::vector<OperationRow>>> received_operations(
      unsigned limit, unsigned after_first = 0);
  [[nodiscard]] core::Task<core::Result<ReceivedLoad>> received_load();
  [[nodiscard]] core::Task<core::Result<std::vector<StoredAsset>>> changed_assets(std::uint64_t after,
                                                                                  unsigned limit);
  [[nodiscard]] core::Task<core::Result<std::vector<workflows::WorkflowRow>>> recent_workflows(
      unsigned limit);
  [[nodiscard]] core::Task<core::Result<EndedWorkflows>> ended_workflows(core::EventSeq after,
                                                                         unsigned limit);

 private:
  struct Queue;
  Store(core::Timers& timers, std::unique_ptr<StoreFile> file, StoreOptions options);
  template <class T>
  core::Task<core::Result<T>> read(std::function<core::Result<T>(StoreFile&)> work);

  core::Timers& timers_;
  std::shared_ptr<Queue> queue_;
};

}  // namespace colony::daemon::store
