#include "pxe/tftp/block_limits.hpp"

#include <gtest/gtest.h>

#include "pxe/tftp/sender.hpp"

using namespace colony::core;
using namespace colony::pxe::tftp;
using namespace std::chrono_literals;

namespace {

const BootTime start = BootTime(1h);
const Ipv4Address client = *Ipv4Address::parse("10.1.1.20");

}  // namespace

TEST(TftpBlockLimits, ABlockFitsTheRoutesMtu) {
  EXPECT_EQ(block_within(65464, 1500), 1468);
  EXPECT_EQ(block_within(1428, 1500), 1428);
  EXPECT_EQ(block_within(1428, 1400), 1368);
  EXPECT_EQ(block_within(65464, 65536), 65464);
  EXPECT_EQ(block_within(1428, 68), 512) << "RFC 791's smallest MTU: IP's fragments carry it";
  EXPECT_EQ(block_within(100, 68), 100);
}

TEST(TftpBlockLimits, AClientThatLostBlocksGetsSmallOnesForAnHour) {
  BlockLimits limits;
  EXPECT_EQ(limits.limit(client, 1428, start), 1428);
  limits.on_blocks_lost(client, start);
  EXPECT_EQ(limits.limit(client, 1428, start + 59min), 512);
  EXPECT_EQ(limits.limit(client, 256, start), 256);
  EXPECT_EQ(limits.limit(*Ipv4Address::parse("10.1.1.21"), 1428, start), 1428);
  EXPECT_EQ(limits.limit(client, 1428, start + 1h), 1428);
}

TEST(TftpBlockLimits, RemembersABoundedNumberAndForgetsTheOldestFirst) {
  BlockLimits limits;
  for (std::uint32_t i = 0; i <= BlockLimits::capacity; ++i) {
    limits.on_blocks_lost(Ipv4Address(0x0a010000U + i), start + std::chrono::seconds(i));
  }
  EXPECT_EQ(limits.limit(Ipv4Address(0x0a010000U), 1428, start + 5min), 1428);
  EXPECT_EQ(limits.limit(Ipv4Address(0x0a010001U), 1428, start + 5min), 512);
}

TEST(TftpSender, SuspectsTheBlockSizeWhenOnlySmallPacketsArrive) {
  Agreement agreement;
  agreement.block_size = 1428;
  agreement.oack = {{"blksize", 1428}};
  Sender sender(agreement, 100'000);
  (void)sender.start(start);
  (void)sender.on_ack(BlockNumber{0}, start + 1ms);
  for (int i = 0; i < 2; ++i) (void)sender.on_time(sender.deadline());
  EXPECT_FALSE(sender.loses_blocks());
  (void)sender.on_time(sender.deadline());
  EXPECT_TRUE(sender.loses_blocks());
  (void)sender.on_ack(BlockNumber{1}, sender.deadline());
  EXPECT_FALSE(sender.loses_blocks());
}

TEST(TftpSender, AClientThatIsNotThereSaysNothingAboutBlocks) {
  Agreement agreement;
  agreement.oack = {{"blksize", 1428}};
  Sender sender(agreement, 100'000);
  (void)sender.start(start);
  for (int i = 0; i < 4; ++i) (void)sender.on_time(sender.deadline());
  EXPECT_FALSE(sender.loses_blocks());
}
