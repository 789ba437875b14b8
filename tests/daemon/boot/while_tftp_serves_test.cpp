#include "daemon/boot/while_tftp_serves.hpp"

#include <gtest/gtest.h>

#include "pxe/dhcp/lease_responder.hpp"
#include "pxe/dhcp/responder.hpp"
#include "tests/pxe/dhcp/listed_neighbours.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

const MacAddress ours = *MacAddress::parse("52:54:00:aa:00:01");
const Ipv4Address claimed = *Ipv4Address::parse("10.78.9.5");

Message discover(bool network_boot) {
  Message message;
  message.type = MessageType::discover;
  message.mac = ours;
  message.xid = Xid{7};
  if (!network_boot) return message;
  message.options.add_text(OptionCode::vendor_class, "PXEClient:Arch:00007:UNDI:003016");
  message.options.add(OptionCode::client_architecture, Bytes{0, 7});
  return message;
}

/// Both DHCP modes behind the gate, and whether the foreign TFTP server serves.
struct Bench {
  test::ListedPolicy policy;
  daemon::WhileTftpServes offers{policy};
  test::RecordedEvidence evidence;
  test::ListedNeighbours neighbours;
  LearnedAddresses addresses;
  Log log = Log::silent();
  LeaseConfig leases = one_subnet();
  Responder proxy{reply(), offers, addresses, evidence, log};
  LeaseResponder server{reply(), leases, offers, neighbours, addresses, evidence, log};

  Bench() { policy.served = {ours}; }
  static ReplyConfig reply() {
    ReplyConfig config;
    config.server.address = claimed;
    return config;
  }
  static LeaseConfig one_subnet() {
    LeaseConfig config;
    config.subnets.resize(1);
    config.subnets[0].network = *Ipv4Network::parse("10.78.9.0/24");
    config.subnets[0].first = *Ipv4Address::parse("10.78.9.100");
    config.subnets[0].last = *Ipv4Address::parse("10.78.9.150");
    return config;
  }
  [[nodiscard]] bool proxy_answers(const Message& message) {
    return proxy.on_datagram(arrival(encode(message))).has_value();
  }
  [[nodiscard]] bool server_answers(const Message& message) {
    return server.on_datagram(arrival(encode(message))).send.has_value();
  }
  Arrival arrival(const Bytes& datagram) {
    held = datagram;
    return {held, {}, client_port, ArrivalPort::server, BootTime(100s), UtcTime(1'700'000'000s)};
  }
  Bytes held;
};

}  // namespace

TEST(WhileTftpServes, TheBuiltInServerIsAlwaysThere) {
  Bench bench;
  EXPECT_TRUE(bench.proxy_answers(discover(true)));
  EXPECT_TRUE(bench.server_answers(discover(true)));
}

TEST(WhileTftpServes, NoNetworkBootIsOfferedInEitherModeWhileNothingServesItsFile) {
  Bench bench;
  bool served = false;
  bench.offers.follow([&served] { return served; });
  EXPECT_FALSE(bench.proxy_answers(discover(true)));
  EXPECT_FALSE(bench.server_answers(discover(true)));
  served = true;
  EXPECT_TRUE(bench.proxy_answers(discover(true)));
  EXPECT_TRUE(bench.server_answers(discover(true)));
  served = false;
  EXPECT_FALSE(bench.server_answers(discover(true)));
}

TEST(WhileTftpServes, OperatingSystemsKeepTheirLeasesMeanwhile) {
  Bench bench;
  bench.offers.follow([] { return false; });
  EXPECT_TRUE(bench.server_answers(discover(false)));
  EXPECT_TRUE(bench.offers.knows(ours));  // its address stays kept for it
}

TEST(WhileTftpServes, WhomThePolicyDoesNotServeIsNotServedByATftpServer) {
  Bench bench;
  bench.policy.served.clear();
  bench.offers.follow([] { return true; });
  EXPECT_FALSE(bench.proxy_answers(discover(true)));
  EXPECT_FALSE(bench.server_answers(discover(true)));
}
