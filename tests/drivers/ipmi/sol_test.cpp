// SOL packets by golden bytes, and the console's end of a line by scripts: feed, expect, advance.

#include "drivers/ipmi/sol.hpp"

#include <gtest/gtest.h>

#include "drivers/ipmi/sol_line.hpp"

using namespace colony;
using namespace colony::drivers::ipmi;
using namespace std::chrono_literals;

namespace {

using Payloads = std::vector<core::Bytes>;

core::Bytes bytes(std::string_view hex) {
  return *core::parse_hex(hex);
}
std::string text(const core::Bytes& from) {
  return std::string(core::as_text(from));
}
core::Bytes from_bmc(std::uint8_t sequence, std::string_view data, std::uint8_t status = 0) {
  return encode(SolPacket{.sequence = sequence, .flags = status, .data = core::as_bytes(data)});
}
core::Bytes ack(std::uint8_t number, std::uint8_t accepted, bool nack = false) {
  return encode(SolPacket{.ack = number, .accepted = accepted, .nack = nack, .data = {}});
}

struct SolLineBench : ::testing::Test {
  core::BootTime now{};
  SolLine line{SolActivation{.to_bmc = 12, .from_bmc = 200, .port = 623}};  // eight characters at once
};

}  // namespace

TEST(SolPacketCodec, GoldenBytesBothWays) {
  const auto golden = bytes("0203054c6869");
  const auto data = decode_sol(golden);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->sequence, 2);
  EXPECT_EQ(data->ack, 3);
  EXPECT_EQ(data->accepted, 5);
  EXPECT_TRUE(data->nack);
  EXPECT_EQ(data->flags, sol_status::overrun | sol_status::break_seen);
  EXPECT_EQ(core::as_text(data->data), "hi");
  EXPECT_EQ(encode(*data), bytes("0203054c6869"));
  EXPECT_EQ(ack(7, 2), bytes("00070200"));
}

TEST(SolPacketCodec, EveryPrefixOfTheHeaderFails) {
  const auto whole = bytes("00070200");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(decode_sol(core::ByteView(whole).first(size)).error(), IpmiError::truncated) << size;
  }
}

TEST(SolPacketCodec, RefusesDataWithoutANumberAndTooMuchOfIt) {
  EXPECT_EQ(decode_sol(bytes("0000000041")).error(), IpmiError::bad_payload);
  EXPECT_EQ(decode_sol(core::Bytes(4 + 256, 1)).error(), IpmiError::trailing_bytes);
}

TEST(SolPacketCodec, CommandsAreThoseOfTheStandard) {
  EXPECT_EQ(activate_sol().code, 0x48);
  EXPECT_EQ(activate_sol().data, bytes("0101c4000000"));
  EXPECT_EQ(deactivate_sol().data, bytes("010100000000"));
  const auto activation = parse_activate_sol(bytes("00000000c800f0006f02ffff"));
  ASSERT_TRUE(activation);
  EXPECT_EQ(activation->to_bmc, 200);
  EXPECT_EQ(activation->from_bmc, 240);
  EXPECT_EQ(activation->port, 623);
  const auto whole = bytes("00000000c800f0006f02");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_activate_sol(core::ByteView(whole).first(size))) << size;
  }
  EXPECT_EQ(parse_sol_instance(bytes("78563412")), 0x12345678U);
  EXPECT_FALSE(parse_sol_instance(bytes("785634")));
}

TEST_F(SolLineBench, GivesCharactersOnceAndAnswersEachPacket) {
  auto step = line.on_payload(from_bmc(1, "boot"), now);
  EXPECT_EQ(text(step.output), "boot");
  EXPECT_EQ(step.send, Payloads{ack(1, 4)});
  step = line.on_payload(from_bmc(1, "boot"), now);  // our answer was lost
  EXPECT_EQ(text(step.output), "");
  EXPECT_EQ(step.send, Payloads{ack(1, 4)});
  step = line.on_payload(from_bmc(1, "booting"), now);  // and meanwhile it has grown
  EXPECT_EQ(text(step.output), "ing");
  EXPECT_EQ(text(line.on_payload(from_bmc(2, "!"), now).output), "!");
}

TEST_F(SolLineBench, ALateRepetitionOfAnOlderPacketGivesNothing) {
  (void)line.on_payload(from_bmc(5, "five"), now);
  (void)line.on_payload(from_bmc(6, "six"), now);
  const auto step = line.on_payload(from_bmc(5, "five"), now);
  EXPECT_TRUE(step.output.empty());
  EXPECT_TRUE(step.send.empty());
}

TEST_F(SolLineBench, NumbersWrapFromFifteenToOne) {
  std::string all;
  for (unsigned i = 0; i < 40; ++i) {
    const auto step = line.on_payload(from_bmc(static_cast<std::uint8_t>(i % 15 + 1), "x"), now);
    all += text(step.output);
  }
  EXPECT_EQ(all.size(), 40U);
}

TEST_F(SolLineBench, CollectsWhatIsTypedWhileAPacketIsUnderWay) {
  auto step = line.type(core::as_bytes("l"), now);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->send, Payloads{bytes("010000006c")});
  EXPECT_TRUE(line.type(core::as_bytes("s -la /var/log\r"), now)->send.empty());
  const auto next = line.on_payload(ack(1, 1), now);
  EXPECT_EQ(next.send, Payloads{encode(SolPacket{.sequence = 2, .data = core::as_bytes("s -la /v")})});
}

TEST_F(SolLineBench, SendsAgainUnderTheSameNumberAndGivesUpInTheEnd) {
  const auto first = line.type(core::as_bytes("x"), now);
  unsigned sends = 1;
  std::optional<SolEnd> end;
  while (line.deadline()) {
    now = *line.deadline();
    const auto step = line.on_time(now);
    for (const auto& payload : step.send) EXPECT_EQ(payload, first->send.front());
    sends += static_cast<unsigned>(step.send.size());
    end = step.end;
  }
  EXPECT_EQ(sends, 7U);
  EXPECT_EQ(end, SolEnd::no_answer);
  EXPECT_TRUE(line.over());
  EXPECT_FALSE(line.type(core::as_bytes("y"), now));
}

TEST_F(SolLineBench, WhatWasNotTakenGoesIntoTheNextPacket) {
  (void)line.type(core::as_bytes("abcdef"), now);
  const auto step = line.on_payload(ack(1, 2), now);
  EXPECT_EQ(step.send, Payloads{encode(SolPacket{.sequence = 2, .data = core::as_bytes("cdef")})});
}

TEST_F(SolLineBench, AMachineThatTakesNothingDoesNotEndTheLine) {
  (void)line.type(core::as_bytes("x"), now);
  while (line.deadline()) {
    (void)line.on_payload(ack(1, 0, true), now);
    now = *line.deadline();
    EXPECT_FALSE(line.on_time(now).end);
  }
  EXPECT_FALSE(line.over());
  EXPECT_EQ(line.refused(), 1U);
  EXPECT_EQ(line.type(core::as_bytes("y"), now)->send.size(), 1U);
}

TEST_F(SolLineBench, ARepeatedAnswerTakesNothingOfTheNextPacket) {
  (void)line.type(core::as_bytes("a"), now);
  (void)line.type(core::as_bytes("b"), now);
  EXPECT_EQ(line.on_payload(ack(1, 1), now).send.size(), 1U);
  EXPECT_TRUE(line.on_payload(ack(1, 1), now).send.empty());
  EXPECT_TRUE(line.deadline());
}

TEST_F(SolLineBench, BreakGoesOutAloneOrWithCharacters) {
  EXPECT_EQ(line.send_break(now).send, Payloads{bytes("01000010")});
  (void)line.on_payload(ack(1, 0), now);
  EXPECT_FALSE(line.deadline());
}

TEST_F(SolLineBench, EndsWhenTheBmcSaysSo) {
  const auto step = line.on_payload(from_bmc(0, "", sol_status::deactivated), now);
  EXPECT_EQ(step.end, SolEnd::deactivated);
  EXPECT_TRUE(line.over());
}

TEST_F(SolLineBench, TakesAllOfAPasteOrNothing) {
  EXPECT_TRUE(line.type(core::Bytes(SolLine::max_waiting, 'x'), now));
  EXPECT_FALSE(line.type(core::Bytes(9, 'x'), now));
  EXPECT_TRUE(line.type(core::Bytes(8, 'x'), now));  // as many as the first packet took out
}
