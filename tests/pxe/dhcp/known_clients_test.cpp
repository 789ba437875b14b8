#include "pxe/dhcp/known_clients.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/dhcp/listed_neighbours.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using colony::pxe::BootRequest;
using namespace colony::pxe::dhcp;

namespace {

using colony::test::ListedNeighbours;

const MacAddress machine = *MacAddress::parse("52:54:00:00:00:01");
const Ipv4Address address = *Ipv4Address::parse("10.1.1.9");

struct Bench {
  LearnedAddresses learned;
  ListedNeighbours neighbours;
  colony::test::ListedPolicy policy;
  KnownClients clients{learned, neighbours, policy};
};

}  // namespace

TEST(KnownClients, KnowsWhatDhcpTaughtWhileThePolicyServesIt) {
  Bench bench;
  BootRequest request;
  request.mac = machine;
  request.address = address;
  bench.learned.learn(request);
  EXPECT_FALSE(bench.clients.find(address));
  bench.policy.served = {machine};
  EXPECT_EQ(bench.clients.find(address), machine);
}

TEST(KnownClients, AsksTheNeighbourTableForAddressesThatDhcpDidNotTeach) {
  Bench bench;
  bench.neighbours.entries[address] = machine;
  EXPECT_FALSE(bench.clients.find(address));
  bench.policy.served = {machine};
  EXPECT_EQ(bench.clients.find(address), machine);
  EXPECT_FALSE(bench.clients.find(*Ipv4Address::parse("10.1.1.10")));
}

TEST(KnownClients, TellsWhoHoldsAnAddressWhetherServedOrNotAndTrustsTheLinkMoreThanDhcp) {
  Bench bench;
  EXPECT_FALSE(bench.clients.holder(address));
  BootRequest request;
  request.mac = *MacAddress::parse("52:54:00:00:00:02");
  request.address = address;
  bench.learned.learn(request);
  EXPECT_EQ(bench.clients.holder(address), request.mac);
  bench.neighbours.entries[address] = machine;
  EXPECT_EQ(bench.clients.holder(address), machine);
}

TEST(KernelNeighbours, HasNoEntryForAnAddressNeverMet) {
  const auto table = KernelNeighbours::open("lo");
  ASSERT_TRUE(table);
  EXPECT_FALSE(table->mac_of(*Ipv4Address::parse("192.0.2.1")));
  EXPECT_FALSE(table->mac_of(*Ipv4Address::parse("192.0.2.2")));
}

TEST(KernelNeighbours, NamesAMissingInterface) {
  EXPECT_EQ(KernelNeighbours::open("no-such-if").error().code, "net.interface");
}
