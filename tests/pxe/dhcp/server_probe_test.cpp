#include "pxe/dhcp/server_probe.hpp"

#include <gtest/gtest.h>

#include "pxe/dhcp/boot_client.hpp"
#include "pxe/dhcp/udp_frame.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

const MacAddress own = *MacAddress::parse("02:00:00:00:00:05");
const MacAddress theirs = *MacAddress::parse("02:00:00:00:00:01");

Message offer() {
  Message reply;
  reply.operation = Operation::reply;
  reply.type = MessageType::offer;
  reply.xid = Xid{7};
  reply.mac = own;
  reply.your = *Ipv4Address::parse("10.9.2.10");
  reply.server = *Ipv4Address::parse("10.9.0.3");
  reply.file = "pxelinux.0";
  reply.options.add_address(OptionCode::server_identifier, *Ipv4Address::parse("10.9.0.1"));
  reply.options.add_address(OptionCode::subnet_mask, *Ipv4Address::parse("255.255.0.0"));
  reply.options.add(OptionCode::router, Bytes{10, 9, 0, 254, 10, 9, 0, 253});
  reply.options.add(OptionCode::interface_mtu, Bytes{0x05, 0xdc});
  return reply;
}

Bytes framed(const Message& message, std::uint16_t port = client_port) {
  const Bytes datagram = encode(message);
  UdpFrame frame;
  frame.source_mac = theirs;
  frame.source = *Ipv4Address::parse("10.9.0.1");
  frame.destination = Ipv4Address(0xffffffffU);
  frame.source_port = server_port;
  frame.destination_port = port;
  frame.payload = datagram;
  return encode_broadcast_frame(frame);
}

Message asked(Flavour flavour) {
  const Bytes bytes = discover_frame(own, Xid{7}, flavour);
  return *decode(decode_udp_frame(bytes)->payload);
}

}  // namespace

TEST(ServerProbe, AsksAsAnOrdinaryClientAndAsFirmware) {
  const Message plain = asked(Flavour::plain);
  EXPECT_EQ(plain.type, MessageType::discover);
  EXPECT_TRUE(plain.broadcast);
  EXPECT_FALSE(classify(plain)) << "no network boot";
  const auto firmware = classify(asked(Flavour::network_boot));
  ASSERT_TRUE(firmware);
  EXPECT_EQ(firmware->request.arch, ClientArch::efi_x64);
  EXPECT_EQ(firmware->request.mac, own);
}

TEST(ServerProbe, ReadsWhatAServerSays) {
  const auto answer = read_server_answer(framed(offer()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->server.to_string(), "10.9.0.1");
  EXPECT_EQ(answer->mac, theirs);
  EXPECT_EQ(answer->xid, Xid{7});
  EXPECT_EQ(answer->client, own);
  EXPECT_EQ(answer->network->to_string(), "10.9.2.10/16");
  EXPECT_EQ(answer->router->to_string(), "10.9.0.254");
  EXPECT_EQ(answer->boot_from->to_string(), "10.9.0.3");
  EXPECT_EQ(answer->boot_file, "pxelinux.0");
  EXPECT_EQ(answer->mtu, 1500);
  EXPECT_FALSE(answer->says_pxe);
  EXPECT_FALSE(answer->has_pxe_options);
}

TEST(ServerProbe, OptionsWinOverFieldsAndOddValuesAreAbsent) {
  Message reply = offer();
  reply.options.add_text(OptionCode::bootfile_name, "other.efi");
  reply.options.add_text(OptionCode::vendor_class, "PXEClient");
  reply.options.add(OptionCode::vendor_specific, Bytes{6, 1, 8, 255});
  reply.options.remove(OptionCode::subnet_mask);
  reply.options.add_address(OptionCode::subnet_mask, *Ipv4Address::parse("255.0.255.0"));
  reply.options.remove(OptionCode::router);
  reply.options.add(OptionCode::router, Bytes{10, 9});
  const auto answer = read_server_answer(framed(reply));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->boot_file, "other.efi");
  EXPECT_TRUE(answer->says_pxe);
  EXPECT_TRUE(answer->has_pxe_options);
  EXPECT_FALSE(answer->network) << "a mask with holes";
  EXPECT_FALSE(answer->router);
}

TEST(ServerProbe, PassesOverEverythingElse) {
  Message nak = offer();
  nak.type = MessageType::nak;
  EXPECT_FALSE(read_server_answer(framed(nak)));
  Message request = offer();
  request.operation = Operation::request;
  EXPECT_FALSE(read_server_answer(framed(request)));
  EXPECT_FALSE(read_server_answer(framed(offer(), server_port)));
  const Bytes whole = framed(offer());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_server_answer(ByteView(whole).first(size))) << size;
  }
}
