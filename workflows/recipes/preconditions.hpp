#pragma once
// What must be true of an asset for a workflow to begin on it: asked when it is ordered, so that the one who
// asks is told, and again when its turn comes, as work before it may have changed the asset.

#include "core/error.hpp"
#include "workflows/engine/journal.hpp"

namespace colony::workflows {

[[nodiscard]] core::Result<> may_discover(const AssetRow& asset);   // asset.not_discoverable
[[nodiscard]] core::Result<> may_provision(const AssetRow& asset);  // asset.not_available

}  // namespace colony::workflows
