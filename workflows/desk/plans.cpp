// The part of OrderDesk that says what an order would touch, before it is given and when it is.

#include <algorithm>

#include <fmt/format.h>

#include "drivers/scout/disk_names.hpp"
#include "workflows/desk/machine_config.hpp"
#include "workflows/desk/order_desk.hpp"
#include "workflows/wipe/wipe_plan.hpp"

namespace colony::workflows {

core::Result<WipePlan> OrderDesk::plan_wipe(const AssetRow& asset, const WipeRequest& request,
                                            bool* covers_all) const {
  const KnownAsset* const known = parts_.registry.known(asset.id);
  if (known == nullptr || !known->inventory) {
    return core::fail(core::ErrorKind::refused, "wipe.no_inventory",
                      fmt::format("the disks of {} are not known; discover it first", asset.name));
  }
  WipePlan plan;
  plan.asset = asset.id;
  plan.asset_name = asset.name;
  plan.minimum = request.minimum.value_or(parts_.site.wipe_minimum);
  auto methods = methods_for(plan.minimum);
  if (!methods) return std::unexpected(methods.error());
  auto selection = select_disks(*known->inventory, request.disks);
  if (!selection) return std::unexpected(selection.error());
  plan.methods = std::move(*methods);
  plan.disks = std::move(selection->disks);
  plan.names = std::move(selection->names);
  plan.left_alone = std::move(selection->left_alone);
  plan.limits = std::move(selection->out_of_reach);
  for (auto& limit : limits_of(plan.disks)) plan.limits.push_back(std::move(limit.text));
  if (covers_all != nullptr) *covers_all = selection->covers_all;
  return plan;
}

core::Result<WipePlan> OrderDesk::plan_wipe(const WipeRequest& request) const {
  const auto id = parts_.registry.find(request.asset);
  if (!id) return std::unexpected(id.error());
  return plan_wipe(*parts_.ledger.working().asset(*id), request, nullptr);
}

core::Result<ProvisionPlan> OrderDesk::plan_provision(const ProvisionOrder& order) const {
  const auto id = parts_.registry.find(order.asset);
  if (!id) return std::unexpected(id.error());
  const KnownAsset* const known = parts_.registry.known(*id);
  auto parts = install_parts(known == nullptr ? nullptr : known->inventory.get(), order);
  if (!parts) return std::unexpected(parts.error());
  const AssetPtr row = parts_.ledger.working().asset(*id);
  ProvisionPlan plan{*id, row->name, std::move(parts->disk), {}, std::move(parts->nics)};
  if (plan.disk && known != nullptr && known->inventory) {
    plan.disk_name = drivers::scout::name_in_orders(*plan.disk, known->inventory->disks);
  }
  return plan;
}

core::Result<> OrderDesk::check_clashes(const AssetRow& asset,
                                        const std::vector<drivers::scout::Disk>& disks) const {
  for (const auto& clash : parts_.registry.clashes_of(asset.id)) {
    // A disk that is seen twice hinders what would write to it; with no disk named it may be the one.
    if (clash.disk && !disks.empty() &&
        std::ranges::find(disks, *clash.disk, &drivers::scout::Disk::id) == disks.end())
      continue;
    return core::fail(core::ErrorKind::conflict, clash.code, clash.text);
  }
  return {};
}

}  // namespace colony::workflows
