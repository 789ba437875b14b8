#pragma once
// The journal's rows in memory. Rows are immutable and shared, so that two states (what was asked to be
// written, and what is durable) cost little more than one.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "workflows/engine/journal.hpp"

namespace colony::workflows {

using AssetPtr = std::shared_ptr<const AssetRow>;
using WorkflowPtr = std::shared_ptr<const WorkflowRow>;
using IntentPtr = std::shared_ptr<const IntentRow>;
using SecretPtr = std::shared_ptr<const core::Secret>;

[[nodiscard]] inline bool is_finished(const WorkflowRow& row) {
  return row.status == WorkflowStatus::completed || row.status == WorkflowStatus::failed;
}

/// A batch whose rows are shared: applied to memory and cloned for the journal.
struct StagedBatch {
  std::vector<AssetPtr> assets;
  std::vector<WorkflowPtr> workflows;
  std::vector<IntentPtr> intents;
  std::vector<RedeemToken> redemptions;
  std::vector<TimelineRow> timeline;
  std::vector<WipeRecordRow> wipe_records;
  std::vector<SettingRow> settings;
  std::vector<std::pair<std::string, SecretPtr>> secrets;
  std::vector<Event> events;

  [[nodiscard]] static StagedBatch from(Batch batch);
  [[nodiscard]] Batch clone() const;
  [[nodiscard]] std::size_t size() const;
  void append(const StagedBatch& other);
};

class State {
 public:
  /// Finished workflows that are kept for `look` commands and the hosted snapshot.
  static constexpr std::size_t kept_finished = 256;

  void apply(const StagedBatch& batch);

  [[nodiscard]] AssetPtr asset(const core::AssetId& id) const;
  [[nodiscard]] WorkflowPtr workflow(const core::WorkflowId& id) const;
  [[nodiscard]] IntentPtr intent(const core::IntentId& id) const;
  /// Oldest first.
  [[nodiscard]] std::vector<IntentPtr> intents_of(const core::WorkflowId& workflow) const;
  /// The newest of this act; null when there is none.
  [[nodiscard]] IntentPtr newest_intent(const core::WorkflowId& workflow, std::string_view act) const;
  /// Of the asset's workflows the one that is running, or null.
  [[nodiscard]] WorkflowPtr running(const core::AssetId& asset) const;
  [[nodiscard]] std::string setting(const std::string& key) const;
  [[nodiscard]] SecretPtr secret(const std::string& key) const;

  [[nodiscard]] const std::map<core::AssetId, AssetPtr>& assets() const { return assets_; }
  [[nodiscard]] const std::map<core::WorkflowId, WorkflowPtr>& workflows() const { return workflows_; }

 private:
  void apply(const WorkflowPtr& row);
  void apply(const IntentPtr& row);
  void evict_finished();

  std::map<core::AssetId, AssetPtr> assets_;
  std::map<core::WorkflowId, WorkflowPtr> workflows_;
  std::map<core::AssetId, core::WorkflowId> running_;
  std::map<core::IntentId, IntentPtr> intents_;
  std::map<core::WorkflowId, std::vector<core::IntentId>> intents_of_;
  std::map<std::string, std::string> settings_;
  std::map<std::string, SecretPtr> secrets_;
  std::deque<core::WorkflowId> finished_;
};

}  // namespace colony::workflows
