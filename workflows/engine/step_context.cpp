#include "workflows/engine/step_context.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "workflows/engine/events.hpp"

namespace colony::workflows {

StepContext::StepContext(EngineParts& parts, Entry entry)
    : parts_(parts),
      step_(entry.step),
      workflow_(entry.row->id),
      asset_(entry.row->asset),
      data_(std::move(entry.data)),
      context_version_(entry.context_version),
      deadline_(entry.deadline),
      cancelled_(entry.cancelled) {
  auto order = core::parse_json(entry.row->order_json);
  order_ = std::make_unique<core::Json>(order ? std::move(*order) : core::Json::object());
}

StepContext::~StepContext() = default;

unsigned StepContext::count_up(const char* name) {
  const unsigned next = count(name) + 1;
  (*data_)[name] = next;
  return next;
}

unsigned StepContext::count(const char* name) const {
  return static_cast<unsigned>(core::json_uint(*data_, name).value_or(0));
}

void StepContext::note(std::string_view code, std::string text) {
  add(parts_.timelines.row(asset_, "workflows", core::Note{std::string(code), std::move(text)}));
}

core::IntentId StepContext::draw_intent_id() {
  return core::IntentId(parts_.random.uuid());
}

core::Task<core::Result<IntentPtr>> StepContext::intend(std::string_view act, const core::Json& detail) {
  co_return co_await intend(draw_intent_id(), act, detail, core::Sha256Digest{});
}

core::Task<core::Result<IntentPtr>> StepContext::intend(core::IntentId id, std::string_view act,
                                                        const core::Json& detail,
                                                        core::Sha256Digest token_hash) {
  const auto known = parts_.ledger.working().intents_of(workflow_);
  const auto earlier =
      std::ranges::count(known, act, [](const IntentPtr& row) { return std::string_view(row->act); });
  IntentRow row;
  row.id = id;
  row.workflow = workflow_;
  row.asset = asset_;
  row.act = act;
  row.attempt.value = static_cast<std::uint64_t>(earlier) + 1;
  row.epoch = parts_.ledger.epoch();
  row.token_hash = token_hash;
  row.detail_json = core::dump_json(detail);
  // Intents of a workflow keep their order whatever the wall clock does.
  row.intended_at = parts_.timers.utc_now();
  for (const auto& other : known) {
    row.intended_at = std::max(row.intended_at, other->intended_at + std::chrono::milliseconds(1));
  }

  Batch batch = take_batch(*workflow(), nullptr);
  batch.writes.emplace_back(parts_.timelines.row(asset_, "workflows", intent_note(row)));
  batch.writes.emplace_back(std::move(row));
  auto committed = co_await parts_.ledger.commit(std::move(batch));
  if (!committed) co_return std::unexpected(committed.error());
  co_return parts_.ledger.working().intent(id);
}

core::Task<core::Result<>> StepContext::resolve(const core::IntentId& intent, IntentState state,
                                                const core::Json& result) {
  resolve_later(intent, state, result);
  co_return co_await keep();
}

core::Task<core::Result<>> StepContext::keep() {
  Batch batch = take_batch(*workflow(), nullptr);
  co_return co_await parts_.ledger.commit(std::move(batch));
}

void StepContext::resolve_later(const core::IntentId& intent, IntentState state, const core::Json& result) {
  const IntentPtr known = parts_.ledger.working().intent(intent);
  if (!known || known->state != IntentState::intended) return;  // its result is known already
  IntentRow row = *known;
  row.state = state;
  // What others wrote into it (who redeemed, who fetched) stays.
  auto merged = core::parse_json(row.result_json);
  core::Json outcome = merged && merged->is_object() ? std::move(*merged) : core::Json::object();
  outcome.update(result);
  row.result_json = core::dump_json(outcome);
  row.resolved_at = parts_.timers.utc_now();
  add(std::move(row));
}

IntentPtr StepContext::newest(std::string_view act) const {
  return parts_.ledger.working().newest_intent(workflow_, act);
}

StepContext::Facts StepContext::since(const IntentPtr& intent) const {
  Facts facts;
  const auto& seen = parts_.timelines.of(asset_);
  const std::string mark = intent ? intent_note(*intent).code : std::string{};
  for (const auto& entry : seen) {
    const auto* note = std::get_if<core::Note>(&entry.row.evidence.fact);
    if (note != nullptr && note->code == mark) {
      facts.clear();  // everything before the intent row is not about it
      continue;
    }
    facts.push_back(&entry);
  }
  return facts;
}

core::Task<bool> StepContext::wait_for(IntentPtr intent, std::function<bool(const core::Evidence&)> wanted,
                                       core::BootTime deadline) {
  for (;;) {
    for (const SeenEvidence* fact : since(intent)) {
      if (wanted(fact->row.evidence)) co_return true;
    }
    if (cancelled_ || timers().now() >= deadline) co_return false;
    co_await wait(deadline);
  }
}

core::Task<> StepContext::wait(core::BootTime deadline) {
  if (cancelled_) co_return;
  (void)co_await parts_.timelines.signal(asset_).wait_until(deadline);
}

core::Task<> StepContext::pause(core::Duration span) {
  const core::BootTime end = timers().now() + span;
  while (!cancelled_ && timers().now() < end) co_await wait(end);
}

Batch StepContext::take_batch(WorkflowRow row, const std::function<void(AssetRow&)>& last_edit) {
  Batch batch = std::move(extra_);
  extra_ = {};
  row.context_json = to_text(StepData{context_version_, *data_});
  row.updated_at = parts_.timers.utc_now();
  batch.writes.emplace_back(std::move(row));
  if (!edits_.empty() || last_edit) {
    AssetRow asset_row = asset()->clone();
    for (const auto& edit : edits_) edit(asset_row);
    if (last_edit) last_edit(asset_row);
    asset_row.updated_at = parts_.timers.utc_now();
    batch.events.push_back(asset_event(asset_row));
    batch.writes.emplace_back(std::move(asset_row));
  }
  edits_.clear();
  return batch;
}

}  // namespace colony::workflows
