#pragma once
// What is said of an order for a cluster whose body is good.

#include <string>

#include "core/error.hpp"
#include "daemon/api/cluster_body.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

/// Whether every node is a machine of ours that could be installed now: asset.not_found, asset.not_available,
/// or asset.twice when two names mean one machine. The message names every member at fault.
[[nodiscard]] core::Result<> check_cluster_assets(const workflows::Orders& orders,
                                                  const ClusterRequest& cluster);

/// Why a good order is not carried out either.
[[nodiscard]] core::Error clusters_unsupported();

/// "a; b; c"
[[nodiscard]] std::string join_faults(const ClusterFaults& faults);

}  // namespace colony::daemon::api
