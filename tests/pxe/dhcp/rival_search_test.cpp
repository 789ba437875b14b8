#include "pxe/dhcp/rival_search.hpp"

#include <gtest/gtest.h>

#include "pxe/dhcp/udp_frame.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

const MacAddress own = *MacAddress::parse("02:00:00:00:00:05");
const MacAddress theirs = *MacAddress::parse("02:00:00:00:00:01");
const Ipv4Address address = *Ipv4Address::parse("10.78.9.5");
const RivalSearch search(own, address, Xid{0xc01d});

/// What a server would answer to our DISCOVER.
Message offer() {
  Message reply;
  reply.operation = Operation::reply;
  reply.type = MessageType::offer;
  reply.xid = Xid{0xc01d};
  reply.mac = own;
  reply.your = *Ipv4Address::parse("10.78.9.100");
  reply.options.add_address(OptionCode::server_identifier, *Ipv4Address::parse("10.78.9.1"));
  return reply;
}

Bytes framed(const Message& message) {
  const Bytes datagram = encode(message);
  UdpFrame frame;
  frame.source_mac = theirs;
  frame.source = *Ipv4Address::parse("10.78.9.1");
  frame.destination = Ipv4Address(0xffffffffU);
  frame.source_port = server_port;
  frame.destination_port = client_port;
  frame.payload = datagram;
  return encode_broadcast_frame(frame);
}

}  // namespace

TEST(RivalSearch, AsksAsAClientWithoutAddressWould) {
  const Bytes bytes = search.discover_frame();
  const auto frame = decode_udp_frame(bytes);
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->source.is_unspecified());
  EXPECT_TRUE(frame->destination.is_broadcast());
  EXPECT_EQ(frame->source_port, client_port);
  EXPECT_EQ(frame->destination_port, server_port);
  EXPECT_EQ(frame->source_mac, own);
  const auto discover = decode(frame->payload);
  ASSERT_TRUE(discover);
  EXPECT_EQ(discover->type, MessageType::discover);
  EXPECT_EQ(discover->mac, own);
  EXPECT_TRUE(discover->broadcast);
}

TEST(RivalSearch, NamesWhoOffersAnAddress) {
  const auto rival = search.on_frame(framed(offer()));
  ASSERT_TRUE(rival);
  EXPECT_EQ(rival->server.to_string(), "10.78.9.1");
  EXPECT_EQ(rival->mac, theirs);
}

TEST(RivalSearch, PassesOverAProxyAStrangersAnswerAndOurselves) {
  Message proxy = offer();
  proxy.your = {};
  EXPECT_FALSE(search.on_frame(framed(proxy)));
  Message other = offer();
  other.xid = Xid{1};
  EXPECT_FALSE(search.on_frame(framed(other)));
  Message elsewhere = offer();
  elsewhere.mac = theirs;
  EXPECT_FALSE(search.on_frame(framed(elsewhere)));
  Message ours = offer();
  ours.options.remove(OptionCode::server_identifier);
  ours.options.add_address(OptionCode::server_identifier, address);
  EXPECT_FALSE(search.on_frame(framed(ours)));
  Message ack = offer();
  ack.type = MessageType::ack;
  EXPECT_FALSE(search.on_frame(framed(ack)));
}

TEST(UdpFrame, HasTheseBytes) {
  const Bytes payload{0xab, 0xcd};
  UdpFrame frame;
  frame.source_mac = own;
  frame.destination = Ipv4Address(0xffffffffU);
  frame.source_port = 68;
  frame.destination_port = 67;
  frame.payload = payload;
  EXPECT_EQ(hex(encode_broadcast_frame(frame)),
            "ffffffffffff0200000000050800"
            "4500001e0000000040117ad000000000ffffffff"
            "00440043000a0000abcd");
}

TEST(UdpFrame, EveryPrefixFailsAndPaddingIsNotPayload) {
  Bytes bytes = framed(offer());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_udp_frame(ByteView(bytes).first(size))) << size;
  }
  const auto size = decode_udp_frame(bytes)->payload.size();
  bytes.resize(bytes.size() + 18, 0);  // a short frame is padded to 60 bytes
  EXPECT_EQ(decode_udp_frame(bytes)->payload.size(), size);
}

TEST(UdpFrame, RefusesFragmentsOtherProtocolsAndLengthsThatContradict) {
  const Bytes good = framed(offer());
  const auto broken = [&good](std::size_t at, Byte value) {
    Bytes bytes = good;
    bytes[at] = value;
    return decode_udp_frame(bytes).has_value();
  };
  EXPECT_FALSE(broken(12, 0x86));  // ether type
  EXPECT_FALSE(broken(14, 0x65));  // version 6
  EXPECT_FALSE(broken(14, 0x44));  // header of 16 bytes
  EXPECT_FALSE(broken(14, 0x4f));  // header longer than it is
  EXPECT_FALSE(broken(16, 0x00));  // total length under the headers
  EXPECT_FALSE(broken(20, 0x20));  // more fragments
  EXPECT_FALSE(broken(21, 0x01));  // a later fragment
  EXPECT_FALSE(broken(23, 6));     // TCP
  EXPECT_FALSE(broken(38, 0x7f));  // UDP longer than IP
}
