// Whole packets made by hand after field reports of firmware that other boot servers did not answer: each is
// answered all the same, with the right boot file and to the right place. One odd option hides no machine.

#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "pxe/dhcp/responder.hpp"
#include "tests/pxe/captures.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

const MacAddress machine = *MacAddress::parse("52:54:00:aa:00:02");
const Ipv4Address everybody = *Ipv4Address::parse("255.255.255.255");
const Ipv4Address relay = *Ipv4Address::parse("10.2.0.1");

struct Row {
  std::string name;
  std::string file = "snponly.efi";
  Ipv4Address to = everybody;
  std::uint16_t port = client_port;
};
std::vector<Row> rows() {
  return {
      {"user-class-raw"},
      {"user-class-rfc3004"},
      {"user-class-empty"},
      {"arch-list"},
      {"arch-vendor-class-differs"},
      {"arch-missing"},
      {"overload-both"},
      {"overload-split"},
      {"padded"},
      {"pads-inside-no-end"},
      {"garbage-after-end"},
      {"seconds-and-flags"},
      {"unicast-wanted"},
      {"chaddr-padding"},
      {"uuid-zero"},
      {"uuid-short"},
      {"vendor-options-not-pxe"},
      {"small-message-size"},
      {.name = "relayed-with-82", .to = relay, .port = server_port},
      {.name = "many-hops", .to = relay, .port = server_port},
      {.name = "boot-server-through-relay", .to = relay, .port = server_port},
  };
}

Bytes packet(const std::string& name) {
  return test::read_capture(std::string(ODDITIES) + "/" + name + ".hex");
}

std::optional<Outgoing> answer_to(const Row& row) {
  test::ListedPolicy policy;
  policy.served = {machine};
  test::RecordedEvidence evidence;
  LearnedAddresses addresses;
  Log log = Log::silent();
  ReplyConfig config;
  config.server.address = *Ipv4Address::parse("10.78.9.5");
  Responder responder(config, policy, addresses, evidence, log);
  const bool relayed = row.to == relay;
  const bool boot_server = row.name.starts_with("boot-server");
  const Bytes datagram = packet(row.name);
  return responder.on_datagram(
      Arrival{datagram, relayed ? relay : Ipv4Address{}, relayed ? server_port : client_port,
              boot_server ? ArrivalPort::pxe : ArrivalPort::server, BootTime{}, UtcTime{}});
}

}  // namespace

TEST(DhcpOddities, EachIsAnsweredWithItsBootFileWhereItIsHeard) {
  for (const auto& row : rows()) {
    const auto out = answer_to(row);
    ASSERT_TRUE(out) << row.name;
    const auto reply = decode(out->datagram);
    ASSERT_TRUE(reply) << row.name;
    EXPECT_EQ(reply->file, row.file) << row.name;
    EXPECT_EQ(out->destination, row.to) << row.name;
    EXPECT_EQ(out->port, row.port) << row.name;
    EXPECT_EQ(reply->mac, machine) << row.name;
    EXPECT_EQ(reply->xid, Xid{0x0dd17e57}) << row.name;
    // Some firmware goes to port 4011 and stays silent there without discovery control (FOG docs#188,
    // EDK2#8149).
    const auto vendor = reply->options.find(OptionCode::vendor_specific);
    ASSERT_TRUE(vendor) << row.name;
    EXPECT_TRUE(hex(*vendor).starts_with("060108")) << row.name;
    EXPECT_EQ(reply->options.find_text(OptionCode::vendor_class), "PXEClient") << row.name;
    EXPECT_LE(out->datagram.size(), 548U) << row.name;
  }
}

TEST(DhcpOddities, WhatTheRelayAddedComesBackLast) {
  const auto reply = decode(answer_to({.name = "relayed-with-82", .to = relay}).value().datagram);
  const auto asked = decode(packet("relayed-with-82"));
  EXPECT_TRUE(std::ranges::equal(reply->options.find(OptionCode::relay_agent_information).value(),
                                 asked->options.find(OptionCode::relay_agent_information).value()));
  EXPECT_EQ(reply->options.all().back().code, OptionCode::relay_agent_information);
}

TEST(DhcpOddities, NoPacketOfTheFolderIsLeftOutHere) {
  std::set<std::string> listed, there;
  for (const auto& row : rows()) listed.insert(row.name + ".hex");
  for (const auto& entry : std::filesystem::directory_iterator(ODDITIES))
    there.insert(entry.path().filename());
  EXPECT_EQ(listed, there);
}
