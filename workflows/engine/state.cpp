#include "workflows/engine/state.hpp"

#include <algorithm>

namespace colony::workflows {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

template <class T>
void append_all(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

template <class Map, class Key>
auto find_row(const Map& map, const Key& key) -> typename Map::mapped_type {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type{} : found->second;
}

}  // namespace

StagedBatch StagedBatch::from(Batch batch) {
  StagedBatch staged;
  for (auto& write : batch.writes) {
    std::visit(
        Overloaded{
            [&](AssetRow& row) { staged.assets.push_back(std::make_shared<AssetRow>(std::move(row))); },
            [&](WorkflowRow& row) {
              staged.workflows.push_back(std::make_shared<WorkflowRow>(std::move(row)));
            },
            [&](IntentRow& row) { staged.intents.push_back(std::make_shared<IntentRow>(std::move(row))); },
            [&](RedeemToken& row) { staged.redemptions.push_back(std::move(row)); },
            [&](TimelineRow& row) { staged.timeline.push_back(std::move(row)); },
            [&](WipeRecordRow& row) { staged.wipe_records.push_back(std::move(row)); },
            [&](SettingRow& row) { staged.settings.push_back(std::move(row)); },
            [&](SecretRow& row) {
              staged.secrets.emplace_back(std::move(row.key),
                                          std::make_shared<core::Secret>(std::move(row.value)));
            },
        },
        write);
  }
  staged.events = std::move(batch.events);
  return staged;
}

Batch StagedBatch::clone() const {
  Batch batch;
  batch.writes.reserve(size());
  for (const auto& row : assets) batch.writes.emplace_back(row->clone());
  for (const auto& row : workflows) batch.writes.emplace_back(*row);
  for (const auto& row : intents) batch.writes.emplace_back(*row);
  for (const auto& row : redemptions) batch.writes.emplace_back(row);
  for (const auto& row : timeline) batch.writes.emplace_back(row);
  for (const auto& row : wipe_records) batch.writes.emplace_back(row);
  for (const auto& row : settings) batch.writes.emplace_back(row);
  for (const auto& [key, value] : secrets) batch.writes.emplace_back(SecretRow{key, value->clone()});
  batch.events = events;
  return batch;
}

std::size_t StagedBatch::size() const {
  return assets.size() + workflows.size() + intents.size() + redemptions.size() + timeline.size() +
         wipe_records.size() + settings.size() + secrets.size();
}

void StagedBatch::append(const StagedBatch& other) {
  append_all(assets, other.assets);
  append_all(workflows, other.workflows);
  append_all(intents, other.intents);
  append_all(redemptions, other.redemptions);
  append_all(timeline, other.timeline);
  append_all(wipe_records, other.wipe_records);
  append_all(settings, other.settings);
  append_all(secrets, other.secrets);
  append_all(events, other.events);
}

void State::apply(const StagedBatch& batch) {
  for (const auto& row : batch.assets) assets_[row->id] = row;
  for (const auto& row : batch.workflows) apply(row);
  for (const auto& row : batch.intents) apply(row);
  for (const auto& row : batch.settings) settings_[row.key] = row.value;
  for (const auto& [key, value] : batch.secrets) {
    if (value->empty()) {
      secrets_.erase(key);
    } else {
      secrets_[key] = value;
    }
  }
  evict_finished();
}

void State::apply(const WorkflowPtr& row) {
  auto& place = workflows_[row->id];
  const bool was_finished = place && is_finished(*place);
  place = row;
  if (row->status == WorkflowStatus::running) {
    running_[row->asset] = row->id;
  } else if (const auto found = running_.find(row->asset);
             found != running_.end() && found->second == row->id) {
    running_.erase(found);
  }
  if (is_finished(*row) && !was_finished) finished_.push_back(row->id);
}

void State::apply(const IntentPtr& row) {
  auto& place = intents_[row->id];
  if (!place) intents_of_[row->workflow].push_back(row->id);
  place = row;
}

void State::evict_finished() {
  while (finished_.size() > kept_finished) {
    const auto id = finished_.front();
    finished_.pop_front();
    workflows_.erase(id);
    if (const auto found = intents_of_.find(id); found != intents_of_.end()) {
      for (const auto& intent : found->second) intents_.erase(intent);
      intents_of_.erase(found);
    }
  }
}

AssetPtr State::asset(const core::AssetId& id) const {
  return find_row(assets_, id);
}
WorkflowPtr State::workflow(const core::WorkflowId& id) const {
  return find_row(workflows_, id);
}
IntentPtr State::intent(const core::IntentId& id) const {
  return find_row(intents_, id);
}

std::vector<IntentPtr> State::intents_of(const core::WorkflowId& workflow) const {
  std::vector<IntentPtr> rows;
  if (const auto found = intents_of_.find(workflow); found != intents_of_.end()) {
    for (const auto& id : found->second) rows.push_back(intents_.at(id));
  }
  return rows;
}

IntentPtr State::newest_intent(const core::WorkflowId& workflow, std::string_view act) const {
  const auto intents = intents_of(workflow);
  for (auto row = intents.rbegin(); row != intents.rend(); ++row) {
    if ((*row)->act == act) return *row;
  }
  return nullptr;
}

WorkflowPtr State::running(const core::AssetId& asset) const {
  const auto found = running_.find(asset);
  return found == running_.end() ? nullptr : workflow(found->second);
}

std::string State::setting(const std::string& key) const {
  return find_row(settings_, key);
}
SecretPtr State::secret(const std::string& key) const {
  return find_row(secrets_, key);
}

}  // namespace colony::workflows
