#include "workflows/desk/order_desk.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "drivers/bmc_audit.hpp"
#include "drivers/scout/disk_names.hpp"
#include "workflows/assets/bmc_papers.hpp"
#include "workflows/desk/machine_config.hpp"
#include "workflows/engine/events.hpp"
#include "workflows/recipes/preconditions.hpp"
#include "workflows/wipe/wipe_plan.hpp"

namespace colony::workflows {

using namespace std::chrono_literals;

namespace {

constexpr core::Duration enrolment_patience = 30s;
constexpr core::Duration audit_patience = 20s;
constexpr core::Duration auto_discover_window = 30min;
constexpr std::size_t max_kernel_arguments = 64;
constexpr std::size_t max_text = 256;

core::Result<> check_argument(const std::string& argument) {
  // What iPXE and the kernel take literally; the script writer refuses the rest too.
  const bool plain =
      !argument.empty() && argument.size() <= max_text && std::ranges::all_of(argument, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._:/=-,+@").contains(c);
      });
  if (plain) return {};
  return core::fail(
      core::ErrorKind::invalid_input, "provision.bad_argument",
      fmt::format("kernel argument '{}' holds characters other than letters, digits and ._:/=-,+@",
                  core::printable(argument)));
}

}  // namespace

core::Result<> OrderDesk::check_ready() const {
  if (const auto& failure = parts_.ledger.failure()) return std::unexpected(*failure);
  if (!ready_)
    return core::fail(
        core::ErrorKind::exhausted, "appliance.starting",
        "the appliance is starting, or without its address (colony status says which); try again");
  if (auto full = parts_.ledger.full()) return std::unexpected(std::move(*full));
  return {};
}

core::Task<std::optional<core::Result<Submitted>>> OrderDesk::repeated(std::string operation_id) {
  if (operation_id.empty()) co_return std::nullopt;
  const auto answer = [](const WorkflowRow& row) {
    return core::Result<Submitted>(Submitted{row.id, row.asset, true, 0});
  };
  for (const auto& [id, row] : parts_.ledger.working().workflows()) {
    if (row->operation_id == operation_id) co_return answer(*row);
  }
  const auto stored = co_await parts_.ledger.journal().workflow_of_operation(operation_id);
  if (!stored) co_return core::Result<Submitted>(std::unexpected(stored.error()));
  // The same operation may have been taken while we looked.
  for (const auto& [id, row] : parts_.ledger.working().workflows()) {
    if (row->operation_id == operation_id) co_return answer(*row);
  }
  if (const auto& row = *stored) co_return answer(*row);
  co_return std::nullopt;
}

core::Task<core::Result<Submitted>> OrderDesk::submit(Submission submission) {
  const unsigned behind = parts_.engine.waiting(submission.asset);
  const auto row = co_await parts_.engine.submit(
      {submission.asset, std::move(submission.type), std::move(submission.order_json),
       submission.operation_id, std::move(submission.together), std::move(submission.secret)});
  if (!row) co_return std::unexpected(row.error());
  co_return Submitted{(*row)->id, (*row)->asset, false, behind};
}

core::Result<AssetPtr> OrderDesk::orderable(const AssetRef& ref) const {
  if (auto ready = check_ready(); !ready) return std::unexpected(ready.error());
  const auto id = parts_.registry.find(ref);
  if (!id) return std::unexpected(id.error());
  AssetPtr row = parts_.ledger.working().asset(*id);
  if (!row->bmc) {
    return core::fail(core::ErrorKind::refused, "asset.no_bmc",
                      fmt::format("{} has no BMC; enrol it with colony add-ipmi", row->name));
  }
  return row;
}

core::Task<core::Result<Enrolled>> OrderDesk::enrol_bmc(BmcEnrolment enrolment) {
  if (auto ready = check_ready(); !ready) co_return std::unexpected(ready.error());
  if (enrolment.driver.empty()) enrolment.driver = parts_.site.bmc_driver;
  if (enrolment.driver != "native" && enrolment.driver != "ipmitool") {
    co_return core::fail(
        core::ErrorKind::invalid_input, "bmc.unknown_driver",
        fmt::format("driver '{}' is not known; native and ipmitool are", core::printable(enrolment.driver)));
  }
  if (enrolment.username.size() > 16 || enrolment.password.reveal().size() > 20) {
    co_return core::fail(core::ErrorKind::invalid_input, "bmc.credentials_too_long",
                         "IPMI 2.0 takes user names of at most 16 and passwords of at most 20 bytes");
  }
  BmcRecord record{enrolment.address, enrolment.port, enrolment.driver, enrolment.username,
                   std::move(enrolment.password)};
  const auto bmc = parts_.bmcs.afresh(record);
  if (!bmc) co_return std::unexpected(bmc.error());
  const auto identity = co_await (*bmc)->identity(parts_.timers.now() + enrolment_patience);
  if (!identity) {
    co_return std::unexpected(core::with_context(identity.error(), "BMC " + record.address.to_string()));
  }
  const core::Ipv4Address address = record.address;
  const auto audited = co_await audit(**bmc, address);
  const core::UtcTime now = parts_.timers.utc_now();
  auto admission = parts_.registry.enrol(std::move(record), *identity, enrolment.name, now, parts_.random);
  if (!admission) co_return std::unexpected(admission.error());
  const AssetPtr before = parts_.ledger.working().asset(admission->asset);
  // Two who change one password at the same time would leave a BMC whose password neither has kept.
  const WorkflowPtr work = parts_.ledger.working().running(admission->asset);
  if (work && work->type == "bmc-rotate") {
    co_return core::fail(core::ErrorKind::conflict, "bmc.password_changing",
                         fmt::format("the password of this BMC is being changed (workflow {}); hand it over "
                                     "again when that has ended",
                                     work->id.to_string()));
  }
  const bool discovers = enrolment.auto_discover && (!before || before->inventory_json.empty());
  // Until its inventory is there, the machine's boot MAC is an unknown one.
  if (discovers) admission->batch.writes.emplace_back(parts_.window.opened_for(auto_discover_window));
  Enrolled enrolled;
  enrolled.asset = admission->asset;
  enrolled.updated = !admission->created;
  enrolled.identity = *identity;
  enrolled.audit = audited;
  // An audit that did not come about takes nothing of the last one back.
  if (audited) {
    admission->batch.writes.emplace_back(
        SettingRow{audit_setting(enrolled.asset), core::dump_json(drivers::to_json(*audited))});
  }
  for (const auto& write : admission->batch.writes) {
    const auto* const row = std::get_if<AssetRow>(&write);
    if (row != nullptr && row->id == enrolled.asset) enrolled.name = row->name;
  }
  parts_.log.info(
      "bmc.enrolled", "An operator handed over a BMC.",
      {{"asset", admission->asset}, {"address", enrolment.address}, {"matched", admission->matched}});
  if (auto committed = co_await parts_.ledger.commit(std::move(admission->batch)); !committed) {
    co_return std::unexpected(committed.error());
  }
  if (discovers) {
    enrolled.window_until = parts_.window.until();
    if (parts_.engine.waiting(enrolled.asset) == 0) {
      auto submitted = co_await submit({enrolled.asset, "discovery", "{}", {}, {}, {}});
      if (!submitted) co_return std::unexpected(submitted.error());
      enrolled.discovery = *submitted;
    }
  }
  co_return enrolled;
}

core::Task<std::optional<drivers::BmcAudit>> OrderDesk::audit(drivers::Bmc& bmc, core::Ipv4Address address) {
  drivers::BmcAuditor* const auditor = bmc.auditor();
  if (auditor == nullptr) co_return std::nullopt;
  auto found =
      co_await auditor->audit(drivers::AskFactoryPasswords::no, 0, parts_.timers.now() + audit_patience);
  if (!found) {
    parts_.log.info("bmc.not_audited", "A BMC was enrolled and could not be audited.",
                    {{"address", address}, {"code", found.error().code}});
    co_return std::nullopt;
  }
  for (const auto& finding : drivers::findings_of(*found)) {
    parts_.log.warn("bmc.audit", "The BMC " + finding.text,
                    {{"address", address}, {"code", finding.code}, {"cure", finding.cure}});
  }
  co_return std::move(*found);
}

core::Task<core::Result<AssetView>> OrderDesk::accept(AssetRef asset) {
  if (auto ready = check_ready(); !ready) co_return std::unexpected(ready.error());
  const auto id = parts_.registry.find(asset);
  if (!id) co_return std::unexpected(id.error());
  AssetRow row = parts_.ledger.working().asset(*id)->clone();
  row.accepted = true;
  if (row.status == AssetStatus::discovering && !row.inventory_json.empty() &&
      !parts_.ledger.working().running(*id)) {
    row.status = AssetStatus::available;
  }
  row.updated_at = parts_.timers.utc_now();
  Batch batch;
  batch.events.push_back(asset_event(row));
  batch.writes.emplace_back(std::move(row));
  if (auto committed = co_await parts_.ledger.commit(std::move(batch)); !committed) {
    co_return std::unexpected(committed.error());
  }
  co_return view(*parts_.ledger.durable().asset(*id));
}

core::Task<core::Result<core::UtcTime>> OrderDesk::open_discovery_window(core::Duration duration) {
  if (auto ready = check_ready(); !ready) co_return std::unexpected(ready.error());
  if (duration < core::Duration{0} || duration > DiscoveryWindow::longest) {
    co_return core::fail(core::ErrorKind::invalid_input, "discover.bad_duration",
                         "a discovery window lasts between 0 (close it) and 24 hours");
  }
  Batch batch;
  batch.writes.emplace_back(parts_.window.opened_for(duration));
  if (auto committed = co_await parts_.ledger.commit(std::move(batch)); !committed) {
    co_return std::unexpected(committed.error());
  }
  parts_.log.info("discover.window", "The discovery window was set.",
                  {{"for", core::format_duration(duration)}});
  co_return parts_.window.until().value_or(parts_.timers.utc_now());
}

core::Task<core::Result<Submitted>> OrderDesk::discover(DiscoverOrder order) {
  if (auto known = co_await repeated(order.operation_id)) co_return std::move(*known);
  const auto row = orderable(order.asset);
  if (!row) co_return std::unexpected(row.error());
  if (auto may = may_discover(**row); !may) co_return std::unexpected(may.error());
  co_return co_await submit({(*row)->id, "discovery", "{}", order.operation_id, {}, {}});
}

core::Task<core::Result<Submitted>> OrderDesk::provision(ProvisionOrder order) {
  if (auto known = co_await repeated(order.operation_id)) co_return std::move(*known);
  const auto found = orderable(order.asset);
  if (!found) co_return std::unexpected(found.error());
  const AssetPtr& row = *found;
  if (auto may = may_provision(*row); !may) co_return std::unexpected(may.error());
  if (parts_.site.talos.empty()) {
    co_return core::fail(core::ErrorKind::refused, "provision.no_image",
                         "no Talos kernel and initramfs are configured: talos.kernel, talos.initramfs");
  }
  if (order.kernel_arguments.size() > max_kernel_arguments) {
    co_return core::fail(core::ErrorKind::invalid_input, "provision.bad_argument",
                         "at most 64 kernel arguments are taken");
  }
  core::Json json{{"arguments", core::Json::array()}};
  for (const auto& argument : order.kernel_arguments) {
    if (auto plain = check_argument(argument); !plain) co_return std::unexpected(plain.error());
    json["arguments"].push_back(argument);
  }
  const KnownAsset* const known = parts_.registry.known(row->id);
  const auto* const inventory = known == nullptr ? nullptr : known->inventory.get();
  const auto parts = install_parts(inventory, order);
  if (!parts) co_return std::unexpected(parts.error());
  const std::optional<drivers::scout::Disk>& disk = parts->disk;
  std::vector<drivers::scout::Disk> written;
  if (disk) written.push_back(*disk);
  if (auto clear = check_clashes(*row, written); !clear) co_return std::unexpected(clear.error());
  auto config = finish_machine_config(order.machine_config, *parts, inventory);
  if (!config) co_return std::unexpected(config.error());
  json["config_sha256"] = core::sha256(config->reveal()).to_string();
  if (disk) json["install_disk"] = drivers::scout::to_json(*disk);
  for (const auto& nic : parts->nics) json["install_nics"].push_back(drivers::scout::to_json(nic));
  co_return co_await submit(
      {row->id, "cluster-provision", core::dump_json(json), order.operation_id, {}, std::move(*config)});
}

core::Task<core::Result<Submitted>> OrderDesk::wipe(WipeRequest request) {
  if (auto known = co_await repeated(request.operation_id)) co_return std::move(*known);
  const auto found = orderable(request.asset);
  if (!found) co_return std::unexpected(found.error());
  const AssetPtr& row = *found;
  if (!row->accepted) {
    co_return core::fail(core::ErrorKind::refused, "asset.not_accepted",
                         fmt::format("nobody said that {} is ours: colony accept {}", row->name, row->name));
  }
  // It may have got work, or a user, since it was judged: looking the operation up takes its time.
  if (request.only_while_idle && !is_idle(view(*row))) {
    co_return core::fail(
        core::ErrorKind::exhausted, "wipe.not_idle",
        fmt::format("{} got other work while this order was taken; order it again", row->name));
  }
  bool covers_all = false;
  const auto plan = plan_wipe(*row, request, &covers_all);
  if (!plan) co_return std::unexpected(plan.error());
  if (auto clear = check_clashes(*row, plan->disks); !clear) co_return std::unexpected(clear.error());
  if (wipes_left() == 0) {
    co_return core::fail(
        core::ErrorKind::exhausted, "wipe.budget",
        fmt::format("{} wipes an hour are allowed (wipe.budget_per_hour), and they are used up",
                    parts_.site.wipe_budget_per_hour));
  }
  auto order =
      core::parse_json(to_text(WipeDetail{plan->disks, plan->methods, parts_.site.wipe_verify_permille}));
  if (!order) co_return std::unexpected(order.error());
  (*order)["minimum"] = drivers::scout::name(plan->minimum);
  (*order)["covers_all"] = covers_all;
  Batch together;
  together.writes.emplace_back(spend_wipe());
  co_return co_await submit(
      {row->id, "disk-wipe", core::dump_json(*order), request.operation_id, std::move(together), {}});
}

core::Task<core::Result<Submitted>> OrderDesk::power(PowerOrder order) {
  if (auto known = co_await repeated(order.operation_id)) co_return std::move(*known);
  const auto row = orderable(order.asset);
  if (!row) co_return std::unexpected(row.error());
  core::Json json;
  switch (order.action) {
    case PowerOrderAction::on: json["action"] = "on"; break;
    case PowerOrderAction::off: json["action"] = "off"; break;
    case PowerOrderAction::cycle: json["action"] = "cycle"; break;
  }
  co_return co_await submit({(*row)->id, "power", core::dump_json(json), order.operation_id, {}, {}});
}

core::Task<core::Result<Submitted>> OrderDesk::reboot(RebootOrder order) {
  if (auto known = co_await repeated(order.operation_id)) co_return std::move(*known);
  const auto row = orderable(order.asset);
  if (!row) co_return std::unexpected(row.error());
  core::Json json{{"action", "cycle"}};
  if (order.device && *order.device != drivers::BootDevice::none)
    json["device"] = drivers::name(*order.device);
  if (order.firmware) json["firmware"] = *order.firmware == drivers::BootFirmware::legacy ? "legacy" : "efi";
  co_return co_await submit({(*row)->id, "reboot", core::dump_json(json), order.operation_id, {}, {}});
}

core::Task<core::Result<Submitted>> OrderDesk::rotate_bmc_password(RotateOrder order) {
  if (auto known = co_await repeated(order.operation_id)) co_return std::move(*known);
  const auto row = orderable(order.asset);
  if (!row) co_return std::unexpected(row.error());
  co_return co_await submit({(*row)->id, "bmc-rotate", "{}", order.operation_id, {}, {}});
}

core::Task<core::Result<BmcLogin>> OrderDesk::show_bmc_login(AssetRef asset, std::string to_whom) {
  const auto found = orderable(asset);
  if (!found) co_return std::unexpected(found.error());
  const AssetPtr& row = *found;
  const core::UtcTime now = parts_.timers.utc_now();
  parts_.log.warn("bmc.password_shown", "The password of a BMC was shown.",
                  {{"asset", row->id}, {"to", to_whom}});
  Batch batch;
  batch.events.push_back({"bmc.password_shown", row->id.to_string(), now,
                          core::dump_json({{"asset", row->id.to_string()}, {"to", to_whom}})});
  batch.writes.emplace_back(parts_.timelines.row(
      row->id, "workflows",
      core::Note{"bmc.password_shown", fmt::format("the password of its BMC was shown to {}", to_whom)}));
  if (auto kept = co_await parts_.ledger.commit(std::move(batch)); !kept)
    co_return std::unexpected(kept.error());
  // Read only now: it may have changed while that was written.
  const AssetPtr durable = parts_.ledger.durable().asset(row->id);
  static const std::optional<BmcRecord> none;
  const auto& record = durable ? durable->bmc : none;
  if (!record) {
    co_return core::fail(core::ErrorKind::refused, "asset.no_bmc", "the asset has no BMC any more");
  }
  co_return BmcLogin{row->id,
                     row->name,
                     record->address,
                     record->port,
                     record->username,
                     record->password.clone(),
                     record->next_password.clone()};
}

core::Task<core::Result<>> OrderDesk::cancel(core::WorkflowId workflow) {
  return parts_.engine.cancel(workflow);
}

core::Task<core::Result<>> OrderDesk::set_alias(core::AssetId asset, std::string alias) {
  if (auto ready = check_ready(); !ready) co_return ready;
  const core::AssetId id = parts_.registry.resolve(asset);
  const AssetPtr known = parts_.ledger.working().asset(id);
  if (!known) co_return core::fail(core::ErrorKind::not_found, "asset.not_found", "no asset has this id");
  if (alias.empty() || alias.size() > max_text) {
    co_return core::fail(core::ErrorKind::invalid_input, "asset.bad_alias",
                         "an alias has between 1 and 256 bytes");
  }
  const auto owner = parts_.registry.find(alias);
  if (owner && *owner == id) co_return core::Result<>{};
  if (owner)
    co_return core::fail(core::ErrorKind::conflict, "asset.alias_taken", "another asset is called so");
  AssetRow row = known->clone();
  Identity identity = parts_.registry.known(id)->identity;
  identity.aliases.push_back(std::move(alias));
  row.identity_json = to_text(identity);
  Batch batch;
  batch.writes.emplace_back(std::move(row));
  co_return co_await parts_.ledger.commit(std::move(batch));
}

core::Task<core::Result<core::PowerState>> OrderDesk::power_state(AssetRef asset) {
  const auto row = orderable(asset);
  if (!row) co_return std::unexpected(row.error());
  const auto& record = (*row)->bmc;
  if (!record) co_return core::fail(core::ErrorKind::internal, "asset.no_bmc", "the asset has no BMC");
  const auto bmc = parts_.bmcs.at(*record);
  if (!bmc) co_return std::unexpected(bmc.error());
  co_return co_await (*bmc)->power_state(parts_.timers.now() + enrolment_patience);
}

}  // namespace colony::workflows
