// The part of Engine that gives workflows up: those that an operator cancels, and those that nobody may enter
// any more.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "workflows/engine/engine.hpp"
#include "workflows/engine/events.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

core::Task<core::Result<>> Engine::cancel(core::WorkflowId id) {
  WorkflowPtr row = parts_.ledger.working().workflow(id);
  if (!row)
    co_return core::fail(core::ErrorKind::not_found, "workflow.not_found",
                         "no unfinished workflow has this id");
  if (is_finished(*row)) {
    co_return core::fail(core::ErrorKind::conflict, "workflow.finished", "the workflow has ended already");
  }
  if (row->status == WorkflowStatus::pending || held_.contains(id)) co_return co_await drop(*row);
  const Recipe* const known = recipe(*row);
  const Step* const step = known == nullptr ? nullptr : known->find(row->step);
  if (step != nullptr && step->destructive == Destructive::yes) {
    co_return core::fail(core::ErrorKind::refused, "workflow.not_cancellable",
                         fmt::format("step {} may be writing to disks; it is not cut off", step->name));
  }
  if (!row->error_code.empty()) co_return core::Result<>{};  // it is ending already
  lane(row->asset).cancelled = true;
  parts_.timelines.signal(row->asset).notify();
  const core::BootTime patience = parts_.timers.now() + 1min;
  for (;;) {
    row = parts_.ledger.durable().workflow(id);
    if (!row || is_finished(*row) || !row->error_code.empty()) co_return core::Result<>{};
    if (!co_await parts_.ledger.changed().wait_until(patience)) {
      co_return core::fail(core::ErrorKind::timed_out, "workflow.cancel_pending",
                           "the workflow has not reached a safe point yet; it ends when it does");
    }
  }
}

void Engine::give_up(Batch& batch, WorkflowRow row, const core::Error& why) const {
  row.updated_at = parts_.timers.utc_now();
  const Recipe* const known = recipe(row);
  if (row.status == WorkflowStatus::running && !(known != nullptr && known->bystander)) {
    // Nobody here knows how far it came: a person has to look at the machine.
    if (const AssetPtr asset = parts_.ledger.working().asset(row.asset)) {
      AssetRow edited = asset->clone();
      edited.condition = AssetCondition::indeterminate;
      edited.condition_reason = fmt::format("its {} was given up: {}", row.type, why.message);
      edited.updated_at = row.updated_at;
      batch.events.push_back(asset_event(edited));
      batch.writes.emplace_back(std::move(edited));
    }
  }
  row.status = WorkflowStatus::failed;
  row.error_code = why.code;
  row.error_message = why.message;
  batch.events.push_back(workflow_event(row, recipe(row)));
  batch.writes.emplace_back(SecretRow{"workflow:" + row.id.to_string(), core::Secret{}});
  batch.writes.emplace_back(std::move(row));
}

core::Task<core::Result<>> Engine::drop(WorkflowRow row) {
  const bool was_held = held_.erase(row.id) > 0;
  const core::AssetId asset = row.asset;
  const core::WorkflowId id = row.id;
  Batch batch;
  give_up(
      batch, std::move(row),
      {core::ErrorKind::cancelled, "workflow.cancelled",
       was_held ? "given up by an operator while it was held" : "cancelled by an operator before it began"});
  auto committed = co_await parts_.ledger.commit(std::move(batch));
  if (!was_held || !committed) co_return committed;
  // The lane stood still behind it.
  std::erase(lane(asset).queue, id);
  lane(asset).driving = !lane(asset).queue.empty();
  if (lane(asset).driving) tasks_.spawn("asset " + asset.to_string(), drive(asset));
  co_return committed;
}

}  // namespace colony::workflows
