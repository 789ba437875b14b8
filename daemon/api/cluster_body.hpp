#pragma once
// The body of POST /api/v1/clusters, as the hosted reference documents it, and as the hosted side hands it
// out (operation cluster-create). It is checked in full before anything else is said about the order: every
// fault, each with the path of its member ("controlPlanes[1].ip: ..."). What stands in `credentials` is never
// quoted.
//
// dns, ntp and diskDevice may be missing or empty, as in the reference's own example.

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "workflows/orders.hpp"

namespace colony::daemon::api {

inline constexpr std::size_t max_cluster_body = std::size_t{256} << 10;
inline constexpr std::size_t max_cluster_nodes = 256;
inline constexpr std::size_t max_cluster_faults = 64;  // after that many nobody reads on

struct ClusterNode {
  std::string path;  // "workers[0]"
  workflows::AssetRef asset;
};

struct ClusterRequest {
  std::string name;
  std::vector<ClusterNode> nodes;  // control planes first
};

using ClusterFaults = std::vector<std::string>;

[[nodiscard]] std::expected<ClusterRequest, ClusterFaults> decode_cluster(std::string_view body);

}  // namespace colony::daemon::api
