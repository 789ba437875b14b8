#include "pxe/dhcp/relay_agent.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::pxe::dhcp;

namespace {

std::string link_of(std::string_view option_82) {
  const auto link = parse_link_selection(*parse_hex(option_82));
  return link ? link->to_string() : "none";
}

Message relayed(std::string_view option_82) {
  Message message;
  message.gateway = Ipv4Address(0x0a630001);  // 10.99.0.1, a loopback of the gateway
  message.options.add(OptionCode::relay_agent_information, *parse_hex(option_82));
  return message;
}

}  // namespace

TEST(RelayAgent, FindsTheLinkAmongOtherSubOptions) {
  EXPECT_EQ(link_of("05040a020000"), "10.2.0.0");
  // As a Nexus sends it: circuit id, remote id, link selection, VRF name, server identifier override.
  EXPECT_EQ(link_of("0108000600014e4f0d010206aabbccddee0005040a0200019706726564617474"
                    "0b040a020001"),
            "10.2.0.1");
}

TEST(RelayAgent, WhatIsMalformedTellsNoLink) {
  const Bytes whole = *parse_hex("0104deadbeef05040a020001");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_link_selection(ByteView(whole).first(size))) << size;
  }
  EXPECT_TRUE(parse_link_selection(whole));
  EXPECT_EQ(link_of("05030a0200"), "none");
  EXPECT_EQ(link_of("05050a02000100"), "none");
  EXPECT_EQ(link_of("050400000000"), "none");
  EXPECT_EQ(link_of("01ff05040a020001"), "none") << "inside of a value that runs past the end";
}

TEST(RelayAgent, LinkSelectionComesBeforeSubnetSelectionAndThatBeforeTheRelay) {
  Message message = relayed("05040a020001");
  message.options.add_address(OptionCode::subnet_selection, Ipv4Address(0x0a030000));
  EXPECT_EQ(relayed_from(message)->to_string(), "10.2.0.1");
  message = relayed("0104deadbeef");
  message.options.add_address(OptionCode::subnet_selection, Ipv4Address(0x0a030000));
  EXPECT_EQ(relayed_from(message)->to_string(), "10.3.0.0");
  EXPECT_EQ(relayed_from(relayed("0104deadbeef"))->to_string(), "10.99.0.1");
}

TEST(RelayAgent, WhoSpeaksToUsDirectlyDoesNotChooseItsNetwork) {
  Message message = relayed("05040a020001");
  message.options.add_address(OptionCode::subnet_selection, Ipv4Address(0x0a030000));
  message.gateway = {};
  EXPECT_FALSE(relayed_from(message));
}
