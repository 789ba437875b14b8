#include "workflows/engine/engine.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "workflows/engine/events.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

constexpr const char* epoch_key = "engine.epoch";  // the store's epoch in which workflows were last entered

/// How long the step still has: BootTime within a run; across a restart only the journaled UTC start is
/// known, and a wall clock that jumped may neither take the time to look nor give more than the step's own.
core::Duration time_left(const WorkflowRow& row, const Step& step, core::UtcTime now, bool again) {
  if (!again) return step.allowed;
  const core::Duration spent = std::max<core::Duration>(now - row.step_started_at, 0ns);
  const core::Duration left = spent >= step.allowed ? core::Duration{0} : step.allowed - spent;
  return std::max(left, std::min(step.allowed, Engine::least_time));
}

}  // namespace

Engine::Engine(EngineParts parts, std::vector<Recipe> recipes)
    : parts_(parts), recipes_(std::move(recipes)), tasks_(parts.timers) {}

core::Task<core::Result<>> Engine::resume() {
  if (auto entered = co_await enter_epoch(); !entered) co_return entered;
  std::vector<WorkflowPtr> unfinished;
  for (const auto& [id, row] : parts_.ledger.working().workflows()) {
    if (!is_finished(*row)) unfinished.push_back(row);
  }
  // The running one of each asset first, then the waiting ones in the order in which they were asked for.
  std::ranges::sort(unfinished, {}, [](const WorkflowPtr& row) {
    return std::tuple(row->status != WorkflowStatus::running, row->created_at, row->id);
  });
  for (const auto& row : unfinished) enqueue(row->asset, row->id);
  co_return core::Result<>{};
}

core::Task<core::Result<>> Engine::enter_epoch() {
  const std::string epoch = std::to_string(parts_.ledger.epoch().value);
  const std::string entered = parts_.ledger.durable().setting(epoch_key);
  if (entered == epoch) co_return core::Result<>{};
  Batch batch;
  batch.writes.emplace_back(SettingRow{epoch_key, epoch});
  if (!entered.empty()) {
    const core::Error why{core::ErrorKind::conflict, "store.restored",
                          "the database was restored from a backup, and what happened since is not known"};
    unsigned given_up = 0;
    for (const auto& [id, row] : parts_.ledger.working().workflows()) {
      if (is_finished(*row)) continue;
      give_up(batch, *row, why);
      lane(row->asset).cancelled = false;  // meant this one, not the next
      ++given_up;
    }
    parts_.log.warn("store.restored", "The database was restored or moved; what it had in hand is given up.",
                    {{"epoch", epoch}, {"workflows", given_up}});
  }
  co_return co_await parts_.ledger.commit(std::move(batch));
}

core::Task<> Engine::stop() {
  tasks_.cancel();
  co_await tasks_.join();
}

core::Task<core::Result<WorkflowPtr>> Engine::submit(NewWorkflow order) {
  const Recipe* const recipe = newest_recipe(order.type);
  if (recipe == nullptr) {
    co_return core::fail(core::ErrorKind::unsupported, "workflow.unknown_type",
                         fmt::format("this appliance has no workflow of type {}", order.type));
  }
  Lane& queue = lane(order.asset);
  if (queue.queue.size() >= max_queued_per_asset) {
    co_return core::fail(core::ErrorKind::exhausted, "asset.queue_full",
                         fmt::format("{} orders wait for this asset already", queue.queue.size()));
  }
  WorkflowRow row;
  row.id = core::WorkflowId(parts_.random.uuid());
  row.type = order.type;
  row.recipe_version = recipe->version;
  row.asset = order.asset;
  row.context_json = to_text(StepData{recipe->context_version, core::Json::object()});
  row.order_json = std::move(order.order_json);
  row.operation_id = order.operation_id;
  row.created_at = parts_.timers.utc_now();
  // Orders of one asset keep their order across a restart: no two have the same time.
  for (const auto& [id, other] : parts_.ledger.working().workflows()) {
    if (other->asset == row.asset) row.created_at = std::max(row.created_at, other->created_at + 1ms);
  }
  row.updated_at = row.created_at;
  Batch batch = std::move(order.together);
  batch.events.push_back(workflow_event(row, recipe));
  const core::WorkflowId id = row.id;
  const core::AssetId asset = row.asset;
  const bool is_repeated = !row.operation_id.empty();
  batch.writes.emplace_back(row);
  if (!order.secret.empty()) {
    batch.writes.emplace_back(SecretRow{"workflow:" + id.to_string(), std::move(order.secret)});
  }
  // The place in the queue is taken now, so that orders that come while this one is written stay behind it.
  queue.queue.push_back(id);
  // Who orders by hand and is told that the store is full does not expect it to be done later. An order that
  // its sender repeats until it is answered waits instead: its operation id is used only once.
  core::Result<> committed;
  if (is_repeated) {
    committed = co_await parts_.ledger.commit(std::move(batch));
  } else {
    committed = co_await parts_.ledger.commit_or_take_back(std::move(batch), [this, &row] {
      return turned_away(std::move(row), {core::ErrorKind::exhausted, "store.full",
                                          "refused to who ordered it: the store was full"});
    });
  }
  if (!committed) {
    std::erase(lane(asset).queue, id);
    co_return std::unexpected(committed.error());
  }
  if (Lane& place = lane(asset); !place.driving) {
    place.driving = true;
    tasks_.spawn("asset " + asset.to_string(), drive(asset));
  }
  co_return parts_.ledger.working().workflow(id);
}

void Engine::enqueue(const core::AssetId& asset, const core::WorkflowId& id) {
  Lane& place = lane(asset);
  place.queue.push_back(id);
  if (!place.driving) {
    place.driving = true;
    tasks_.spawn("asset " + asset.to_string(), drive(asset));
  }
}

core::Task<> Engine::drive(core::AssetId asset) {
  while (!lane(asset).queue.empty()) {
    const core::WorkflowId id = lane(asset).queue.front();
    if (!parts_.ledger.durable().workflow(id)) {
      // A staged order becomes visible to us only when it is durable; submit() starts us again then. One that
      // was cancelled long ago and is forgotten must not stand in the way of those behind it.
      if (parts_.ledger.working().workflow(id)) break;
      lane(asset).queue.pop_front();
      continue;
    }
    // An order to cancel it may have come before us: since open() it can be given, and we begin with
    // resume().
    lane(asset).current = id;
    const bool finished = co_await run(id);
    lane(asset).current.reset();
    lane(asset).cancelled = false;
    if (!finished) co_return;  // held: the lane stays taken, nothing behind it may start
    lane(asset).queue.pop_front();
  }
  lane(asset).driving = false;
}

core::Task<bool> Engine::run(core::WorkflowId id) {
  for (bool again = true;; again = false) {
    const WorkflowPtr row = parts_.ledger.working().workflow(id);
    if (!row || is_finished(*row)) co_return true;
    const Recipe* const known = recipe(*row);
    if (known == nullptr) {
      hold(*row, {core::ErrorKind::unsupported, "workflow.unknown_recipe",
                  fmt::format("recipe {} version {} is not known to this program", row->type,
                              row->recipe_version)});
      co_return false;
    }
    core::Result<> moved;
    if (row->status == WorkflowStatus::pending) {
      moved = co_await begin(*row, *known);
    } else {
      moved = co_await enter(row, *known, again);
    }
    if (!moved) {
      if (!parts_.ledger.failure()) hold(*row, moved.error());
      co_return false;
    }
  }
}

core::Task<core::Result<>> Engine::begin(WorkflowRow row, const Recipe& recipe) {
  const AssetPtr asset = parts_.ledger.working().asset(row.asset);
  if (recipe.may_begin != nullptr && asset) {
    if (auto may = recipe.may_begin(*asset); !may) co_return co_await turn_away(std::move(row), may.error());
  }
  row.status = WorkflowStatus::running;
  row.step = recipe.steps.front().name;
  row.updated_at = row.step_started_at = parts_.timers.utc_now();
  Batch batch;
  if (recipe.begin != nullptr && asset) {
    AssetRow edited = asset->clone();
    recipe.begin(row, edited);
    edited.updated_at = row.updated_at;
    batch.events.push_back(asset_event(edited));
    batch.writes.emplace_back(std::move(edited));
  }
  batch.events.push_back(workflow_event(row, &recipe));
  parts_.log.info("workflow.started", "A workflow begins.",
                  {{"workflow", row.id}, {"type", row.type}, {"asset", row.asset}});
  batch.writes.emplace_back(std::move(row));
  co_return co_await parts_.ledger.commit(std::move(batch));
}

core::Task<core::Result<>> Engine::turn_away(WorkflowRow row, core::Error reason) {
  return parts_.ledger.commit(turned_away(std::move(row), std::move(reason)));
}

Batch Engine::turned_away(WorkflowRow row, core::Error reason) {
  row.status = WorkflowStatus::failed;
  row.error_code = reason.code;
  row.error_message = std::move(reason.message);
  row.updated_at = parts_.timers.utc_now();
  parts_.log.info("workflow.turned_away", "An order is not begun.",
                  {{"workflow", row.id}, {"type", row.type}, {"asset", row.asset}, {"code", row.error_code}});
  Batch batch;
  batch.events.push_back(workflow_event(row, recipe(row)));
  batch.writes.emplace_back(SecretRow{"workflow:" + row.id.to_string(), core::Secret{}});
  batch.writes.emplace_back(parts_.timelines.row(
      row.asset, "workflows",
      core::Note{"workflow.turned_away", fmt::format("{} did not begin: {}", row.type, row.error_message)}));
  batch.writes.emplace_back(std::move(row));
  return batch;
}

core::Task<core::Result<>> Engine::enter(WorkflowPtr row, const Recipe& recipe, bool again) {
  const Step* const step = recipe.find(row->step);
  if (step == nullptr) {
    co_return core::fail(
        core::ErrorKind::unsupported, "workflow.unknown_step",
        fmt::format("step {} of recipe {} is not known to this program", row->step, row->type));
  }
  auto context = step_data_from_text(row->context_json);
  if (!context) co_return std::unexpected(context.error());
  if (context->version != recipe.context_version) {
    co_return core::fail(core::ErrorKind::unsupported, "workflow.unknown_context",
                         fmt::format("context version {} of recipe {} is not known to this program",
                                     context->version, row->type));
  }
  Lane& place = lane(row->asset);
  if (again || row->tries == 0) {
    place.deadline = parts_.timers.now() + time_left(*row, *step, parts_.timers.utc_now(), again);
  }
  StepContext in_hand(parts_, {*step, row, std::make_unique<core::Json>(std::move(context->data)),
                               context->version, place.deadline, place.cancelled});
  StepOutcome outcome = Next{};
  if (!(place.cancelled && row->error_code.empty())) outcome = co_await step->run(in_hand);
  co_return co_await leave(in_hand, recipe, std::move(outcome));
}

core::Task<core::Result<>> Engine::leave(StepContext& context, const Recipe& recipe, StepOutcome outcome) {
  Lane& place = lane(context.asset_id());
  const Step& step = context.step();
  if (const auto& failure = parts_.ledger.failure()) co_return std::unexpected(*failure);
  const bool cleaning_up = !context.workflow()->error_code.empty();
  if (place.cancelled && !cleaning_up) {
    outcome = Failed{{core::ErrorKind::cancelled, "workflow.cancelled", "cancelled by an operator"}};
  }
  place.cancelled = false;

  if (const auto* later = std::get_if<Again>(&outcome)) {
    const bool out_of_time = parts_.timers.now() + later->after >= context.deadline();
    if (!out_of_time && context.workflow()->tries + 1 < step.tries) {
      WorkflowRow row = *context.workflow();
      ++row.tries;
      context.note("step.again", later->because.message);
      parts_.log.info("workflow.again", "A step is tried again.",
                      {{"workflow", row.id},
                       {"step", row.step},
                       {"code", later->because.code},
                       {"reason", later->because.message}});
      Event event = workflow_event(row, &recipe);
      Batch batch = context.take_batch(std::move(row), nullptr);
      batch.events.push_back(std::move(event));
      auto committed = co_await parts_.ledger.commit(std::move(batch));
      if (!committed) co_return std::unexpected(committed.error());
      co_await context.pause(later->after);
      co_return core::Result<>{};
    }
    outcome = Failed{later->because};
  }
  if (const auto* failed = std::get_if<Failed>(&outcome)) {
    const core::Error failure = failed->error;
    const Step* const cleanup = recipe.find(recipe.after_failure);
    if (cleanup != nullptr && !cleaning_up) co_return co_await move_to(context, recipe, *cleanup, &failure);
    co_return co_await finish(context, recipe, &failure);
  }
  const Step* next = nullptr;
  if (const auto* jump = std::get_if<GoTo>(&outcome)) {
    next = recipe.find(jump->step);
  } else if (recipe.number(step) < recipe.steps.size()) {
    next = &step + 1;
  }
  // Steps that exist only for failures stand at the end of the list, behind the last ordinary one.
  if (next != nullptr && !cleaning_up && next->name == recipe.after_failure) next = nullptr;
  if (next != nullptr) co_return co_await move_to(context, recipe, *next, nullptr);
  co_return co_await finish(context, recipe, nullptr);
}

core::Task<core::Result<>> Engine::move_to(StepContext& context, const Recipe& recipe, const Step& step,
                                           const core::Error* failure) {
  WorkflowRow row = *context.workflow();
  row.step = step.name;
  row.tries = 0;
  row.step_started_at = parts_.timers.utc_now();
  row.updated_at = row.step_started_at;
  if (failure != nullptr) {
    row.error_code = failure->code;
    row.error_message = failure->message;
    parts_.log.warn("workflow.failing", "A workflow fails and cleans up.",
                    {{"workflow", row.id}, {"code", failure->code}, {"reason", failure->message}});
  }
  Event event = workflow_event(row, &recipe);
  parts_.log.debug("workflow.step", "A workflow goes on.", {{"workflow", row.id}, {"step", row.step}});
  Batch batch = context.take_batch(std::move(row), nullptr);
  batch.events.push_back(std::move(event));
  co_return co_await parts_.ledger.commit(std::move(batch));
}

core::Task<core::Result<>> Engine::finish(StepContext& context, const Recipe& recipe,
                                          const core::Error* failure) {
  WorkflowRow row = *context.workflow();
  if (failure != nullptr && row.error_code.empty()) {
    row.error_code = failure->code;
    row.error_message = failure->message;
  } else if (failure != nullptr) {
    row.error_message += "; and cleaning up failed: " + failure->message;
  }
  const Ending ending = row.error_code.empty() ? Ending::completed : Ending::failed;
  row.status = ending == Ending::completed ? WorkflowStatus::completed : WorkflowStatus::failed;
  row.updated_at = parts_.timers.utc_now();
  Event event = workflow_event(row, &recipe);
  parts_.log.info("workflow.finished", "A workflow has ended.",
                  {{"workflow", row.id},
                   {"type", row.type},
                   {"asset", row.asset},
                   {"status", name(row.status)},
                   {"code", row.error_code},
                   {"reason", row.error_message}});
  const auto settle = [&recipe, ending, &context, row](AssetRow& asset) {
    if (recipe.settle != nullptr) recipe.settle(row, context.data(), ending, asset);
  };
  parts_.timelines.forget_progress(row.asset);
  // Nothing of a finished workflow may be acted upon: what is still open has no result that we know of.
  for (const auto& intent : parts_.ledger.working().intents_of(row.id)) {
    context.resolve_later(intent->id, ending == Ending::completed ? IntentState::done : IntentState::failed,
                          core::Json{{"closed", "the workflow ended"}});
  }
  context.note("workflow.finished", fmt::format("{} {}", row.type, name(row.status)));
  context.add(SecretRow{"workflow:" + row.id.to_string(), core::Secret{}});
  Batch batch = context.take_batch(std::move(row), settle);
  batch.events.push_back(std::move(event));
  co_return co_await parts_.ledger.commit(std::move(batch));
}

const Recipe* Engine::recipe(const WorkflowRow& row) const {
  for (const auto& known : recipes_) {
    if (known.type == row.type && known.version == row.recipe_version) return &known;
  }
  return nullptr;
}

const Recipe* Engine::newest_recipe(std::string_view type) const {
  const Recipe* newest = nullptr;
  for (const auto& known : recipes_) {
    if (known.type == type && (newest == nullptr || known.version > newest->version)) newest = &known;
  }
  return newest;
}

const core::Error* Engine::held(const core::WorkflowId& id) const {
  const auto found = held_.find(id);
  return found == held_.end() ? nullptr : &found->second;
}

unsigned Engine::waiting(const core::AssetId& asset) const {
  const auto found = lanes_.find(asset);
  return found == lanes_.end() ? 0 : static_cast<unsigned>(found->second.queue.size());
}

unsigned Engine::queued(const core::AssetId& asset) const {
  const auto found = lanes_.find(asset);
  if (found == lanes_.end()) return 0;
  const Lane& place = found->second;
  return static_cast<unsigned>(place.queue.size() - (place.current && !place.queue.empty() ? 1 : 0));
}

std::optional<core::BootTime> Engine::deadline(const core::WorkflowId& id) const {
  for (const auto& [asset, place] : lanes_) {
    if (place.current == id) return place.deadline;
  }
  return std::nullopt;
}

void Engine::hold(const WorkflowRow& row, core::Error reason) {
  parts_.log.error("workflow.held", "A workflow is not run: this program cannot read it safely.",
                   {{"workflow", row.id}, {"code", reason.code}, {"reason", reason.message}});
  held_.insert_or_assign(row.id, std::move(reason));
}

}  // namespace colony::workflows
