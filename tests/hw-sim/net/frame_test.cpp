#include "hw-sim/net/frame.hpp"

#include <gtest/gtest.h>

#include "tests/hw-sim/golden.hpp"

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

const MacAddress server_mac = *MacAddress::parse("52:54:00:00:00:02");

}  // namespace

TEST(UdpFrame, ReadsWhatEdk2Sent) {
  const Bytes bytes = golden("edk2-pxe-discover");
  const auto frame = decode_frame(bytes);
  ASSERT_TRUE(frame);
  const auto& udp = std::get<UdpFrame>(*frame);
  EXPECT_EQ(udp.source_mac, server_mac);
  EXPECT_EQ(udp.destination_mac, broadcast_mac());
  EXPECT_EQ(udp.source_port, 68);
  EXPECT_EQ(udp.destination_port, 67);
  EXPECT_TRUE(udp.source.is_unspecified());
  EXPECT_TRUE(udp.destination.is_broadcast());
  EXPECT_EQ(udp.payload.size(), 347U);
}

TEST(UdpFrame, WritesThePayloadAndChecksumThatEdk2Wrote) {
  const Bytes bytes = golden("edk2-pxe-discover");
  const auto frame = decode_frame(bytes);
  ASSERT_TRUE(frame);
  const Bytes again = encode(std::get<UdpFrame>(*frame));
  ASSERT_EQ(again.size(), bytes.size());
  // From the UDP header on, checksum included, all is equal; the IP header differs in its identification.
  EXPECT_TRUE(std::equal(again.begin() + 34, again.end(), bytes.begin() + 34));
}

TEST(UdpFrame, RefusesAPayloadThatDoesNotFit) {
  const Bytes payload(1500);
  UdpFrame frame;
  frame.payload = payload;
  EXPECT_TRUE(encode(frame).empty());
}

TEST(UdpFrame, EveryPrefixFailsCleanly) {
  const Bytes bytes = golden("dnsmasq-offer");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_frame(ByteView(bytes).first(size))) << size;
  }
}

TEST(UdpFrame, TakesPaddingAfterThePacket) {
  Bytes bytes = golden("dnsmasq-offer");
  bytes.resize(bytes.size() + 9);
  const auto frame = decode_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_EQ(std::get<UdpFrame>(*frame).payload.size(), 300U);
}

TEST(UdpFrame, RefusesFragments) {
  Bytes bytes = golden("dnsmasq-offer");
  bytes[20] = 0x20;  // more fragments
  EXPECT_FALSE(decode_frame(bytes));
}

TEST(ArpFrame, IsAWholeEthernetFrameAndComesBackAsItWas) {
  ArpFrame arp;
  arp.destination_mac = broadcast_mac();
  arp.operation = ArpOperation::reply;
  arp.sender_mac = server_mac;
  arp.sender = *Ipv4Address::parse("10.77.2.7");
  arp.target_mac = server_mac;
  arp.target = arp.sender;
  const Bytes bytes = encode(arp);
  EXPECT_EQ(hex(bytes).substr(0, 84),
            "ffffffffffff52540000000208060001080006040002525400000002"
            "0a4d02075254000000020a4d0207");
  EXPECT_EQ(bytes.size(), 60U);
  const auto frame = decode_frame(bytes);
  ASSERT_TRUE(frame);
  const auto& again = std::get<ArpFrame>(*frame);
  EXPECT_EQ(again.sender, arp.sender);
  EXPECT_EQ(again.target_mac, server_mac);
  for (std::size_t size = 0; size < 42; ++size) EXPECT_FALSE(decode_frame(ByteView(bytes).first(size)));
}
