// Any sequence of datagrams (each behind its length and a step of time, or told in six bytes) against a DHCP
// server of a small range: whatever is answered can be decoded, no two clients hold one address, and a server
// that restarts from the journal's rows gives nobody's lease away.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <vector>

#include "pxe/dhcp/lease_responder.hpp"

using namespace colony;
using namespace colony::pxe::dhcp;

namespace {

struct Nobody final : core::EvidenceSink {
  void emit(core::Evidence) override {}
};
struct EveryOther final : pxe::BootPolicy {
  [[nodiscard]] bool serves(const pxe::BootRequest& request) const override {
    return (request.mac.octets()[5] & 3) != 2;
  }
  [[nodiscard]] bool knows(core::MacAddress mac) const override { return (mac.octets()[5] & 1) != 0; }
  [[nodiscard]] pxe::BootDecision decide(const pxe::BootRequest&) override { return pxe::Silence{}; }
};
/// Every third address is somebody's whom we do not know.
struct BusyLink final : Neighbours {
  [[nodiscard]] std::optional<core::MacAddress> mac_of(core::Ipv4Address) const override { return {}; }
  [[nodiscard]] std::optional<core::MacAddress> answering(core::Ipv4Address address) const override {
    if (address.value() % 3 != 0) return {};
    return core::MacAddress({2, 0, 0, 0, 1, 1});
  }
  void ask(core::Ipv4Address) const override {}
};

core::UtcTime utc_at(core::BootTime now) {
  return core::UtcTime(std::chrono::duration_cast<core::UtcTime::duration>(now.time_since_epoch()));
}

core::Ipv4Address our_address() {
  return core::Ipv4Address(0x0a4e0905);
}

core::Ipv4Address on_the_link(std::uint8_t last) {
  return core::Ipv4Address(last == 255 ? 0xc0000201 : 0x0a4e0900 + last % 12);
}

/// A client's message in six bytes, so that the fuzzer need not find 240 of them for every step of a
/// conversation: type, client, requested address, own address, what stands in it, the other server.
std::optional<core::Bytes> short_form(core::ByteReader& in) {
  const auto told = in.take(6);
  if (!told) return std::nullopt;
  const auto& byte = *told;
  Message message;
  message.type = static_cast<MessageType>(byte[0] % 8 + 1);
  message.mac = core::MacAddress({2, 0, 0, 0, 0, byte[1]});
  message.xid.value = byte[1];
  enum Stands : core::Byte { wish = 1, own = 2, ours = 4, boots = 8, named = 16, other = 32 };
  if ((byte[4] & own) != 0) message.client = on_the_link(byte[3]);
  if ((byte[4] & wish) != 0) message.options.add_address(OptionCode::requested_address, on_the_link(byte[2]));
  if ((byte[4] & ours) != 0) message.options.add_address(OptionCode::server_identifier, our_address());
  if ((byte[4] & other) != 0)
    message.options.add_address(OptionCode::server_identifier, on_the_link(byte[5]));
  if ((byte[4] & named) != 0) message.options.add_text(OptionCode::host_name, "node");
  if ((byte[4] & boots) != 0) {
    message.options.add_text(OptionCode::vendor_class, "PXEClient:Arch:00000:UNDI:002001");
    message.options.add(OptionCode::client_architecture, core::Bytes{0, 0});
  }
  return encode(message);
}

LeaseConfig small_range() {
  LeaseConfig config;
  config.subnets.resize(1);
  config.subnets[0].network = {core::Ipv4Address(0x0a4e0900), 24};
  config.subnets[0].first = core::Ipv4Address(0x0a4e0901);
  config.subnets[0].last = core::Ipv4Address(0x0a4e0906);
  config.reservations = {{core::MacAddress({2, 0, 0, 0, 0, 7}), core::Ipv4Address(0x0a4e0903), "seven"}};
  return config;
}

/// One lease a client; the reserved one may find its own address free again while it has another.
void expect_one_lease_each(const std::vector<LeaseView>& leases) {
  std::map<core::MacAddress, int> holders;
  for (const auto& view : leases) {
    if (view.lease.address == our_address()) std::abort();
    if (view.lease.mac == core::MacAddress({2, 0, 0, 0, 0, 7})) continue;
    if (view.active && ++holders[view.lease.mac] > 1) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReplyConfig reply;
  reply.server.address = our_address();
  const LeaseConfig config = small_range();
  const BusyLink link;
  EveryOther policy;
  Nobody evidence;
  LearnedAddresses addresses;
  core::Log log(core::LogLevel::error, core::LogFormat::text, [](core::LogLevel, std::string_view) {});
  LeaseResponder responder(reply, config, policy, link, addresses, evidence, log);

  std::vector<LeaseRecord> rows;  // the journal's: one an address, oldest first
  core::ByteReader in({data, size});
  core::BootTime now{};
  while (const auto length = in.u16be()) {
    const auto step = in.u8();
    std::optional<core::Bytes> datagram;
    if ((*length & 0x8000) != 0) {
      datagram = short_form(in);
    } else if (const auto bytes = in.take(std::min<std::size_t>(*length % 600, in.remaining()))) {
      datagram = core::Bytes(bytes->begin(), bytes->end());
    }
    if (!step || !datagram) break;
    // Beyond 200 in minutes: leases end, and what was set aside comes back.
    now += *step > 200 ? core::Duration(std::chrono::minutes(*step - 200)) : std::chrono::seconds(*step);
    const auto utc_now = utc_at(now);
    const auto answer = responder.on_datagram(
        {*datagram, core::Ipv4Address(0x0a4e0909), client_port, ArrivalPort::server, now, utc_now});
    if (answer.send && !decode(answer.send->datagram)) std::abort();
    if (answer.journal) {
      std::erase_if(rows, [&](const LeaseRecord& row) { return row.address == answer.journal->address; });
      rows.push_back(*answer.journal);
    }
  }
  const auto utc_now = utc_at(now);
  const auto before = responder.leases(now, utc_now);
  expect_one_lease_each(before);
  if (responder.next_candidates(4).size() > 4) std::abort();
  const auto counts = responder.lease_counts();
  if (counts.leased + counts.aside > counts.addresses + config.reservations.size()) std::abort();
  if (responder.set_aside().size() != counts.aside) std::abort();

  LearnedAddresses forgotten;
  LeaseResponder restarted(reply, config, policy, link, forgotten, evidence, log);
  restarted.restore(rows, now, utc_now);
  const auto after = restarted.leases(now, utc_now);
  expect_one_lease_each(after);
  for (const auto& view : before) {
    if (!view.active) continue;
    const auto same = std::ranges::find_if(
        after, [&](const LeaseView& other) { return other.lease.address == view.lease.address; });
    if (same == after.end() || same->lease.mac != view.lease.mac) std::abort();
  }
  restarted.sweep(now + std::chrono::hours(3));
  if (restarted.lease_counts().leased != 0) std::abort();
  if (restarted.counters().received != 0) std::abort();
  return 0;
}
