// Any frame, as the guard gets them from a packet socket.

#include <cstdlib>

#include "daemon/guard/network_guard.hpp"

using namespace colony::core;
using namespace colony::daemon;
using namespace colony::daemon::guard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto network = *Ipv4Network::parse("10.77.0.5/16");
  NetworkGuard guard(DhcpMode::proxy, 8080,
                     {.interface = "lb0",
                      .mac = *MacAddress::parse("02:00:00:00:00:05"),
                      .network = network,
                      .networks = {network}});
  SeededRandom random(1);
  BootTime now{};
  (void)guard.on_time(now, random);
  const ByteView frame(data, size);
  guard.on_frame({frame, {}}, now);
  guard.on_frame({frame, std::uint16_t{20}}, now);
  if (guard.lease_servers().size() > HeardServers::most) std::abort();
  for (const auto& [code, finding] : guard.findings(now + std::chrono::seconds(2))) {
    if (finding.text.empty()) std::abort();
  }
  return 0;
}
