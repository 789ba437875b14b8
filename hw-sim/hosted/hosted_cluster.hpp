#pragma once
// What the stand-in has against a cluster's order, from the documented body alone (docs/openapi-hosted.yaml).
// Not the appliance's check of the same body: two readings of one contract find each other's mistakes.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"

namespace colony::hw_sim {

/// "" for an asset that may be taken, else what is wrong with it.
using AssetObjection = std::function<std::string(const std::string& asset_id)>;

/// One line a fault, each with the path of its member; empty: a good order.
[[nodiscard]] std::vector<std::string> cluster_faults(const core::Json& order,
                                                      const AssetObjection& objection);

}  // namespace colony::hw_sim
