#include "pxe/dhcp/lease_pool.hpp"

#include <algorithm>

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

using Grant = LeasePool::Grant;
using Standing = LeaseClient::Standing;

Ipv4Address ip(const char* text) {
  return Ipv4Address::parse(text).value();
}

MacAddress mac(unsigned number) {
  return MacAddress({2, 0, 0, static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8),
                     static_cast<std::uint8_t>(number)});
}

LeaseClient known(unsigned number) {
  return {mac(number), {}, {}, Standing::known, {}};
}

LeaseClient stranger(unsigned number) {
  return {mac(number), {}, {}, Standing::stranger, {}};
}

Subnet subnet(const char* first, const char* last) {
  Subnet out;
  out.network = Ipv4Network::parse("10.1.0.0/16").value();
  out.first = ip(first);
  out.last = ip(last);
  out.gateway = ip("10.1.0.1");
  return out;
}

struct Bench {
  explicit Bench(Subnet of = subnet("10.1.0.10", "10.1.0.19"),
                 const std::vector<Reservation>& reservations = {})
      : pool(std::move(of), reservations, {ip("10.1.0.5")}) {}
  LeasePool pool;
  BootTime now{1000s};
  UtcTime utc{1'700'000'000s};
  std::set<Ipv4Address> used;

  std::optional<Ipv4Address> offer(const LeaseClient& client, std::optional<Ipv4Address> wish = {}) {
    return pool.offer(
        client, wish, [this](Ipv4Address address, const auto&) { return used.contains(address); }, now);
  }
  std::optional<Ipv4Address> lease(const LeaseClient& client) {
    const auto address = offer(client);
    if (!address || pool.bind(client, *address, now) != Grant::granted) return std::nullopt;
    return address;
  }
  void pass(Duration span) {
    now += span;
    utc += std::chrono::duration_cast<UtcTime::duration>(span);
  }
};

}  // namespace

TEST(LeasePool, GivesEachClientAnAddressOfItsOwnUntilNoneIsLeft) {
  Bench bench;
  std::set<Ipv4Address> given;
  for (unsigned i = 0; i < 10; ++i) {
    const auto address = bench.lease(known(i));
    ASSERT_TRUE(address);
    EXPECT_TRUE(given.insert(*address).second);
  }
  EXPECT_FALSE(bench.offer(known(99)));
  EXPECT_EQ(bench.pool.counts().leased, 10U);
}

TEST(LeasePool, NeverHandsOutOurOwnTheGatewayTheEndsOfTheNetworkOrAReservation) {
  Bench bench(subnet("10.1.0.0", "10.1.0.7"), {{mac(50), ip("10.1.0.3"), "db-1"}});
  std::set<Ipv4Address> given;
  while (const auto address = bench.lease(known(static_cast<unsigned>(given.size())))) given.insert(*address);
  EXPECT_EQ(given, (std::set{ip("10.1.0.2"), ip("10.1.0.4"), ip("10.1.0.6"), ip("10.1.0.7")}));
  for (const auto* const taboo : {"10.1.0.0", "10.1.0.1", "10.1.0.3", "10.1.0.5"}) {
    EXPECT_EQ(bench.pool.bind(known(60), ip(taboo), bench.now), Grant::taken) << taboo;
  }
  EXPECT_EQ(bench.lease(stranger(50)), ip("10.1.0.3"));
}

TEST(LeasePool, AReservationOutsideTheRangeServesItsMacOnly) {
  Bench bench(subnet("10.1.0.10", "10.1.0.10"), {{mac(1), ip("10.1.9.9"), "web-1"}});
  EXPECT_EQ(bench.lease(stranger(1)), ip("10.1.9.9"));
  EXPECT_EQ(bench.pool.record(ip("10.1.9.9"), bench.now, bench.utc)->hostname, "web-1");
  EXPECT_EQ(bench.pool.bind(known(2), ip("10.1.9.9"), bench.now), Grant::taken);
  // Its client may not settle elsewhere.
  EXPECT_EQ(bench.pool.bind(stranger(1), ip("10.1.0.10"), bench.now), Grant::taken);
  bench.pass(2h);
  bench.pool.sweep(bench.now);
  EXPECT_EQ(bench.lease(known(2)), ip("10.1.0.10"));
  EXPECT_FALSE(bench.offer(known(3)));
}

TEST(LeasePool, AnOfferIsKeptForSecondsThenGivenToTheNext) {
  Bench bench(subnet("10.1.0.10", "10.1.0.10"));
  EXPECT_TRUE(bench.offer(known(1)));
  EXPECT_FALSE(bench.offer(known(2)));
  EXPECT_EQ(bench.pool.bind(known(2), ip("10.1.0.10"), bench.now), Grant::taken);
  bench.pass(LeasePool::offer_time);
  EXPECT_TRUE(bench.offer(known(2)));
  EXPECT_FALSE(bench.pool.last_lease(mac(2)));  // an offer is no lease
}

TEST(LeasePool, AnOfferThatEndedMayStillBeTakenUpWhileTheAddressIsFree) {
  Bench bench;
  const auto address = bench.offer(known(1));
  bench.pass(1min);
  EXPECT_EQ(bench.pool.bind(known(1), address.value(), bench.now), Grant::granted);
}

TEST(LeasePool, AClientGetsItsFormerAddressAgain) {
  Bench bench;
  const auto first = bench.lease(known(1));
  const auto second = bench.lease(known(2));
  EXPECT_TRUE(bench.pool.release(mac(1), *first, bench.now));
  bench.pass(3h);
  EXPECT_EQ(bench.offer(known(2)), second);
  EXPECT_EQ(bench.offer(known(1)), first);
  // Asking and not taking it up changes nothing.
  bench.pass(1min);
  EXPECT_EQ(bench.pool.last_lease(mac(1)), first);
  EXPECT_EQ(bench.lease(known(1)), first);
}

TEST(LeasePool, TheAddressIdleLongestIsGivenAwayFirst) {
  Bench bench;
  std::vector<Ipv4Address> held;
  for (unsigned i = 0; i < 10; ++i) {
    held.push_back(bench.lease(known(i)).value());
    bench.pass(1min);
  }
  bench.pass(2h);
  EXPECT_EQ(bench.lease(known(100)), held[0]);
  EXPECT_EQ(bench.lease(known(101)), held[1]);
  EXPECT_EQ(bench.offer(known(9)), held[9]);
  // Who lost its own gets another one.
  EXPECT_EQ(bench.offer(known(0)), held[2]);
}

TEST(LeasePool, ARenewalLastsTheWholeTimeAgain) {
  Bench bench;
  const auto address = bench.lease(known(1)).value();
  bench.pass(59min);
  EXPECT_EQ(bench.pool.bind(known(1), address, bench.now), Grant::granted);
  bench.pass(59min);
  bench.pool.sweep(bench.now);
  EXPECT_EQ(bench.pool.counts().leased, 1U);
  EXPECT_EQ(bench.pool.record(address, bench.now, bench.utc)->expires, bench.utc + 1min);
}

TEST(LeasePool, AWishIsGrantedWhereNobodyHasIt) {
  Bench bench;
  EXPECT_EQ(bench.offer(known(1), ip("10.1.0.17")), ip("10.1.0.17"));
  EXPECT_NE(bench.offer(known(2), ip("10.1.0.17")), ip("10.1.0.17"));
  EXPECT_NE(bench.offer(known(3), ip("10.1.0.1")), ip("10.1.0.1"));
  EXPECT_NE(bench.offer(known(4), ip("10.9.0.1")), ip("10.9.0.1"));
}

TEST(LeasePool, AnAddressThatSomebodyUsesIsSetAsideUnasked) {
  Bench bench;
  bench.used = {ip("10.1.0.10"), ip("10.1.0.11")};
  EXPECT_EQ(bench.lease(known(1)), ip("10.1.0.12"));
  EXPECT_EQ(bench.pool.set_aside(), (std::vector{ip("10.1.0.10"), ip("10.1.0.11")}));
  EXPECT_EQ(bench.pool.bind(known(2), ip("10.1.0.10"), bench.now), Grant::taken);
  bench.used.clear();
  bench.pass(LeasePool::aside_time);
  bench.pool.sweep(bench.now);
  EXPECT_TRUE(bench.pool.set_aside().empty());
  EXPECT_EQ(bench.pool.bind(known(2), ip("10.1.0.10"), bench.now), Grant::granted);
}

TEST(LeasePool, ADeclinedAddressIsSetAside) {
  Bench bench(subnet("10.1.0.10", "10.1.0.11"));
  const auto address = bench.lease(known(1)).value();
  EXPECT_FALSE(bench.pool.decline(mac(2), address, bench.now));  // not its lease
  EXPECT_TRUE(bench.pool.decline(mac(1), address, bench.now));
  EXPECT_EQ(bench.pool.record(address, bench.now, bench.utc)->state, LeaseState::declined);
  EXPECT_FALSE(bench.pool.last_lease(mac(1)));
  EXPECT_EQ(bench.lease(known(1)), ip("10.1.0.11"));
  EXPECT_FALSE(bench.offer(known(2)));
  bench.pass(LeasePool::aside_time);
  EXPECT_EQ(bench.offer(known(2)), address);
}

TEST(LeasePool, StrangersNeverTakeTheQuarterThatIsKeptForMachinesWeKnow) {
  Bench bench(subnet("10.1.1.0", "10.1.1.99"));
  unsigned leased = 0;
  for (unsigned i = 0; i < 500; ++i) leased += bench.lease(stranger(i)) ? 1 : 0;
  EXPECT_EQ(leased, 75U);
  for (unsigned i = 1000; i < 1025; ++i) EXPECT_TRUE(bench.lease(known(i)));
  EXPECT_FALSE(bench.offer(known(2000)));
  // A stranger that has a lease keeps it.
  const auto address = bench.pool.last_lease(mac(0)).value();
  EXPECT_EQ(bench.pool.bind(stranger(0), address, bench.now), Grant::granted);
  EXPECT_EQ(bench.pool.bind(stranger(400), ip("10.1.1.99"), bench.now), Grant::taken);
}

TEST(LeasePool, AMachineThatBootsForTheFirstTimeIsServedBesideAnyNumberOfStrangers) {
  Bench bench(subnet("10.1.1.0", "10.1.1.99"));
  const auto newcomer = [](unsigned number) {
    LeaseClient client = stranger(number);
    client.standing = Standing::newcomer;
    return client;
  };
  for (unsigned i = 0; i < 500; ++i) (void)bench.lease(stranger(i));
  const auto offered = bench.offer(newcomer(600)).value();
  for (unsigned i = 500; i < 600; ++i) (void)bench.offer(stranger(i));
  EXPECT_EQ(bench.pool.bind(newcomer(600), offered, bench.now), Grant::granted);
  // A flood of network boots stops at an eighth of the range, and even so the newest is answered.
  for (unsigned i = 1000; i < 1500; ++i) (void)bench.lease(newcomer(i));
  EXPECT_EQ(bench.pool.counts().leased, 87U);
  for (unsigned i = 2000; i < 2013; ++i) EXPECT_TRUE(bench.lease(known(i)));
  // Once it is known it counts no more.
  EXPECT_EQ(bench.pool.bind(known(600), offered, bench.now), Grant::granted);
  EXPECT_EQ(bench.pool.counts().newcomers, 11U);
}

TEST(LeasePool, ANewcomersOfferGivesWayToNewcomersOnlyAndToStrangersNever) {
  Bench bench(subnet("10.1.0.10", "10.1.0.17"));  // strangers may have 6, the unknown together 7
  for (unsigned i = 0; i < 6; ++i) EXPECT_TRUE(bench.offer(stranger(i)));
  LeaseClient newcomer = stranger(100);
  newcomer.standing = Standing::newcomer;
  const auto first = bench.offer(newcomer).value();
  newcomer.mac = mac(101);
  const auto second = bench.offer(newcomer).value();
  EXPECT_NE(first, second);
  for (unsigned i = 200; i < 300; ++i) {
    const auto other = bench.offer(stranger(i));
    EXPECT_TRUE(other && *other != first && *other != second);
  }
}

TEST(LeasePool, StrangersThatDeclineOneAddressAfterTheOtherDrainNoRange) {
  Bench bench(subnet("10.1.1.0", "10.1.1.99"));
  for (unsigned i = 0; i < 500; ++i) {
    if (const auto address = bench.lease(stranger(i)))
      EXPECT_TRUE(bench.pool.decline(mac(i), *address, bench.now));
  }
  for (unsigned i = 1000; i < 1025; ++i) EXPECT_TRUE(bench.lease(known(i)));
}

TEST(LeasePool, AFloodOfDiscoversHoldsFewAddressesAndTheOldestOfferGivesWay) {
  Bench bench(subnet("10.1.0.10", "10.1.255.200"));
  std::optional<Ipv4Address> early;
  for (unsigned i = 0; i < 50'000; ++i) {
    const auto address = bench.offer(stranger(i));
    ASSERT_TRUE(address);
    if (i == 40'000) early = address;
    bench.pass(10us);
  }
  EXPECT_EQ(bench.pool.counts().offered, LeasePool::stranger_offers_limit);
  EXPECT_TRUE(bench.lease(known(60'000)));
  // A real stranger whose offer gave way takes it up all the same.
  EXPECT_EQ(bench.pool.bind(stranger(40'000), early.value(), bench.now), Grant::granted);
  bench.pass(LeasePool::offer_time);
  bench.pool.sweep(bench.now);
  EXPECT_EQ(bench.pool.counts().offered, 0U);
  EXPECT_EQ(bench.pool.leases(bench.now, bench.utc).size(), 2U);
}

TEST(LeasePool, WhoRequestsComesBeforeAStrangerWhoWasOnlyOfferedTheAddress) {
  Bench bench(subnet("10.1.0.10", "10.1.0.11"));
  EXPECT_TRUE(bench.lease(known(9)));
  const auto first = bench.offer(stranger(1)).value();
  bench.pass(1s);
  EXPECT_EQ(bench.offer(stranger(2)), first);  // the share is one address: the newer offer has it
  EXPECT_EQ(bench.pool.bind(stranger(1), first, bench.now), Grant::granted);
  EXPECT_EQ(bench.pool.bind(stranger(2), first, bench.now), Grant::taken);
}

TEST(LeasePool, AddressesOfNoRangeAreAnothersToGive) {
  Bench bench;
  EXPECT_EQ(bench.pool.bind(known(1), ip("10.1.7.7"), bench.now), Grant::not_ours);
  EXPECT_EQ(bench.pool.bind(known(1), ip("10.2.0.10"), bench.now), Grant::not_ours);
}

TEST(LeasePool, ARestartForgetsNothing) {
  Bench before;
  const auto a = before.lease(known(1)).value();
  const auto b = before.lease(stranger(2)).value();
  const auto c = before.lease(known(3)).value();
  EXPECT_TRUE(before.pool.release(mac(2), b, before.now));
  EXPECT_TRUE(before.pool.decline(mac(3), c, before.now));
  std::vector<LeaseRecord> rows;
  for (const auto address : {a, b, c})
    rows.push_back(before.pool.record(address, before.now, before.utc).value());

  Bench after;  // its boot time has nothing to do with the other's
  after.now = BootTime(5s);
  after.utc = before.utc + 20min;
  const auto restore = [&after](const LeaseRecord& row) {
    after.pool.restore(row, Standing::known, after.now, after.utc);
  };
  std::ranges::for_each(rows, restore);
  EXPECT_EQ(after.pool.counts().leased, 1U);
  EXPECT_EQ(after.pool.record(a, after.now, after.utc)->expires, rows[0].expires);
  EXPECT_EQ(after.offer(known(2)), b);
  EXPECT_TRUE(after.pool.set_aside().empty());  // ten minutes are over
  after.pass(41min);
  after.pool.sweep(after.now);
  EXPECT_EQ(after.pool.counts().leased, 0U);
  EXPECT_EQ(after.offer(known(1)), a);
}

TEST(LeasePool, ARestoredLeaseLastsNoLongerThanItWasGrantedFor) {
  Bench before;
  const auto address = before.lease(known(1)).value();
  Bench after;
  after.utc = before.utc - 24h;  // the wall clock was set back
  after.pool.restore(*before.pool.record(address, before.now, before.utc), Standing::known, after.now,
                     after.utc);
  after.pass(61min);
  after.pool.sweep(after.now);
  EXPECT_EQ(after.pool.counts().leased, 0U);
}

TEST(LeasePool, RestoredRowsThatNoLongerFitAreLeftOut) {
  Bench bench(subnet("10.1.0.10", "10.1.0.19"), {{mac(7), ip("10.1.0.12"), ""}});
  LeaseRecord row;
  row.mac = mac(1);
  row.expires = bench.utc + 1h;
  for (const auto* const text : {"10.1.0.12", "10.1.0.5", "10.1.0.200", "192.168.1.1"}) {
    row.address = ip(text);
    bench.pool.restore(row, Standing::known, bench.now, bench.utc);
  }
  EXPECT_EQ(bench.pool.counts().leased, 0U);
  row.address = ip("10.1.0.12");
  row.mac = mac(7);
  row.state = LeaseState::declined;
  bench.pool.restore(row, Standing::known, bench.now, bench.utc);
  EXPECT_EQ(bench.pool.counts().leased, 0U);
}

TEST(LeasePool, OneMachineHasOneAddress) {
  Bench bench;
  const auto first = bench.lease(known(1)).value();
  EXPECT_EQ(bench.pool.bind(known(1), ip("10.1.0.19"), bench.now), Grant::granted);
  EXPECT_EQ(bench.pool.counts().leased, 1U);
  EXPECT_EQ(bench.pool.bind(known(2), first, bench.now), Grant::granted);
  EXPECT_EQ(bench.pool.last_lease(mac(1)), ip("10.1.0.19"));
}

TEST(LeasePool, TellsWhichAddressesComeNext) {
  Bench bench(subnet("10.1.0.10", "10.1.0.12"));
  EXPECT_EQ(bench.pool.next_candidates(2), (std::vector{ip("10.1.0.10"), ip("10.1.0.11")}));
  const auto first = bench.lease(known(1)).value();
  EXPECT_EQ(bench.pool.next_candidates(8), (std::vector{ip("10.1.0.11"), ip("10.1.0.12")}));
  EXPECT_TRUE(bench.pool.release(mac(1), first, bench.now));
  EXPECT_EQ(bench.pool.next_candidates(8), (std::vector{ip("10.1.0.11"), ip("10.1.0.12"), first}));
}
