#include "pxe/dhcp/lease_queue.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

LeaseQueue::Item item(std::size_t number) {
  LeaseQueue::Item out;
  out.lease.address = Ipv4Address(0x0a000000U + static_cast<std::uint32_t>(number));
  return out;
}

}  // namespace

TEST(LeaseQueue, GivesGroupsInTheOrderInWhichTheyCame) {
  LeaseQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.take_group().empty());
  const std::size_t count = 2 * LeaseQueue::group_limit + 3;
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(queue.push(item(i)));
  std::size_t next = 0;
  for (const std::size_t size : {LeaseQueue::group_limit, LeaseQueue::group_limit, std::size_t{3}}) {
    const auto group = queue.take_group();
    ASSERT_EQ(group.size(), size);
    for (const auto& got : group) EXPECT_EQ(got.lease.address, item(next++).lease.address);
  }
  EXPECT_TRUE(queue.empty());
}

TEST(LeaseQueue, DropsAndCountsWhatItHasNoRoomFor) {
  LeaseQueue queue;
  for (std::size_t i = 0; i < LeaseQueue::limit; ++i) ASSERT_TRUE(queue.push(item(i)));
  EXPECT_FALSE(queue.push(item(0)));
  EXPECT_FALSE(queue.push(item(1)));
  EXPECT_EQ(queue.dropped(), 2U);
  (void)queue.take_group();
  EXPECT_TRUE(queue.push(item(2)));
}
