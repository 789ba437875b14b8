#include "hw-sim/firmware/dhcp_packet.hpp"

#include <gtest/gtest.h>

#include "hw-sim/net/frame.hpp"
#include "tests/hw-sim/golden.hpp"

using namespace colony::core;
using namespace colony::hw_sim;

namespace {

const Uuid machine = *Uuid::parse("01234567-89ab-cdef-0123-456789abcdef");

Bytes payload_of(const std::string& name) {
  const Bytes frame = golden(name);
  const auto decoded = decode_frame(frame);
  if (!decoded) return {};
  const ByteView payload = std::get<UdpFrame>(*decoded).payload;
  return Bytes(payload.begin(), payload.end());
}

DhcpIdentity identity(FirmwareKind kind, DhcpSpeaker speaker, const char* mac) {
  return {kind, speaker, *MacAddress::parse(mac), machine, {}};
}

DhcpRequestFields discover(std::uint32_t xid, std::uint16_t seconds) {
  DhcpRequestFields fields;
  fields.xid = Xid{xid};
  fields.seconds = seconds;
  return fields;
}

DhcpRequestFields request(std::uint32_t xid, std::uint16_t seconds, const char* address) {
  DhcpRequestFields fields = discover(xid, seconds);
  fields.type = DhcpMessageType::request;
  fields.server_id = Ipv4Address::parse("10.77.0.2");
  fields.requested = Ipv4Address::parse(address);
  return fields;
}

}  // namespace

TEST(DhcpPacket, Edk2PxeDiscoverAndRequestAreWhatEdk2Sends) {
  const auto who = identity(FirmwareKind::uefi, DhcpSpeaker::rom, "52:54:00:00:00:02");
  EXPECT_EQ(hex(encode_dhcp(who, discover(0x9b7715ae, 0))), hex(payload_of("edk2-pxe-discover")));
  EXPECT_EQ(hex(encode_dhcp(who, request(0x9b7715ae, 0, "10.77.2.74"))), hex(payload_of("edk2-pxe-request")));
}

TEST(DhcpPacket, Edk2HttpDiscoverIsWhatEdk2Sends) {
  const auto who = identity(FirmwareKind::uefi_http, DhcpSpeaker::rom, "52:54:00:00:00:03");
  EXPECT_EQ(hex(encode_dhcp(who, discover(0xcc04af2f, 0))), hex(payload_of("edk2-http-discover")));
}

TEST(DhcpPacket, IpxeDiscoverAndRequestAreWhatIpxeSendsOnBios) {
  const auto who = identity(FirmwareKind::bios, DhcpSpeaker::ipxe, "52:54:00:00:00:01");
  EXPECT_EQ(hex(encode_dhcp(who, discover(0xeeec9006, 4))), hex(payload_of("ipxe-bios-discover")));
  EXPECT_EQ(hex(encode_dhcp(who, request(0xeeec9006, 18, "10.77.2.73"))),
            hex(payload_of("ipxe-bios-request")));
}

TEST(DhcpPacket, IpxeDiscoverAndRequestAreWhatIpxeSendsOnEfi) {
  const auto who = identity(FirmwareKind::uefi, DhcpSpeaker::ipxe, "52:54:00:00:00:02");
  EXPECT_EQ(hex(encode_dhcp(who, discover(0x7f7a382e, 4))), hex(payload_of("ipxe-efi-discover")));
  EXPECT_EQ(hex(encode_dhcp(who, request(0x7f7a382e, 18, "10.77.2.74"))),
            hex(payload_of("ipxe-efi-request")));
}

TEST(DhcpPacket, BiosRomSends548BytesAndAsksForBroadcast) {
  const auto who = identity(FirmwareKind::bios, DhcpSpeaker::rom, "52:54:00:00:00:01");
  const auto bytes = encode_dhcp(who, discover(1, 0));
  EXPECT_EQ(bytes.size(), 548U);
  EXPECT_EQ(bytes[10], 0x80);
  EXPECT_NE(as_text(bytes).find("PXEClient:Arch:00000:UNDI:002001"), std::string_view::npos);
}

TEST(DhcpPacket, ReadsTheOfferAndAckOfDnsmasq) {
  const auto reply = decode_dhcp_reply(payload_of("dnsmasq-offer"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->type, DhcpMessageType::offer);
  EXPECT_EQ(reply->xid, Xid{0x9b7715ae});
  EXPECT_EQ(reply->your_address.to_string(), "10.77.2.74");
  EXPECT_EQ(reply->next_server.to_string(), "10.77.0.2");
  EXPECT_EQ(reply->server_id.to_string(), "10.77.0.2");
  EXPECT_EQ(reply->prefix_length, 16);
  EXPECT_EQ(reply->lease_seconds, 3600U);
  EXPECT_EQ(reply->boot_file, "snponly.efi");
  EXPECT_FALSE(reply->pxe);
  const auto ack = decode_dhcp_reply(payload_of("dnsmasq-ack"));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, DhcpMessageType::ack);
}

TEST(DhcpPacket, EveryPrefixOfAReplyFailsOrEndsAtAnOption) {
  const Bytes bytes = payload_of("dnsmasq-offer");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto reply = decode_dhcp_reply(ByteView(bytes).first(size));
    if (size < 240) {
      ASSERT_FALSE(reply) << size;
      EXPECT_EQ(reply.error(), DhcpReplyFault::truncated);
    }
  }
}

TEST(DhcpPacket, NamesWhatIsWrongWithAReply) {
  Bytes bytes = payload_of("dnsmasq-offer");
  bytes[0] = 1;
  EXPECT_EQ(decode_dhcp_reply(bytes).error(), DhcpReplyFault::not_a_reply);
  bytes[0] = 2;
  bytes[236] = 0;
  EXPECT_EQ(decode_dhcp_reply(bytes).error(), DhcpReplyFault::no_magic);
  bytes[236] = 0x63;
  bytes[240] = 12;  // option 53 became a host name
  EXPECT_EQ(decode_dhcp_reply(bytes).error(), DhcpReplyFault::no_type);
}

TEST(DhcpPacket, ReadsPxeVendorOptionsAndIpxesNoProxyWait) {
  Bytes bytes = payload_of("dnsmasq-offer");
  bytes.resize(240);
  const auto options = *parse_hex(
      "350102"
      "3c09505845436c69656e74"
      "2b1306010808070000010a4d0005090480000078ff"
      "af03b00101"
      "ff");
  bytes.insert(bytes.end(), options.begin(), options.end());
  const auto reply = decode_dhcp_reply(bytes);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->vendor_class, "PXEClient");
  ASSERT_TRUE(reply->pxe);
  EXPECT_EQ(reply->pxe->discovery_control, 8);
  EXPECT_EQ(reply->pxe->boot_server_types, (std::vector<std::uint16_t>{0}));
  EXPECT_EQ(reply->pxe->menu_first, 0x8000);
  EXPECT_TRUE(reply->no_proxy_wait);
}
