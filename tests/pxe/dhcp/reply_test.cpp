#include "pxe/dhcp/reply.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/captures.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

Message capture(const std::string& name) {
  return *decode(colony::test::read_capture(std::string(CAPTURES) + "/" + name + ".hex"));
}

ReplyConfig config() {
  ReplyConfig out;
  out.server.address = *Ipv4Address::parse("10.1.1.5");
  return out;
}

std::expected<Message, Refusal> reply_to(const Message& request, const ReplyConfig& with = config()) {
  return make_proxy_reply(request, *classify(request), with);
}

std::string option_hex(const Message& message, OptionCode code) {
  const auto value = message.options.find(code);
  return value ? hex(*value) : "absent";
}

Message of_arch(std::uint16_t arch, std::string_view vendor_class) {
  Message message;
  message.mac = *MacAddress::parse("52:54:00:12:34:56");
  message.options.add_text(OptionCode::vendor_class, vendor_class);
  const Bytes list{static_cast<Byte>(arch >> 8), static_cast<Byte>(arch & 0xff)};
  message.options.add(OptionCode::client_architecture, list);
  return message;
}

}  // namespace

TEST(ProxyReply, OffersTheBootProgramToUefiPxe) {
  const Message discover = capture("discover-uefi-pxe");
  const auto offer = reply_to(discover);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->operation, Operation::reply);
  EXPECT_EQ(offer->type, MessageType::offer);
  EXPECT_EQ(offer->xid, discover.xid);
  EXPECT_EQ(offer->mac, discover.mac);
  EXPECT_EQ(offer->broadcast, discover.broadcast);
  EXPECT_TRUE(offer->your.is_unspecified());
  EXPECT_EQ(offer->server.to_string(), "10.1.1.5");
  EXPECT_EQ(offer->server_name, "10.1.1.5");
  EXPECT_EQ(offer->file, "snponly.efi");
  EXPECT_EQ(option_hex(*offer, OptionCode::server_identifier), "0a010105");
  EXPECT_EQ(offer->options.find_text(OptionCode::vendor_class), "PXEClient");
  EXPECT_EQ(option_hex(*offer, OptionCode::vendor_specific), "060108ff");
  EXPECT_EQ(option_hex(*offer, OptionCode::client_machine_identifier), "0067452301ab89efcd1122334455667788");
  EXPECT_EQ(offer->options.find_text(OptionCode::tftp_server_name), "10.1.1.5");
  EXPECT_EQ(offer->options.find_text(OptionCode::bootfile_name), "snponly.efi");
  EXPECT_FALSE(offer->options.has(OptionCode::ipxe));
  EXPECT_FALSE(offer->options.has(OptionCode::lease_time));
}

TEST(ProxyReply, OffersAUrlAndHttpClientToUefiHttpBoot) {
  const auto offer = reply_to(capture("discover-uefi-http"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->options.find_text(OptionCode::vendor_class), "HTTPClient");
  EXPECT_EQ(offer->options.find_text(OptionCode::bootfile_name), "http://10.1.1.5:8080/nbp/snponly.efi");
  EXPECT_EQ(offer->file, "http://10.1.1.5:8080/nbp/snponly.efi");
  EXPECT_FALSE(offer->options.has(OptionCode::vendor_specific));
}

TEST(ProxyReply, OffersTheScriptToIpxeAndSparesItTheWait) {
  const auto offer = reply_to(capture("discover-bios-ipxe-rom"));
  ASSERT_TRUE(offer);
  const std::string url =
      "http://10.1.1.5:8080/boot.ipxe?mac=52:54:00:aa:00:01"
      "&uuid=01234567-89ab-cdef-1122-334455667788&arch=bios-x86";
  EXPECT_EQ(offer->options.find_text(OptionCode::bootfile_name), url);
  EXPECT_EQ(offer->file, url);
  EXPECT_FALSE(offer->server.is_unspecified());
  EXPECT_EQ(option_hex(*offer, OptionCode::ipxe), "b00101");
}

TEST(ProxyReply, AUrlTooLongForTheFieldStandsInTheOptionAlone) {
  ReplyConfig far = config();
  far.nbp[ClientArch::efi_x64] = std::string(150, 'n') + ".efi";
  const auto offer = reply_to(capture("discover-uefi-pxe"), far);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->file, "");
  EXPECT_EQ(offer->options.find_text(OptionCode::bootfile_name)->size(), 154U);
}

TEST(ProxyReply, AcknowledgesABootServerRequestAndRepeatsItsBootItem) {
  Message request = capture("request-uefi-pxe");
  request.client = *Ipv4Address::parse("10.1.1.77");
  request.options.add(OptionCode::vendor_specific, *parse_hex("470400000000ff"));
  const auto ack = reply_to(request);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_EQ(ack->client, request.client);
  EXPECT_EQ(option_hex(*ack, OptionCode::vendor_specific), "060108470400000000ff");
}

TEST(ProxyReply, ServesEachArchitectureInEachModeOrRefusesByName) {
  const std::string pxe = "PXEClient";
  const std::string http = "HTTPClient";
  EXPECT_EQ(reply_to(of_arch(0, pxe))->file, "undionly.kpxe");
  EXPECT_EQ(reply_to(of_arch(7, pxe))->file, "snponly.efi");
  EXPECT_EQ(reply_to(of_arch(9, pxe))->file, "snponly.efi");
  EXPECT_EQ(reply_to(of_arch(16, pxe))->file, "snponly.efi");
  EXPECT_EQ(reply_to(of_arch(16, http))->file, "http://10.1.1.5:8080/nbp/snponly.efi");
  EXPECT_EQ(reply_to(of_arch(7, http))->file, "http://10.1.1.5:8080/nbp/snponly.efi");
  EXPECT_EQ(reply_to(of_arch(11, pxe)).error(), Refusal::no_boot_program);
  EXPECT_EQ(reply_to(of_arch(19, http)).error(), Refusal::no_boot_program);
  EXPECT_EQ(reply_to(of_arch(6, pxe)).error(), Refusal::unknown_architecture);
  ReplyConfig with_arm = config();
  with_arm.nbp[ClientArch::efi_arm64] = "arm64.efi";
  EXPECT_EQ(reply_to(of_arch(11, pxe), with_arm)->file, "arm64.efi");
  EXPECT_EQ(reply_to(of_arch(19, http), with_arm)->file, "http://10.1.1.5:8080/nbp/arm64.efi");
}

TEST(ProxyReply, RepeatsWhatTheRelayAdded) {  // RFC 3046
  Message discover = capture("discover-uefi-pxe");
  discover.gateway = *Ipv4Address::parse("10.2.0.1");
  discover.options.add(OptionCode::relay_agent_information, *parse_hex("010141"));
  const auto offer = reply_to(discover);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->gateway, discover.gateway);
  EXPECT_EQ(offer->options.all().back().code, OptionCode::relay_agent_information);
}

TEST(ProxyReply, StaysUnderTheSmallestMessageEveryClientTakes) {  // 548: RFC 2131 section 2
  for (const auto* name : {"discover-bios-ipxe-rom", "discover-uefi-pxe", "discover-uefi-http"}) {
    EXPECT_LE(encode(*reply_to(capture(name))).size(), 548U) << name;
  }
}

TEST(ProxyReply, CannotBeMadeToOutgrowTheMessage) {
  Message discover = capture("discover-uefi-pxe");
  discover.options.remove(OptionCode::client_machine_identifier);
  discover.options.add(OptionCode::client_machine_identifier, Bytes(600, 1));
  discover.options.add(OptionCode::relay_agent_information, Bytes(500, 2));
  const auto offer = reply_to(discover);
  ASSERT_TRUE(offer);
  EXPECT_FALSE(offer->options.has(OptionCode::client_machine_identifier));
  EXPECT_LE(encode(*offer).size(), message_limit);
}
