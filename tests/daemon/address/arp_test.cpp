#include "daemon/address/arp.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon;

namespace {

const MacAddress mac = *MacAddress::parse("52:54:00:12:34:56");
const Ipv4Address address = *Ipv4Address::parse("10.1.1.5");

// As in docs/wire/arp.md: broadcast, from us, request, sender 0.0.0.0, target 10.1.1.5.
const std::string probe_hex =
    "ffffffffffff"
    "525400123456"
    "0806"
    "00010800"
    "0604"
    "0001"
    "525400123456"
    "00000000"
    "000000000000"
    "0a010105";

}  // namespace

TEST(Arp, ProbeHasTheGoldenBytes) {
  EXPECT_EQ(hex(encode_arp_frame(arp_probe(mac, address))), probe_hex);
}

TEST(Arp, AnnouncementSaysTheAddressTwice) {
  const ArpPacket packet = arp_announcement(mac, address);
  EXPECT_EQ(packet.sender_ip, address);
  EXPECT_EQ(packet.target_ip, address);
  EXPECT_EQ(decode_arp_frame(encode_arp_frame(packet)), packet);
}

TEST(Arp, ReadsAReply) {
  const auto bytes = parse_hex(
      "52540012345602000000000108060001080006040002020000000001"
      "0a0101055254001234560a010102");
  ASSERT_TRUE(bytes);
  const auto packet = decode_arp_frame(*bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->operation, ArpOperation::reply);
  EXPECT_EQ(packet->sender_mac.to_string(), "02:00:00:00:00:01");
  EXPECT_EQ(packet->sender_ip, address);
}

TEST(Arp, EveryPrefixIsTruncated) {
  const Bytes frame = encode_arp_frame(arp_probe(mac, address));
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_EQ(decode_arp_frame(ByteView(frame).first(length)), std::unexpected(ArpFault::truncated));
  }
}

TEST(Arp, PaddingBehindThePacketIsIgnored) {
  Bytes frame = encode_arp_frame(arp_probe(mac, address));
  frame.resize(60, 0xaa);
  EXPECT_EQ(decode_arp_frame(frame), arp_probe(mac, address));
}

TEST(Arp, OtherProtocolsAreNamed) {
  const Bytes good = encode_arp_frame(arp_probe(mac, address));
  const auto with = [&good](std::size_t at, Byte value) {
    Bytes frame = good;
    frame[at] = value;
    return decode_arp_frame(frame);
  };
  EXPECT_EQ(with(13, 0x00), std::unexpected(ArpFault::not_arp));
  EXPECT_EQ(with(15, 6), std::unexpected(ArpFault::unsupported));     // hardware type
  EXPECT_EQ(with(16, 0x86), std::unexpected(ArpFault::unsupported));  // protocol type
  EXPECT_EQ(with(18, 8), std::unexpected(ArpFault::unsupported));     // hardware length
  EXPECT_EQ(with(19, 16), std::unexpected(ArpFault::unsupported));    // protocol length
  EXPECT_EQ(with(21, 3), std::unexpected(ArpFault::unsupported));     // RARP
  EXPECT_EQ(with(21, 0), std::unexpected(ArpFault::unsupported));
}
