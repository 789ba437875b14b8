// Any sequence of datagrams (each behind its length and a step of time) against a DHCP server of a small
// range: whatever is answered can be decoded, and no two clients hold one address.
#include <cstdlib>
#include <map>

#include "pxe/dhcp/lease_responder.hpp"

using namespace colony;
using namespace colony::pxe::dhcp;

namespace {

struct Nobody final : core::EvidenceSink {
  void emit(core::Evidence) override {}
};
struct EveryOther final : pxe::BootPolicy {
  [[nodiscard]] bool serves(const pxe::BootRequest&) const override { return true; }
  [[nodiscard]] bool knows(core::MacAddress mac) const override { return (mac.octets()[5] & 1) != 0; }
  [[nodiscard]] pxe::BootDecision decide(const pxe::BootRequest&) override { return pxe::Silence{}; }
};
struct EmptyLink final : Neighbours {
  [[nodiscard]] std::optional<core::MacAddress> mac_of(core::Ipv4Address) const override { return {}; }
  [[nodiscard]] std::optional<core::MacAddress> answering(core::Ipv4Address) const override { return {}; }
  void ask(core::Ipv4Address) const override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReplyConfig reply;
  reply.server.address = core::Ipv4Address(0x0a4e0905);
  LeaseConfig config;
  config.subnets.resize(1);
  config.subnets[0].network = {core::Ipv4Address(0x0a4e0900), 24};
  config.subnets[0].first = core::Ipv4Address(0x0a4e0901);
  config.subnets[0].last = core::Ipv4Address(0x0a4e090a);
  config.reservations = {{core::MacAddress({2, 0, 0, 0, 0, 7}), core::Ipv4Address(0x0a4e0903), "seven"}};
  const EmptyLink link;
  EveryOther policy;
  Nobody evidence;
  LearnedAddresses addresses;
  core::Log log(core::LogLevel::error, core::LogFormat::text, [](core::LogLevel, std::string_view) {});
  LeaseResponder responder(reply, config, policy, link, addresses, evidence, log);

  core::ByteReader in({data, size});
  core::BootTime now{};
  while (const auto length = in.u16be()) {
    const auto step = in.u8();
    const auto datagram = in.take(std::min<std::size_t>(*length % 600, in.remaining()));
    if (!step || !datagram) break;
    now += std::chrono::seconds(*step);
    const auto answer = responder.on_datagram(
        {*datagram, core::Ipv4Address(0x0a4e0909), client_port, ArrivalPort::server, now, core::UtcTime{}});
    if (answer.send && !decode(answer.send->datagram)) std::abort();
  }
  std::map<core::MacAddress, int> holders;
  for (const auto& view : responder.leases(now, core::UtcTime{})) {
    if (view.lease.address == reply.server.address) std::abort();
    // The reserved one may find its own address free again while it has another.
    if (view.lease.mac == config.reservations[0].mac) continue;
    if (view.active && ++holders[view.lease.mac] > 1) std::abort();
  }
  return 0;
}
