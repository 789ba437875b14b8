#include "daemon/address/claim.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon;
using namespace std::chrono_literals;

namespace {

const MacAddress own = *MacAddress::parse("52:54:00:12:34:56");
const MacAddress other = *MacAddress::parse("02:00:00:00:00:01");
const Ipv4Address address = *Ipv4Address::parse("10.1.1.5");
const Ipv4Address neighbour = *Ipv4Address::parse("10.1.1.9");

/// Runs a claim under a clock of its own and writes down what it wants done: "P" probe, "A" announcement, "+"
/// claimed, "X" conflict.
struct Script {
  explicit Script(std::uint64_t seed = 1) : random(seed) {}

  void take(const ClaimActions& actions) {
    for (const auto& action : actions) {
      if (const auto* send = std::get_if<SendArp>(&action)) {
        log += send->packet.sender_ip.is_unspecified() ? "P" : "A";
        EXPECT_EQ(send->packet.sender_mac, own);
        EXPECT_EQ(send->packet.target_ip, address);
        sent_at.push_back(now);
      } else if (const auto* refused = std::get_if<Conflict>(&action)) {
        log += "X";
        conflicting = refused->other;
      } else {
        log += "+";
        claimed_at = now;
      }
    }
  }
  void begin() { take(claim.begin(now, random)); }
  /// Lets time pass to the next deadline.
  void tick() {
    now = claim.deadline();
    take(claim.on_deadline(now, random));
  }
  void hold() {
    begin();
    while (claim.state() == Claim::State::probing) tick();
  }
  void hear(ArpPacket packet) { take(claim.on_arp(packet, now)); }

  Claim claim{own, address};
  SeededRandom random;
  BootTime now{100s};
  std::string log;
  std::vector<BootTime> sent_at;
  BootTime claimed_at{};
  MacAddress conflicting;
};

ArpPacket reply_from(MacAddress mac) {
  return {ArpOperation::reply, mac, address, own, Ipv4Address{}};
}

}  // namespace

TEST(Claim, ProbesThreeTimesThenTakesAndAnnouncesTwice) {
  Script script;
  script.hold();
  EXPECT_EQ(script.log, "PPP+A");
  EXPECT_EQ(script.claim.state(), Claim::State::holding);
  script.tick();
  EXPECT_EQ(script.log, "PPP+AA");
  EXPECT_EQ(script.claim.deadline(), BootTime::max());
}

TEST(Claim, KeepsTheIntervalsOfTheRfcAndEndsWithinSevenSeconds) {
  bool waits_differ = false;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Script script(seed);
    const BootTime start = script.now;
    script.hold();
    ASSERT_EQ(script.sent_at.size(), 4U);
    EXPECT_LE(script.sent_at[0] - start, 1s);
    for (int i = 1; i < 3; ++i) {
      const auto gap =
          script.sent_at[static_cast<std::size_t>(i)] - script.sent_at[static_cast<std::size_t>(i) - 1];
      EXPECT_GE(gap, 1s);
      EXPECT_LE(gap, 2s);
      waits_differ = waits_differ || gap > 1500ms;
    }
    EXPECT_EQ(script.claimed_at - script.sent_at[2], 2s);
    EXPECT_LT(script.claimed_at - start, 7s);
    EXPECT_GE(script.claimed_at - start, 4s);
  }
  EXPECT_TRUE(waits_differ);
}

TEST(Claim, AConflictAtAnyMomentOfProbingTouchesNothing) {
  for (int ticks = 0; ticks <= 3; ++ticks) {
    Script script;
    script.begin();
    for (int i = 0; i < ticks; ++i) script.tick();
    ASSERT_EQ(script.claim.state(), Claim::State::probing);
    script.hear(reply_from(other));
    EXPECT_EQ(script.claim.state(), Claim::State::refused);
    EXPECT_EQ(script.conflicting, other);
    EXPECT_EQ(script.log, std::string(static_cast<std::size_t>(ticks), 'P') + "X");
    EXPECT_EQ(script.claim.deadline(), BootTime::max());
  }
}

TEST(Claim, SomebodyElsesProbeForTheAddressIsAConflict) {
  Script script;
  script.begin();
  script.hear(arp_probe(other, address));
  EXPECT_EQ(script.claim.state(), Claim::State::refused);
}

TEST(Claim, OurOwnFramesAndOrdinaryTrafficAreNot) {
  Script script;
  script.begin();
  script.tick();
  script.hear(arp_probe(own, address));  // reflected by a bridge
  script.hear(arp_announcement(other, neighbour));
  script.hear(arp_probe(other, neighbour));
  script.hear({ArpOperation::request, other, neighbour, MacAddress{}, address});  // "who has it?"
  EXPECT_EQ(script.claim.state(), Claim::State::probing);
  EXPECT_EQ(script.log, "P");
}

TEST(Claim, ResumeAnnouncesWithoutAProbe) {
  Script script;
  script.take(script.claim.resume(script.now));
  script.tick();
  EXPECT_EQ(script.log, "+AA");
}

TEST(Claim, DefendsOnceAndGivesUpAtASecondConflictWithinTenSeconds) {
  Script script;
  script.hold();
  script.tick();
  script.hear(reply_from(other));
  EXPECT_EQ(script.log, "PPP+AAA");
  EXPECT_EQ(script.claim.state(), Claim::State::holding);
  script.now += 9s;
  script.hear(reply_from(other));
  EXPECT_EQ(script.log, "PPP+AAAX");
  EXPECT_EQ(script.claim.state(), Claim::State::lost);
  EXPECT_EQ(script.conflicting, other);
}

TEST(Claim, DefendsAgainAfterTenQuietSeconds) {
  Script script;
  script.hold();
  for (int i = 0; i < 5; ++i) {
    script.now += 11s;
    script.hear(reply_from(other));
  }
  EXPECT_EQ(script.log, "PPP+AAAAAA");
  EXPECT_EQ(script.claim.state(), Claim::State::holding);
}

TEST(Claim, AProbeWhileHoldingIsAnsweredByTheKernelNotByUs) {
  Script script;
  script.hold();
  script.hear(arp_probe(other, address));
  EXPECT_EQ(script.log, "PPP+A");
}

TEST(Claim, NothingMovesBeforeItsDeadlineOrAfterItsEnd) {
  Script script;
  script.begin();
  EXPECT_TRUE(script.claim.on_deadline(script.claim.deadline() - 1ns, script.random).empty());
  script.hear(reply_from(other));
  EXPECT_TRUE(script.claim.on_deadline(script.now + 1h, script.random).empty());
  EXPECT_TRUE(script.claim.on_arp(reply_from(other), script.now).empty());
}

TEST(Claim, ALinkThatComesUpWhileProbingStartsTheProbesOver) {
  Script script;
  script.begin();
  script.tick();
  script.tick();
  script.take(script.claim.on_link_up(script.now, script.random));
  while (script.claim.state() == Claim::State::probing) script.tick();
  EXPECT_EQ(script.log, "PPPPP+A");
}

TEST(Claim, ALinkThatComesUpWhileHoldingIsAskedAndToldAgain) {
  Script script;
  script.hold();
  script.tick();
  ASSERT_EQ(script.log, "PPP+AA");
  script.now += 1h;
  script.take(script.claim.on_link_up(script.now, script.random));
  while (script.claim.deadline() != BootTime::max()) script.tick();
  EXPECT_EQ(script.log, "PPP+AAPPPAA");
  EXPECT_EQ(script.claim.state(), Claim::State::holding);
}

TEST(Claim, WhoeverAnswersTwiceBehindALinkThatCameUpKeepsTheAddress) {
  Script script;
  script.hold();
  script.tick();
  script.now += 1h;
  script.take(script.claim.on_link_up(script.now, script.random));
  script.tick();
  script.hear(reply_from(other));  // defended once
  script.tick();
  script.hear(reply_from(other));
  EXPECT_EQ(script.log, "PPP+AAPAPX");
  EXPECT_EQ(script.claim.state(), Claim::State::lost);
  EXPECT_EQ(script.claim.deadline(), BootTime::max());
}

TEST(Claim, ALinkThatComesUpMeansNothingBeforeAndAfter) {
  Script script;
  script.take(script.claim.on_link_up(script.now, script.random));
  EXPECT_EQ(script.claim.state(), Claim::State::idle);
  script.begin();
  script.hear(reply_from(other));
  script.take(script.claim.on_link_up(script.now, script.random));
  EXPECT_EQ(script.log, "X");
  EXPECT_EQ(script.claim.deadline(), BootTime::max());
}
