#include "pxe/dhcp/lease_watch.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

using Change = LeaseWatch::Change;
using Reach = LeaseWatch::Reach;

const RivalServer dnsmasq{*Ipv4Address::parse("10.77.0.1"), MacAddress::parse("02:00:00:00:00:99")};
const RivalServer other{*Ipv4Address::parse("10.77.0.2"), std::nullopt};

BootTime at(Duration since) {
  return BootTime(1h) + since;
}
LeaseWatch watch(OnRival on_rival = OnRival::wait, Reach reach = Reach::our_link) {
  return {"vlan7", on_rival, reach};
}

}  // namespace

TEST(LeaseWatch, LooksBeforeItServesAndServesWhenNobodyAnswers) {
  auto watched = watch();
  EXPECT_EQ(watched.stage(), LeaseStage::waiting);
  EXPECT_EQ(watched.next_look(), BootTime::max());
  watched.on_restored(at(0s));
  EXPECT_EQ(watched.stage(), LeaseStage::searching);
  EXPECT_EQ(watched.next_look(), at(0s));
  EXPECT_EQ(watched.on_search(std::nullopt, at(3s)), Change{});
  EXPECT_EQ(watched.stage(), LeaseStage::serving);
  EXPECT_EQ(watched.next_look(), at(3s) + 5min);
  EXPECT_FALSE(watched.finding(std::nullopt, at(3s)));
}

TEST(LeaseWatch, HoldsBackWhileAnotherAnswersAndLooksEveryMinute) {
  auto watched = watch();
  watched.on_restored(at(0s));
  EXPECT_EQ(watched.on_search(dnsmasq, at(3s)).appeared, dnsmasq);
  EXPECT_EQ(watched.stage(), LeaseStage::held);
  EXPECT_EQ(watched.next_look(), at(63s));
  EXPECT_TRUE(
      watched.finding(std::nullopt, at(4s))
          ->starts_with("another DHCP server answers on vlan7: 10.77.0.1 (02:00:00:00:00:99). No address "
                        "is handed out until it is gone"));
  EXPECT_EQ(watched.on_search(dnsmasq, at(63s)), Change{});
  EXPECT_EQ(watched.on_search(other, at(120s)).appeared, other);
  watched.look_again(at(130s));
  EXPECT_EQ(watched.next_look(), at(130s));
  EXPECT_EQ(watched.on_search(std::nullopt, at(133s)).gone, other);
  EXPECT_EQ(watched.stage(), LeaseStage::serving);
  EXPECT_FALSE(watched.finding(std::nullopt, at(133s)));
}

TEST(LeaseWatch, WhoWasToldToServesBesideARivalAndSaysSo) {
  auto watched = watch(OnRival::serve);
  watched.on_restored(at(0s));
  EXPECT_EQ(watched.on_search(dnsmasq, at(3s)).appeared, dnsmasq);
  EXPECT_EQ(watched.stage(), LeaseStage::serving);
  EXPECT_TRUE(
      watched.finding(std::nullopt, at(3s))->ends_with("Both hand out addresses: switch one of them off"));
}

TEST(LeaseWatch, ARivalThatComesLaterIsNamedAndTakesNobodyTheirLease) {
  auto watched = watch();
  watched.on_restored(at(0s));
  (void)watched.on_search(std::nullopt, at(3s));
  EXPECT_EQ(watched.on_search(dnsmasq, at(303s)).appeared, dnsmasq);
  EXPECT_EQ(watched.stage(), LeaseStage::serving);
  EXPECT_TRUE(watched.finding(std::nullopt, at(303s)));
}

TEST(LeaseWatch, ASearchThatCannotBeMadeChangesNothingThatIsKnown) {
  auto held = watch();
  held.on_restored(at(0s));
  (void)held.on_search(dnsmasq, at(3s));
  held.on_search_failed(at(63s));
  EXPECT_EQ(held.stage(), LeaseStage::held);
  EXPECT_EQ(held.next_look(), at(123s));
  auto first = watch();
  first.on_restored(at(0s));
  first.on_search_failed(at(1s));  // logged: there is nobody to wait for
  EXPECT_EQ(first.stage(), LeaseStage::serving);
}

TEST(LeaseWatch, AServerOfRelayedSubnetsOnlyNeverLooks) {
  auto watched = watch(OnRival::wait, Reach::relayed);
  watched.on_restored(at(0s));
  EXPECT_EQ(watched.stage(), LeaseStage::serving);
  watched.look_again(at(1s));
  EXPECT_EQ(watched.next_look(), BootTime::max());
}

TEST(LeaseWatch, AServerThatAClientChoseIsNamedForTenMinutes) {
  auto watched = watch();
  watched.on_restored(at(0s));
  (void)watched.on_search(std::nullopt, at(3s));
  const LeaseWatch::Overheard overheard{other.server, at(10s)};
  EXPECT_TRUE(watched.finding(overheard, at(10s))->find("10.77.0.2. Both") != std::string::npos);
  EXPECT_TRUE(watched.finding(overheard, at(609s)));
  EXPECT_FALSE(watched.finding(overheard, at(610s)));
}

TEST(LeaseWatch, NobodyCanMakeItLookBeforeTheStoreIsOpen) {
  auto watched = watch();
  watched.look_again(at(0s));
  EXPECT_EQ(watched.next_look(), BootTime::max());
  EXPECT_EQ(name(watched.stage()), "waiting");
}
