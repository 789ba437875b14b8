// Any body for a cluster: taken within its bounds, or refused with the member at fault. (That no
// credential is quoted is a test of its own: a member's unknown name is, and the fuzzer finds that out.)
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
  }
  return 0;
}
