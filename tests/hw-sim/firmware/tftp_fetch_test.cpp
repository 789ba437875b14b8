#include "hw-sim/firmware/tftp_fetch.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::hw_sim;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr BootTime start_time{};

Bytes packet(std::uint16_t opcode, std::string_view text) {
  ByteWriter out(500);
  out.u16be(opcode);
  out.text(text);
  return std::move(out).finish();
}

Bytes block(std::uint32_t number, std::size_t size) {
  ByteWriter out(2000);
  out.u16be(3);
  out.u16be(static_cast<std::uint16_t>(number));
  out.fill(size, 'x');
  return std::move(out).finish();
}

/// A transfer that has sent its request at time 0; the server answers from port 40000.
struct Bench {
  TftpFetch fetch;
  explicit Bench(TftpRequest request) : fetch(std::move(request), {1s, 3}) { (void)fetch.start(start_time); }

  std::vector<TftpSend> oack(std::string_view options) {
    return fetch.on_datagram(40000, packet(6, options), start_time);
  }
  /// The block number acknowledged in answer; -1 for silence.
  int data(std::uint32_t number, std::size_t size) {
    return acked(fetch.on_datagram(40000, block(number, size), start_time));
  }
  static int acked(const std::vector<TftpSend>& sends) {
    if (sends.size() != 1 || sends[0].datagram.size() != 4 || sends[0].datagram[1] != 4) return -1;
    return sends[0].datagram[2] << 8 | sends[0].datagram[3];
  }
  const TftpFailure& failure() const { return std::get<TftpFailure>(fetch.outcome().value()); }
  const TftpFile& file() const { return std::get<TftpFile>(fetch.outcome().value()); }
};

}  // namespace

TEST(TftpFetch, ProbesTheSizeAsEdk2DoesAndAborts) {
  TftpFetch fetch({"snponly.efi", true, 1468, 4}, {});
  const auto request = fetch.start(start_time);
  EXPECT_EQ(as_text(request.at(0).datagram),
            "\0\1snponly.efi\0octet\0tsize\0"
            "0\0blksize\0"
            "1468\0windowsize\0"
            "4\0"sv);
  const auto answer = fetch.on_datagram(40000, packet(6, "tsize\000274944\0blksize\0001468\0"sv), start_time);
  EXPECT_EQ(answer.at(0).datagram[1], 5);
  EXPECT_EQ(std::get<TftpFile>(fetch.outcome().value()).announced_size, 274944U);
}

TEST(TftpFetch, AcknowledgesOncePerWindowAndEndsWithTheShortBlock) {
  Bench bench({"f", false, 1024, 4});
  EXPECT_EQ(Bench::acked(bench.oack("blksize\0001024\0windowsize\0004\0"sv)), 0);
  for (std::uint16_t number = 1; number <= 3; ++number) EXPECT_EQ(bench.data(number, 1024), -1);
  EXPECT_EQ(bench.data(4, 1024), 4);
  EXPECT_EQ(bench.data(5, 10), 5);
  EXPECT_EQ(bench.file().content.size(), 4U * 1024 + 10);
}

TEST(TftpFetch, ReportsAGapOnceAndTakesTheRepeatedBlocks) {
  Bench bench({"f", false, 1024, 4});
  (void)bench.oack("blksize\0001024\0windowsize\0004\0"sv);
  (void)bench.data(1, 1024);
  EXPECT_EQ(bench.data(3, 1024), 1);
  EXPECT_EQ(bench.data(4, 1024), -1);
  EXPECT_EQ(bench.data(2, 1024), -1);
  EXPECT_EQ(bench.data(3, 1), 3);
}

TEST(TftpFetch, RepeatsItsAckForTheBlockBeforeAndForNoOlderOne) {
  Bench bench({"f", false, 512, 1});
  EXPECT_EQ(bench.data(1, 512), 1);
  EXPECT_EQ(bench.data(2, 512), 2);
  EXPECT_EQ(bench.data(2, 512), 2);
  EXPECT_EQ(bench.data(1, 512), -1);
}

TEST(TftpFetch, AsksForATimeoutAndTakesNoOther) {
  TftpRequest request{.file = "f", .block_size = 512, .timeout = 3};
  TftpFetch fetch(request, {});
  EXPECT_TRUE(as_text(fetch.start(start_time).at(0).datagram).ends_with("\0timeout\0003\0"sv));
  Bench agreed(request);
  EXPECT_EQ(Bench::acked(agreed.oack("timeout\0003\0"sv)), 0);
  Bench other(request);
  (void)other.oack("timeout\0004\0"sv);
  EXPECT_EQ(other.failure().reason, TftpFailure::Reason::bad_options);
  Bench unasked({.file = "f", .block_size = 512});
  (void)unasked.oack("timeout\0003\0"sv);
  EXPECT_EQ(unasked.failure().reason, TftpFailure::Reason::bad_options);
}

TEST(TftpFetch, BlockNumbersWrap) {
  Bench bench({"f", false, 8, 1});
  (void)bench.oack("blksize\0008\0"sv);
  for (std::uint32_t number = 1; number <= 70000; ++number) {
    ASSERT_EQ(bench.data(number, 8), static_cast<std::uint16_t>(number));
  }
  (void)bench.data(70001, 0);
  EXPECT_EQ(bench.file().content.size(), 70000U * 8);
}

TEST(TftpFetch, RepeatsTheRequestThenGivesUp) {
  Bench bench({"f"});
  EXPECT_EQ(bench.fetch.on_deadline(start_time + 1s).size(), 1U);
  EXPECT_EQ(bench.fetch.on_deadline(start_time + 2s).at(0).port, 69);
  EXPECT_TRUE(bench.fetch.on_deadline(start_time + 3s).empty());
  EXPECT_EQ(bench.failure().reason, TftpFailure::Reason::timed_out);
}

TEST(TftpFetch, TellsAStrangerThatItsTransferIsUnknown) {
  Bench bench({"f", false, 512, 1});
  (void)bench.data(1, 512);
  const auto answer = bench.fetch.on_datagram(40001, block(2, 512), start_time);
  EXPECT_EQ(answer.at(0).port, 40001);
  EXPECT_EQ(answer.at(0).datagram[3], 5);
  EXPECT_FALSE(bench.fetch.outcome());
}

TEST(TftpFetch, RefusesOptionsNobodyAskedFor) {
  for (const auto options :
       {"blksize\0002000\0"sv, "windowsize\0009\0"sv, "tsize\0x\0"sv, "timeout\0001\0"sv, "tsize"sv}) {
    Bench bench({"f", false, 1468, 4});
    (void)bench.oack(options);
    EXPECT_EQ(bench.failure().reason, TftpFailure::Reason::bad_options);
  }
}

TEST(TftpFetch, StopsAtItsLimit) {
  Bench bench({"f", false, 512, 1, 1000});
  (void)bench.data(1, 512);
  (void)bench.data(2, 512);
  EXPECT_EQ(bench.failure().reason, TftpFailure::Reason::too_large);
}

TEST(TftpFetch, AnErrorPacketEndsItWithItsText) {
  Bench bench({"f"});
  (void)bench.fetch.on_datagram(40000, packet(5, "\0\1nope\0"sv), start_time);
  EXPECT_EQ(bench.failure().code, 1);
  EXPECT_EQ(bench.failure().text, "nope");
}
