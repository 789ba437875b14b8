#include "ramdisk/machine/lldp.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::ramdisk;
using core::Byte;
using core::Bytes;

namespace {

Bytes tlv(unsigned type, const Bytes& value) {
  Bytes out{static_cast<Byte>(type << 1 | value.size() >> 8), static_cast<Byte>(value.size() & 0xff)};
  out.insert(out.end(), value.begin(), value.end());
  return out;
}
Bytes text(Byte subtype, std::string_view words) {
  Bytes out{subtype};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}
Bytes words(std::string_view text) {
  return {text.begin(), text.end()};
}
Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Bytes head{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, 0x00, 0x1c, 0x73, 0x01, 0x02, 0x03, 0x88, 0xcc};
const Bytes chassis = tlv(1, {4, 0x00, 0x1c, 0x73, 0x01, 0x02, 0x00});
const Bytes port = tlv(2, text(5, "Ethernet12"));
const Bytes ttl = tlv(3, {0, 120});
const Bytes end = tlv(0, {});

/// As an Arista switch sends it.
Bytes frame() {
  return head + chassis + port + ttl + tlv(4, words("rack 7, server 3")) + tlv(5, words("leaf-7a")) +
         tlv(6, words("Arista Networks EOS")) + tlv(127, {0x00, 0x80, 0xc2, 0x01, 0x03, 0xe9}) + end;
}

}  // namespace

TEST(Lldp, TellsSwitchAndPort) {
  const auto seen = decode_lldp(frame());
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->chassis_id, "00:1c:73:01:02:00");
  EXPECT_EQ(seen->port_id, "Ethernet12");
  EXPECT_EQ(seen->port_description, "rack 7, server 3");
  EXPECT_EQ(seen->system_name, "leaf-7a");
  EXPECT_EQ(seen->vlan, 1001U);
}

TEST(Lldp, PaddingBehindTheEndIsPassedOver) {
  EXPECT_EQ(decode_lldp(frame() + Bytes(20, 0xff)), decode_lldp(frame()));
}

TEST(Lldp, AnEndMarkMayBeLeftOut) {
  EXPECT_TRUE(decode_lldp(head + chassis + port + ttl));
}

TEST(Lldp, EveryShorterFrameFailsOrTellsLess) {
  const Bytes whole = frame();
  const std::size_t mandatory = (head + chassis + port + ttl).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto seen = decode_lldp(core::ByteView(whole).first(size));
    EXPECT_FALSE(seen && size < mandatory) << size;
    if (seen) EXPECT_EQ(seen->port_id, "Ethernet12");
  }
}

TEST(Lldp, AGoodByeIsNoNeighbour) {
  EXPECT_FALSE(decode_lldp(head + chassis + port + tlv(3, {0, 0}) + end));
}

TEST(Lldp, MandatoryPartsOutOfOrderAreRefused) {
  EXPECT_FALSE(decode_lldp(head + port + chassis + ttl + end));
  EXPECT_FALSE(decode_lldp(head + chassis + port + ttl + chassis + end));
  EXPECT_FALSE(decode_lldp(head + tlv(1, {4}) + port + ttl + end));
}

TEST(Lldp, OtherFramesAreNone) {
  Bytes arp = frame();
  arp[13] = 0x06;
  EXPECT_FALSE(decode_lldp(arp));
}

TEST(Lldp, AddressesAreShownAsAddressesAndTextIsClean) {
  const auto seen = decode_lldp(head + tlv(1, {5, 1, 10, 1, 1, 254}) + tlv(2, {3, 0x02, 0, 0, 0, 0, 1}) +
                                ttl + tlv(5, words("evil\x1b[31m")) + end);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->chassis_id, "10.1.1.254");
  EXPECT_EQ(seen->port_id, "02:00:00:00:00:01");
  EXPECT_EQ(seen->system_name, "evil [31m");
}
