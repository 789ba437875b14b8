#include "pxe/tftp/negotiation.hpp"

#include <gtest/gtest.h>

using namespace colony::pxe::tftp;
using namespace std::chrono_literals;

TEST(TftpNegotiation, WithoutOptionsIsRfc1350) {
  const auto agreed = negotiate({}, {}, 1000);
  EXPECT_EQ(agreed.block_size, 512);
  EXPECT_EQ(agreed.window_size, 1);
  EXPECT_TRUE(agreed.oack.empty());
}

TEST(TftpNegotiation, NeverAgreesToMoreThanTheConfiguration) {
  const auto agreed =
      negotiate({65464, std::nullopt, 64, false}, {.block_size = 1428, .window_size = 16}, 1000);
  EXPECT_EQ(agreed.block_size, 1428);
  EXPECT_EQ(agreed.window_size, 16);
  EXPECT_EQ(agreed.oack, (OackOptions{{"blksize", 1428}, {"windowsize", 16}}));
}

TEST(TftpNegotiation, NeverAgreesToMoreThanTheClientAsksFor) {
  const auto agreed = negotiate({1024, std::nullopt, 4, true}, {}, 1000);
  EXPECT_EQ(agreed.oack, (OackOptions{{"blksize", 1024}, {"tsize", 1000}, {"windowsize", 4}}));
}

TEST(TftpNegotiation, RepeatsTheTimeoutButIsNotHeldByIt) {
  const auto slow = negotiate({std::nullopt, 255, std::nullopt, false}, {}, 1000);
  EXPECT_EQ(slow.oack, (OackOptions{{"timeout", 255}}));
  EXPECT_EQ(slow.longest_timeout, 2s);
  EXPECT_EQ(negotiate({std::nullopt, 1, std::nullopt, false}, {}, 1000).longest_timeout, 1s);
}
