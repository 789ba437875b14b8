#include "workflows/boot/boot_policy.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::workflows {

namespace {

/// The newest open intent that says what boots.
IntentPtr boot_intent(const State& state, const core::WorkflowId& workflow) {
  const auto intents = state.intents_of(workflow);
  for (auto row = intents.rbegin(); row != intents.rend(); ++row) {
    if ((*row)->act.starts_with("boot_")) return (*row)->state == IntentState::intended ? *row : nullptr;
  }
  return nullptr;
}

}  // namespace

Machine machine_of(core::ClientArch arch) {
  return arch == core::ClientArch::efi_arm64 || arch == core::ClientArch::efi_arm64_http ? Machine::arm64
                                                                                         : Machine::x86_64;
}

std::vector<std::string> mandatory_talos_arguments() {
  return {"talos.platform=metal", "console=tty0", "console=ttyS0",        "init_on_alloc=1",
          "slab_nomerge=",        "pti=on",       "consoleblank=0",       "nvme_core.io_timeout=4294967295",
          "printk.devkmsg=on",    "selinux=1",    "module.sig_enforce=1", "proc_mem.force_override=never"};
}

bool JournalBootPolicy::admits_unknown() const {
  if (site_.discover == DiscoverMode::never) return false;
  return site_.discover == DiscoverMode::always || window_.is_open() || discovery_waits();
}

bool JournalBootPolicy::discovery_waits() const {
  for (const auto& [id, row] : ledger_.durable().workflows()) {
    if (row->type != "discovery" || row->status != WorkflowStatus::running ||
        !boot_intent(ledger_.durable(), id)) {
      continue;
    }
    const KnownAsset* const asset = registry_.known(row->asset);
    if (asset != nullptr && asset->identity.macs.empty()) return true;
  }
  return false;
}

JournalBootPolicy::Judgement JournalBootPolicy::judge(const pxe::BootRequest& request) const {
  if (!ready_) return {};
  auto id = registry_.by_mac(request.mac);
  const bool by_mac = id.has_value();
  if (!id && request.uuid) id = registry_.by_uuid(*request.uuid);
  const AssetPtr asset = id ? ledger_.durable().asset(*id) : nullptr;
  if (!asset) {
    if (id || !admits_unknown()) return {};
    return {Verdict::scout, {}, nullptr, nullptr};
  }
  const WorkflowPtr work = ledger_.durable().running(asset->id);
  // An operator's power order is no state of its own: what boots is what would boot without it.
  if (work && work->type != "power" && work->type != "reboot" && work->type != "bmc-rotate") {
    const IntentPtr intent = boot_intent(ledger_.durable(), work->id);
    if (!intent) return {Verdict::hold, fmt::format("{} is in progress", work->type), nullptr, asset};
    if (intent->act == boot_act::scout) return {Verdict::scout, {}, intent, asset};
    if (intent->act == boot_act::talos) {
      // Boards share UUIDs. To be looked at, that is enough; to be installed over, it is not.
      if (!by_mac) return {Verdict::hold, "this NIC is not in the asset's inventory", nullptr, asset};
      return {Verdict::talos, {}, intent, asset};
    }
    if (intent->act == boot_act::local) return {Verdict::local, {}, intent, asset};
    return {Verdict::hold, fmt::format("{} is not known to this program", intent->act), nullptr, asset};
  }
  if (asset->condition == AssetCondition::quarantined || asset->condition == AssetCondition::indeterminate) {
    return {Verdict::hold, fmt::format("{}: {}", name(asset->condition), asset->condition_reason), nullptr,
            asset};
  }
  switch (asset->status) {
    case AssetStatus::provisioned: return {Verdict::local, {}, nullptr, asset};
    case AssetStatus::available:
      if (asset->wiped_by_us) return {Verdict::hold, "its disks are empty", nullptr, asset};
      return {Verdict::local, {}, nullptr, asset};
    case AssetStatus::discovering:
      if (!asset->bmc && !asset->accepted && discovery_waits()) return {Verdict::scout, {}, nullptr, asset};
      if (!asset->inventory_json.empty()) return {Verdict::local, {}, nullptr, asset};
      if (admits_unknown()) return {Verdict::scout, {}, nullptr, asset};
      return {};
    case AssetStatus::provisioning:
    case AssetStatus::deprovisioning: break;
  }
  return {Verdict::hold, fmt::format("{}, and no work is in hand", name(asset->status)), nullptr, asset};
}

bool JournalBootPolicy::serves(const pxe::BootRequest& request) const {
  return judge(request).verdict != Verdict::silence;
}

bool JournalBootPolicy::knows(core::MacAddress mac) const {
  return ready_ && registry_.by_mac(mac).has_value();
}

pxe::BootDecision JournalBootPolicy::decide(const pxe::BootRequest& request) {
  Judgement judgement = judge(request);
  switch (judgement.verdict) {
    case Verdict::silence: return pxe::Silence{};
    case Verdict::hold: return pxe::Hold{std::move(judgement.reason)};
    case Verdict::scout: return boot_scout(request, judgement.intent);
    case Verdict::talos: return boot_talos(request, judgement.intent);
    case Verdict::local: break;
  }
  return pxe::LocalDisk{handovers_.way(judgement.asset->id, firmware_kind(request.arch))};
}

pxe::BootDecision JournalBootPolicy::boot_scout(const pxe::BootRequest& request, const IntentPtr& intent) {
  const auto image = site_.scout.find(machine_of(request.arch));
  if (image == site_.scout.end()) {
    return pxe::Hold{fmt::format("there is no scout image for {}", name(request.arch))};
  }
  // Grows with every boot, across restarts and wall clocks that jump back within a run.
  last_number_ =
      std::max(last_number_ + 1, static_cast<std::uint64_t>(timers_.utc_now().time_since_epoch().count()));
  const BootClaims claims{request.mac, intent ? intent->id : core::IntentId{}, last_number_, ledger_.epoch()};
  pxe::KernelBoot boot{"scout", image->second.kernel, image->second.initrds, image->second.arguments};
  boot.arguments.push_back(
      fmt::format("colony.url=http://{}:{}", site_.http_address.to_string(), site_.http_port));
  boot.arguments.push_back("colony.token=" + tokens_.boot(claims));
  return boot;
}

pxe::BootDecision JournalBootPolicy::boot_talos(const pxe::BootRequest& request,
                                                const IntentPtr& intent) const {
  const auto image = site_.talos.find(machine_of(request.arch));
  if (image == site_.talos.end()) {
    return pxe::Hold{fmt::format("there is no Talos image for {}", name(request.arch))};
  }
  pxe::KernelBoot boot{"talos", image->second.kernel, image->second.initrds, mandatory_talos_arguments()};
  const auto add = [&boot](const std::vector<std::string>& more) {
    boot.arguments.insert(boot.arguments.end(), more.begin(), more.end());
  };
  add(image->second.arguments);
  if (const auto detail = core::parse_json(intent->detail_json)) {
    if (const core::Json* const more = core::json_member(*detail, "arguments");
        more != nullptr && more->is_array()) {
      for (const auto& argument : *more) {
        if (argument.is_string()) boot.arguments.push_back(argument.get<std::string>());
      }
    }
  }
  boot.arguments.push_back(fmt::format("talos.config=http://{}:{}/config/{}", site_.http_address.to_string(),
                                       site_.http_port, tokens_.of_intent("config", intent->id)));
  return boot;
}

}  // namespace colony::workflows
