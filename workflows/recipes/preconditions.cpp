#include "workflows/recipes/preconditions.hpp"

#include <fmt/format.h>

namespace colony::workflows {

core::Result<> may_discover(const AssetRow& asset) {
  if (asset.status == AssetStatus::discovering || asset.status == AssetStatus::available) return {};
  return core::fail(core::ErrorKind::conflict, "asset.not_discoverable",
                    fmt::format("{} is {}; discovery would switch it off", asset.name, name(asset.status)));
}

core::Result<> may_provision(const AssetRow& asset) {
  if (asset.status == AssetStatus::available && asset.condition != AssetCondition::quarantined &&
      asset.condition != AssetCondition::indeterminate) {
    return {};
  }
  return core::fail(core::ErrorKind::conflict, "asset.not_available",
                    fmt::format("{} is {} ({}); only an available asset can be provisioned", asset.name,
                                name(asset.status), name(asset.condition)));
}

}  // namespace colony::workflows
