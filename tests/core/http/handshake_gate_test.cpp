#include "core/http/handshake_gate.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

constexpr BootTime start{1h};
const Ipv4Address one(0x0a000001), other(0x0a000002);
using Why = HandshakeGate::Why;

std::optional<Why> why(const std::optional<HandshakeGate::Refusal>& refused) {
  return refused ? std::optional(refused->why) : std::nullopt;
}

/// One that ends at once.
std::optional<Why> shake(HandshakeGate& gate, Ipv4Address peer, BootTime now) {
  const auto refused = gate.begin(peer, now);
  if (!refused) gate.end(peer);
  return why(refused);
}

}  // namespace

TEST(HandshakeGate, LetsAPeerBeginSoManyAtOnceAndThenOneEverySoOften) {
  HandshakeGate gate({.rate = {3, 10s}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(shake(gate, one, start), std::nullopt) << i;
  EXPECT_EQ(shake(gate, one, start), Why::too_often);
  EXPECT_EQ(shake(gate, other, start), std::nullopt) << "another one is not held up";
  EXPECT_EQ(shake(gate, one, start + 9s), Why::too_often);
  EXPECT_EQ(shake(gate, one, start + 10s), std::nullopt) << "what was refused did not count";
  EXPECT_EQ(shake(gate, one, start + 10s), Why::too_often);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(shake(gate, one, start + 1min), std::nullopt) << i;
}

TEST(HandshakeGate, BoundsThoseUnderWayOfAPeerAndInAll) {
  HandshakeGate gate({.under_way_of_peer = 2, .under_way = 3});
  EXPECT_FALSE(gate.begin(one, start));
  EXPECT_FALSE(gate.begin(one, start));
  EXPECT_EQ(why(gate.begin(one, start)), Why::peer_full);
  EXPECT_FALSE(gate.begin(other, start));
  EXPECT_EQ(why(gate.begin(other, start)), Why::full);
  EXPECT_EQ(gate.under_way(), 3U);
  gate.end(one);
  EXPECT_FALSE(gate.begin(other, start)) << "an end makes room";
  gate.end(one);
  gate.end(other);
  gate.end(other);
  EXPECT_EQ(gate.under_way(), 0U);
}

TEST(HandshakeGate, ABurstIsWorthOneLineHoweverManyComeAndFromHoweverMany) {
  HandshakeGate gate({.rate = {1, 1h}});
  unsigned lines = 0;
  const auto refuse = [&](Ipv4Address peer, BootTime now) {
    const auto refused = gate.begin(peer, now);
    if (refused && refused->worth_a_line) ++lines;
  };
  for (int i = 0; i < 100; ++i) refuse(one, start + i * 100ms);
  EXPECT_EQ(lines, 1U);
  refuse(one, start + 2min);
  EXPECT_EQ(lines, 2U) << "another burst";
  for (std::uint32_t i = 0; i < 1000; ++i) {
    for (int again = 0; again < 3; ++again) refuse(Ipv4Address(0x0b000000 + i), start + 4min);
  }
  EXPECT_EQ(lines, 18U) << "sixteen of a thousand";
}

TEST(HandshakeGate, RemembersSoManyPeers) {
  HandshakeGate gate({.rate = {1, 1h}, .peers_remembered = 2});
  EXPECT_EQ(shake(gate, one, start), std::nullopt);
  EXPECT_EQ(shake(gate, other, start + 1s), std::nullopt);
  EXPECT_EQ(shake(gate, Ipv4Address(0x0a000003), start + 2s), std::nullopt);
  EXPECT_EQ(shake(gate, other, start + 3s), Why::too_often);
  EXPECT_EQ(shake(gate, one, start + 3s), std::nullopt) << "the quietest was forgotten";
}
