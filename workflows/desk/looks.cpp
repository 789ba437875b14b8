// The part of OrderDesk that only looks.

#include <algorithm>
#include <chrono>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "workflows/assets/bmc_papers.hpp"
#include "workflows/boot/boot_ladder.hpp"
#include "workflows/boot/self_test_memory.hpp"
#include "workflows/desk/order_desk.hpp"
#include "workflows/desk/wipe_budget.hpp"

namespace colony::workflows {

namespace {

constexpr unsigned max_limit = 1000;

/// What a provision order was resolved to.
void show_parts(WorkflowView& view, std::string_view order_json) {
  const auto order = core::parse_json(order_json);
  if (!order) return;
  if (const core::Json* const chosen = core::json_member(*order, "install_disk")) {
    if (auto disk = drivers::scout::decode_disk(*chosen)) view.install_disk = std::move(*disk);
  }
  const core::Json* const nics = core::json_member(*order, "install_nics");
  if (nics == nullptr || !nics->is_array()) return;
  for (const auto& chosen : *nics) {
    if (auto nic = drivers::scout::decode_nic(chosen)) view.install_nics.push_back(std::move(*nic));
  }
}

}  // namespace

unsigned OrderDesk::wipes_left() const {
  const unsigned spent =
      wipes_within_hour(parts_.ledger.working().setting(wipe_budget_setting), parts_.timers.utc_now());
  return spent >= parts_.site.wipe_budget_per_hour ? 0 : parts_.site.wipe_budget_per_hour - spent;
}

SettingRow OrderDesk::spend_wipe() const {
  return {wipe_budget_setting,
          with_one_more_wipe(parts_.ledger.working().setting(wipe_budget_setting), parts_.timers.utc_now())};
}

AssetView OrderDesk::view(const AssetRow& row) const {
  AssetView view;
  view.id = row.id;
  view.name = row.name;
  view.status = row.status;
  view.condition = row.condition;
  view.condition_reason = row.condition_reason;
  view.accepted = row.accepted;
  view.wiped_by_us = row.wiped_by_us;
  view.power = parts_.timelines.last_power(row.id);
  if (row.bmc) {
    view.bmc.emplace(AssetView::Bmc{
        row.bmc->address, row.bmc->port, row.bmc->driver, row.bmc->username, {}, {}, {}, {}, {}, {}, {}});
    read_papers(*row.bmc, row.id, *view.bmc);
    if (const auto told = bmc_identity_from_text(row.bmc_identity_json)) {
      view.bmc->firmware = told->firmware_revision;
      view.bmc->product = told->product_name;
      if (const std::string model = model_of(*told); !model.empty()) {
        view.bmc->boot_rung = parts_.ledger.durable().setting(rung_setting(model));
      }
    }
  }
  if (const KnownAsset* const known = parts_.registry.known(row.id)) {
    view.aliases = known->identity.aliases;
    view.macs = known->identity.macs;
    view.serial = best_serial(known->identity);
    if (known->inventory) view.inventory = *known->inventory;
  }
  for (const auto kind : {FirmwareKind::bios, FirmwareKind::efi}) {
    if (const auto way = parts_.handovers.proved(row.id, kind))
      view.local_disk_by.emplace_back(name(kind), name(*way));
  }
  if (const WorkflowPtr work = parts_.ledger.durable().running(row.id)) view.workflow = work->id;
  view.queued = parts_.engine.queued(row.id);
  view.created_at = row.created_at;
  view.updated_at = row.updated_at;
  return view;
}

void OrderDesk::read_papers(const BmcRecord& record, const core::AssetId& asset, AssetView::Bmc& out) const {
  const State& kept = parts_.ledger.durable();
  if (auto standing = parts_.bmcs.standing(record)) {
    out.passport = std::move(standing->passport);
    out.quiet = std::move(standing->quiet);
  } else {
    out.passport = drivers::passport_from_text(kept.setting(passport_setting(record.address, record.port)));
  }
  if (const auto audit = kept.setting(audit_setting(asset)); !audit.empty()) {
    out.audit = drivers::audit_from_text(audit);
  }
  out.self_test = known_self_test(kept, asset);
}

std::vector<std::string> OrderDesk::bmc_findings() const {
  // What many BMCs have in common is said once, with some of their names.
  struct Group {
    std::string text, cure;
    std::vector<std::string> names;
  };
  std::map<std::string, Group> groups;
  const auto add = [&groups](const std::string& key, std::string text, std::string cure,
                             const std::string& name) {
    Group& group = groups[key];
    group.text = std::move(text);
    group.cure = std::move(cure);
    group.names.push_back(name);
  };
  const State& kept = parts_.ledger.durable();
  for (const auto& [id, row] : kept.assets()) {
    const auto& bmc = row->bmc;
    if (!bmc) continue;
    if (const auto standing = parts_.bmcs.standing(*bmc); standing && standing->quiet) {
      add("quiet", "does not answer and is left alone for a while (the living never wait for it)",
          "colony why NAME says until when; check power, cable and address of the BMC", row->name);
    }
    // Most have nothing; what is not true is not read.
    const auto text = kept.setting(audit_setting(id));
    if (text.find("true") == std::string::npos) continue;
    for (auto& found : drivers::findings_of(drivers::audit_from_text(text))) {
      add(std::string(found.code) + found.text, std::move(found.text), std::string(found.cure), row->name);
    }
  }
  constexpr std::size_t most_named = 5;
  std::vector<std::string> texts;
  for (auto& [key, group] : groups) {
    const std::size_t count = group.names.size();
    std::ranges::sort(group.names);
    group.names.resize(std::min(count, most_named));
    texts.push_back(fmt::format("the BMC of {}{} {}. Cure: {}", fmt::join(group.names, ", "),
                                count > most_named ? fmt::format(" and {} more", count - most_named) : "",
                                group.text, group.cure));
  }
  return texts;
}

WorkflowView OrderDesk::view(const WorkflowRow& row) const {
  WorkflowView view;
  view.id = row.id;
  view.type = row.type;
  view.asset = row.asset;
  if (const AssetPtr asset = parts_.ledger.durable().asset(row.asset)) view.asset_name = asset->name;
  view.status = row.status;
  view.step = row.step;
  view.tries = row.tries;
  view.error_code = row.error_code;
  view.error_message = row.error_message;
  view.operation_id = row.operation_id;
  view.created_at = row.created_at;
  view.updated_at = row.updated_at;
  view.step_started_at = row.step_started_at;
  const Recipe* const recipe = parts_.engine.recipe(row);
  const Step* const step = recipe == nullptr ? nullptr : recipe->find(row.step);
  if (recipe != nullptr) view.step_count = static_cast<unsigned>(recipe->ordinary_steps());
  if (step != nullptr) {
    view.step_number = std::min(static_cast<unsigned>(recipe->number(*step)), view.step_count);
    if (!is_finished(row)) view.waits_for = step->waits_for;
  }
  if (row.status == WorkflowStatus::completed) {
    view.percent = 100;
  } else if (view.step_count > 0 && view.step_number > 0) {
    view.percent = (view.step_number - 1) * 100 / view.step_count;
  }
  if (row.status == WorkflowStatus::running) {
    if (const auto end = parts_.engine.deadline(row.id)) {
      view.step_ends_by = parts_.timers.utc_now() +
                          std::chrono::duration_cast<std::chrono::milliseconds>(*end - parts_.timers.now());
    }
    for (const auto& [disk, progress] : parts_.timelines.progress(row.asset)) {
      view.progress.push_back({disk, progress.phase, progress.percent});
    }
  }
  if (row.type == "cluster-provision") show_parts(view, row.order_json);
  if (const core::Error* const why = parts_.engine.held(row.id)) {
    view.held = true;
    view.error_code = why->code;
    view.error_message = why->message;
  }
  return view;
}

std::vector<AssetView> OrderDesk::assets() const {
  std::vector<AssetView> views;
  for (const auto& [id, row] : parts_.ledger.durable().assets()) {
    const KnownAsset* const known = parts_.registry.known(id);
    if (known != nullptr && known->identity.merged_into) continue;
    views.push_back(view(*row));
  }
  std::ranges::sort(views, {}, &AssetView::name);
  return views;
}

core::Result<AssetView> OrderDesk::asset(const AssetRef& asset) const {
  const auto id = parts_.registry.find(asset);
  if (!id) return std::unexpected(id.error());
  const AssetPtr row = parts_.ledger.durable().asset(*id);
  if (!row)
    return core::fail(core::ErrorKind::not_found, "asset.not_found", "this asset is just being written");
  return view(*row);
}

std::vector<WorkflowView> OrderDesk::recent_workflows() const {
  std::vector<const WorkflowRow*> rows;
  for (const auto& [id, row] : parts_.ledger.durable().workflows()) rows.push_back(row.get());
  std::ranges::sort(rows, [](const WorkflowRow* a, const WorkflowRow* b) {
    return std::pair(is_finished(*a), b->created_at) < std::pair(is_finished(*b), a->created_at);
  });
  std::vector<WorkflowView> views;
  views.reserve(rows.size());
  for (const auto* row : rows) views.push_back(view(*row));
  return views;
}

core::Task<core::Result<std::vector<WorkflowView>>> OrderDesk::workflows(std::optional<core::AssetId> asset,
                                                                         unsigned limit) {
  limit = std::min(limit, max_limit);
  auto views = recent_workflows();
  std::erase_if(views, [&asset](const WorkflowView& view) { return asset && view.asset != *asset; });
  if (views.size() < limit) {
    const auto stored = co_await parts_.ledger.journal().workflows(asset, limit);
    if (!stored) co_return std::unexpected(stored.error());
    for (const auto& row : *stored) {
      if (std::ranges::find(views, row.id, &WorkflowView::id) == views.end()) views.push_back(view(row));
    }
  }
  if (views.size() > limit) views.resize(limit);
  co_return views;
}

core::Task<core::Result<WorkflowView>> OrderDesk::workflow(core::WorkflowId id) {
  if (const WorkflowPtr row = parts_.ledger.durable().workflow(id)) co_return view(*row);
  const auto stored = co_await parts_.ledger.journal().workflow(id);
  if (!stored) co_return std::unexpected(stored.error());
  const std::optional<WorkflowRow>& row = *stored;
  if (!row) co_return core::fail(core::ErrorKind::not_found, "workflow.not_found", "no workflow has this id");
  co_return view(*row);
}

core::Task<core::Result<std::vector<WipeRecordRow>>> OrderDesk::wipe_records(
    std::optional<core::AssetId> asset, unsigned limit) {
  co_return co_await parts_.ledger.journal().wipe_records(asset, std::min(limit, max_limit));
}

core::Task<core::Result<std::vector<StoredEvent>>> OrderDesk::events(core::EventSeq after, unsigned limit) {
  if (after >= parts_.ledger.journal().last_event()) co_return std::vector<StoredEvent>{};
  co_return co_await parts_.ledger.journal().events(after, std::min(limit, max_limit));
}

core::Task<bool> OrderDesk::wait_for_event(core::EventSeq after, core::BootTime deadline) {
  Journal& journal = parts_.ledger.journal();
  while (journal.last_event() <= after) {
    if (parts_.ledger.failure() || parts_.timers.now() >= deadline) co_return false;
    (void)co_await journal.changed().wait_until(deadline);
  }
  co_return true;
}

StatusView OrderDesk::status() const {
  StatusView status;
  status.ready = ready_ && !parts_.ledger.failure();
  status.epoch = parts_.ledger.epoch();
  status.discovery_window_until = parts_.window.until();
  for (const auto& [id, row] : parts_.ledger.durable().assets()) {
    const KnownAsset* const known = parts_.registry.known(id);
    if (known != nullptr && known->identity.merged_into) continue;
    switch (row->status) {
      case AssetStatus::discovering: ++status.assets.discovering; break;
      case AssetStatus::available: ++status.assets.available; break;
      case AssetStatus::provisioning: ++status.assets.provisioning; break;
      case AssetStatus::provisioned: ++status.assets.provisioned; break;
      case AssetStatus::deprovisioning: ++status.assets.deprovisioning; break;
    }
    switch (row->condition) {
      case AssetCondition::normal: break;
      case AssetCondition::quarantined: ++status.assets.quarantined; break;
      case AssetCondition::indeterminate: ++status.assets.indeterminate; break;
      case AssetCondition::unreachable: ++status.assets.unreachable; break;
    }
  }
  for (const auto& [id, row] : parts_.ledger.durable().workflows()) {
    if (is_finished(*row)) continue;
    if (parts_.engine.held(id) != nullptr) {
      ++status.workflows.held;
    } else if (row->status == WorkflowStatus::pending) {
      ++status.workflows.pending;
    } else {
      ++status.workflows.running;
    }
  }
  status.wipes_left_this_hour = wipes_left();
  status.findings = parts_.registry.findings();
  std::ranges::move(bmc_findings(), std::back_inserter(status.findings));
  status.last_event = parts_.ledger.journal().last_event();
  status.store_failure = parts_.ledger.failure();
  status.store_full = parts_.ledger.full();
  return status;
}

}  // namespace colony::workflows
