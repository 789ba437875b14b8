#include "daemon/api/cluster_order.hpp"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace colony::daemon::api {

core::Result<> check_cluster_assets(const workflows::Orders& orders, const ClusterRequest& cluster) {
  ClusterFaults missing, busy, twice;
  std::map<std::string, std::string> seen;  // by id: an asset has several names
  for (const auto& node : cluster.nodes) {
    const auto path = node.path + ".assetId";
    const auto asset = orders.asset(node.asset);
    if (!asset) {
      missing.push_back(fmt::format("{}: {}", path, asset.error().message));
      continue;
    }
    const auto [first, fresh] = seen.emplace(asset->id.to_string(), path);
    if (!fresh) twice.push_back(fmt::format("{}: the same machine as {}", path, first->second));
    if (asset->status != workflows::AssetStatus::available ||
        asset->condition != workflows::AssetCondition::normal) {
      busy.push_back(fmt::format("{}: {} is {}{}", path, asset->name, name(asset->status),
                                 asset->condition == workflows::AssetCondition::normal
                                     ? ""
                                     : fmt::format(", {}", name(asset->condition))));
    }
  }
  if (!missing.empty())
    return core::fail(core::ErrorKind::not_found, "asset.not_found", join_faults(missing));
  if (!twice.empty()) return core::fail(core::ErrorKind::invalid_input, "asset.twice", join_faults(twice));
  if (!busy.empty()) return core::fail(core::ErrorKind::conflict, "asset.not_available", join_faults(busy));
  return {};
}

core::Error clusters_unsupported() {
  return {
      core::ErrorKind::unsupported, "clusters.unsupported",
      "This appliance does not build whole clusters yet: provision each node with its own machine config"};
}

std::string join_faults(const ClusterFaults& faults) {
  return fmt::format("{}", fmt::join(faults, "; "));
}

}  // namespace colony::daemon::api
