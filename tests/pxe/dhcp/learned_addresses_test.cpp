#include "pxe/dhcp/learned_addresses.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using colony::pxe::BootRequest;
using colony::pxe::dhcp::LearnedAddresses;

namespace {

MacAddress mac(std::uint8_t n) {
  return MacAddress({0x52, 0x54, 0, 0, 0, n});
}
Ipv4Address ip(std::uint32_t n) {
  return Ipv4Address(0x0a000000U + n);
}
BootRequest request(std::uint8_t machine, std::optional<Ipv4Address> address = std::nullopt) {
  BootRequest out;
  out.mac = mac(machine);
  out.address = address;
  return out;
}

}  // namespace

TEST(LearnedAddresses, FindsAMachineByItsAddress) {
  LearnedAddresses table;
  table.learn(request(1, ip(1)));
  EXPECT_EQ(table.find(ip(1)), mac(1));
  EXPECT_EQ(table.find(ip(2)), std::nullopt);
  EXPECT_TRUE(table.knows(mac(1)));
  EXPECT_EQ(table.last_request(mac(1))->address, ip(1));
  EXPECT_FALSE(table.last_request(mac(2)));
}

TEST(LearnedAddresses, KeepsTheAddressThroughARequestThatNamesNone) {
  LearnedAddresses table;
  table.learn(request(1, ip(1)));
  table.learn(request(1));
  EXPECT_EQ(table.find(ip(1)), mac(1));
}

TEST(LearnedAddresses, FollowsAMachineToItsNewAddress) {
  LearnedAddresses table;
  table.learn(request(1, ip(1)));
  table.learn(request(1, ip(2)));
  EXPECT_EQ(table.find(ip(1)), std::nullopt);
  EXPECT_EQ(table.find(ip(2)), mac(1));
}

TEST(LearnedAddresses, GivesAReusedAddressToItsNewOwner) {
  LearnedAddresses table;
  table.learn(request(1, ip(1)));
  table.learn(request(2, ip(1)));
  EXPECT_EQ(table.find(ip(1)), mac(2));
  table.learn(request(1, ip(3)));  // the loser moving on must not take the address along
  EXPECT_EQ(table.find(ip(1)), mac(2));
}

TEST(LearnedAddresses, ForgetsTheMachineLongestNotHeard) {
  LearnedAddresses table(2);
  table.learn(request(1, ip(1)));
  table.learn(request(2, ip(2)));
  table.learn(request(1));
  table.learn(request(3, ip(3)));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.find(ip(1)), mac(1));
  EXPECT_EQ(table.find(ip(2)), std::nullopt);
  EXPECT_EQ(table.find(ip(3)), mac(3));
}
