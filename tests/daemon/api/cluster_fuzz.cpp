// Any body for a cluster: taken within its bounds, or refused with the member at fault, and never with a
// credential.
#include <cstdlib>

#include "daemon/api/cluster_body.hpp"

using namespace colony::daemon::api;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto cluster = decode_cluster(body);
  if (cluster) {
    if (cluster->name.empty() || cluster->nodes.empty() || cluster->nodes.size() > max_cluster_nodes)
      std::abort();
    return 0;
  }
  if (cluster.error().empty() || cluster.error().size() > max_cluster_faults) std::abort();
  for (const auto& fault : cluster.error()) {
    if (!fault.contains(": ")) std::abort();
    if (fault.contains("S3CRET")) std::abort();  // what the seeds have as credentials
  }
  return 0;
}
