#include "core/address.hpp"

#include <gtest/gtest.h>

using colony::core::Ipv4Address;
using colony::core::Ipv4Network;
using colony::core::MacAddress;

TEST(MacAddress, ParsesTheThreeFormsPeopleWrite) {
  for (const char* text : {"52:54:00:12:ab:cd", "52-54-00-12-AB-CD", "52540012abcd"}) {
    const auto mac = MacAddress::parse(text);
    ASSERT_TRUE(mac) << text;
    EXPECT_EQ(mac->to_string(), "52:54:00:12:ab:cd");
  }
}

TEST(MacAddress, RefusesEverythingElse) {
  for (const char* text : {"", "52:54:00:12:ab", "52:54:00:12:ab:cd:ef", "52:54-00:12:ab:cd",
                           "5254.0012.abcd", "g2:54:00:12:ab:cd", "52:54:00:12:ab:c ", "0x5254001234"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(MacAddress, KnowsGroupAddresses) {
  EXPECT_TRUE(MacAddress::parse("ff:ff:ff:ff:ff:ff")->is_group());
  EXPECT_TRUE(MacAddress::parse("33:33:00:00:00:02")->is_group());
  EXPECT_FALSE(MacAddress::parse("52:54:00:12:34:56")->is_group());
}

TEST(Ipv4Address, RoundTrips) {
  for (const char* text : {"0.0.0.0", "10.77.1.5", "255.255.255.255", "192.168.0.1"}) {
    const auto address = Ipv4Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(Ipv4Address, RefusesShorthandOctalAndJunk) {
  for (const char* text : {"", "1", "10.1", "10.1.1", "010.1.1.1", "10.1.1.256", "10.1.1.1 ", " 10.1.1.1",
                           "10.1.1.1.1", "10..1.1", "-1.1.1.1", "0x7f.0.0.1", "10.1.1.1/24"}) {
    EXPECT_FALSE(Ipv4Address::parse(text)) << text;
  }
}

TEST(Ipv4Network, KnowsItsMaskMembersAndBroadcast) {
  const auto network = Ipv4Network::parse("10.1.1.5/24");
  ASSERT_TRUE(network);
  EXPECT_EQ(network->to_string(), "10.1.1.5/24");
  EXPECT_TRUE(network->contains(*Ipv4Address::parse("10.1.1.254")));
  EXPECT_FALSE(network->contains(*Ipv4Address::parse("10.1.2.1")));
  EXPECT_EQ(network->broadcast().to_string(), "10.1.1.255");
  EXPECT_EQ(Ipv4Network::parse("0.0.0.0/0")->mask(), 0U);
  EXPECT_EQ(Ipv4Network::parse("1.2.3.4/32")->broadcast().to_string(), "1.2.3.4");
}

TEST(Ipv4Network, RefusesBadPrefixes) {
  for (const char* text : {"10.1.1.5", "10.1.1.5/", "10.1.1.5/33", "10.1.1.5/-1", "10.1.1.5/24x", "/24"}) {
    EXPECT_FALSE(Ipv4Network::parse(text)) << text;
  }
}
