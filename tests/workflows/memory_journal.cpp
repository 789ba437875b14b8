#include "tests/workflows/memory_journal.hpp"

#include <algorithm>
#include <chrono>

namespace colony::workflows {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

bool finished(const WorkflowRow& row) {
  return row.status == WorkflowStatus::completed || row.status == WorkflowStatus::failed;
}

}  // namespace

core::Task<core::Result<>> MemoryJournal::commit(Batch batch) {
  if (dead_) co_await timers_.sleep_until(core::BootTime::max());
  co_await timers_.sleep_for(std::chrono::microseconds(200));  // what an fsync takes
  if (failing_) co_return std::unexpected(*failing_);
  const bool dies = ++disk_.commits == crash_.at_commit;
  if (dies && crash_.when == Crash::When::before) {
    dead_ = true;
    co_await timers_.sleep_until(core::BootTime::max());
  }
  auto result = apply(std::move(batch));
  if (dies) {
    dead_ = true;
    co_await timers_.sleep_until(core::BootTime::max());
  }
  changed_.notify();
  co_return result;
}

core::Result<> MemoryJournal::apply(Batch batch) {
  for (const auto& write : batch.writes) {
    if (const auto* token = std::get_if<RedeemToken>(&write);
        token && disk_.redeemed.contains(token->token_hash)) {
      return core::fail(core::ErrorKind::conflict, "journal.token_redeemed", "the token was redeemed before");
    }
  }
  for (auto& write : batch.writes) {
    std::visit(Overloaded{
                   [&](AssetRow& row) { disk_.assets.insert_or_assign(row.id, std::move(row)); },
                   [&](WorkflowRow& row) { disk_.workflows.insert_or_assign(row.id, std::move(row)); },
                   [&](IntentRow& row) { disk_.intents.insert_or_assign(row.id, std::move(row)); },
                   [&](RedeemToken& row) { disk_.redeemed.emplace(row.token_hash, std::move(row)); },
                   [&](TimelineRow& row) { disk_.timeline.push_back(std::move(row)); },
                   [&](WipeRecordRow& row) { disk_.wipe_records.push_back(std::move(row)); },
                   [&](SettingRow& row) { disk_.settings[row.key] = row.value; },
                   [&](SecretRow& row) {
                     if (row.value.empty()) {
                       disk_.secrets.erase(row.key);
                     } else {
                       disk_.secrets.insert_or_assign(row.key, std::move(row.value));
                     }
                   },
               },
               write);
  }
  for (auto& event : batch.events) {
    disk_.events.push_back({core::EventSeq{disk_.events.size() + 1}, std::move(event)});
  }
  return {};
}

core::Task<core::Result<Snapshot>> MemoryJournal::load() {
  Snapshot snapshot;
  snapshot.epoch = disk_.epoch;
  snapshot.last_event.value = disk_.events.size();
  for (const auto& [id, row] : disk_.assets) snapshot.assets.push_back(row.clone());
  for (const auto& [id, row] : disk_.workflows) {
    if (!finished(row)) snapshot.workflows.push_back(row);
  }
  const auto unfinished = [&snapshot](const core::WorkflowId& id) {
    return std::ranges::find(snapshot.workflows, id, &WorkflowRow::id) != snapshot.workflows.end();
  };
  for (const auto& [id, row] : disk_.intents) {
    if (row.state == IntentState::intended || unfinished(row.workflow)) snapshot.intents.push_back(row);
  }
  for (const auto& row : disk_.timeline) {
    if (row.workflow && unfinished(*row.workflow)) snapshot.timeline.push_back(row);
  }
  for (const auto& [key, value] : disk_.settings) snapshot.settings.push_back({key, value});
  for (const auto& [key, value] : disk_.secrets) snapshot.secrets.push_back({key, value.clone()});
  co_return snapshot;
}

core::Task<core::Result<std::optional<WorkflowRow>>> MemoryJournal::workflow(core::WorkflowId id) {
  const auto found = disk_.workflows.find(id);
  co_return found == disk_.workflows.end() ? std::nullopt : std::optional(found->second);
}

core::Task<core::Result<std::optional<WorkflowRow>>> MemoryJournal::workflow_of_operation(
    std::string operation_id) {
  for (const auto& [id, row] : disk_.workflows) {
    if (row.operation_id == operation_id) co_return row;
  }
  co_return std::nullopt;
}

core::Task<core::Result<std::vector<WorkflowRow>>> MemoryJournal::workflows(
    std::optional<core::AssetId> asset, unsigned limit) {
  std::vector<WorkflowRow> rows;
  for (const auto& [id, row] : disk_.workflows) {
    if (!asset || row.asset == *asset) rows.push_back(row);
  }
  std::ranges::sort(rows, std::greater{}, &WorkflowRow::created_at);
  if (rows.size() > limit) rows.resize(limit);
  co_return rows;
}

core::Task<core::Result<std::vector<TimelineRow>>> MemoryJournal::timeline(core::AssetId asset,
                                                                           unsigned limit) {
  std::vector<TimelineRow> rows;
  for (auto row = disk_.timeline.rbegin(); row != disk_.timeline.rend() && rows.size() < limit; ++row) {
    if (row->asset == asset) rows.push_back(*row);
  }
  co_return rows;
}

core::Task<core::Result<std::vector<IntentRow>>> MemoryJournal::intents(core::WorkflowId workflow) {
  std::vector<IntentRow> rows;
  for (const auto& [id, row] : disk_.intents) {
    if (row.workflow == workflow) rows.push_back(row);
  }
  co_return rows;
}

core::Task<core::Result<std::vector<WipeRecordRow>>> MemoryJournal::wipe_records(
    std::optional<core::AssetId> asset, unsigned limit) {
  std::vector<WipeRecordRow> rows;
  for (auto row = disk_.wipe_records.rbegin(); row != disk_.wipe_records.rend() && rows.size() < limit;
       ++row) {
    if (!asset || row->asset == *asset) rows.push_back(*row);
  }
  co_return rows;
}

core::Task<core::Result<std::vector<StoredEvent>>> MemoryJournal::events(core::EventSeq after,
                                                                         unsigned limit) {
  std::vector<StoredEvent> rows;
  for (const auto& event : disk_.events) {
    if (event.seq > after && rows.size() < limit) rows.push_back(event);
  }
  co_return rows;
}

}  // namespace colony::workflows
