#include "daemon/config/edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace colony::daemon;
using ::testing::HasSubstr;

namespace {

Config read(std::string_view text) {
  auto config = parse_config(text, "f.yaml");
  EXPECT_TRUE(config) << config.error().front().to_string();
  return config.value_or(Config{});
}

Config changed(std::string_view text) {
  Config config = read(text);
  config.agent_id = *Word::parse("agent-9");
  config.load_balancer.ip = *AddressSpec::parse("10.2.2.2/16");
  config.hosted.ca_file = *FilePath::parse("/etc/ca.pem");
  return config;
}

}  // namespace

TEST(EditConfig, KeepsCommentsAndOrderOfTheDocumentedLayout) {
  const std::string text =
      "# our rack in hall 3\n"
      "datacenter_id: dc\n"
      "agent_id: \"\"                        # filled in by init\n"
      "load_balancer: { interface: vlan1001, ip: 10.1.1.5/24 } # the boot VLAN\n"
      "hosted: { enabled: true, ca_file: \"\" }\n"
      "http: { port: 8081 }   # 8080 is taken\n";
  const auto edited = edit_config(text, changed(text));
  ASSERT_TRUE(edited);
  EXPECT_EQ(*edited,
            "# our rack in hall 3\n"
            "datacenter_id: dc\n"
            "agent_id: agent-9                        # filled in by init\n"
            "load_balancer: { interface: vlan1001, ip: 10.2.2.2/16 } # the boot VLAN\n"
            "hosted: { enabled: true, ca_file: /etc/ca.pem }\n"
            "http: { port: 8081 }   # 8080 is taken\n");
}

TEST(EditConfig, AddsWhatIsMissing) {
  const std::string block =
      "datacenter_id: dc\n"
      "load_balancer:\n"
      "    interface: eth0  # the second port\n"
      "    ip: 10.1.1.5\n"
      "hosted:\n"
      "    enabled: true";
  const auto edited = edit_config(block, changed(block));
  ASSERT_TRUE(edited);
  EXPECT_THAT(*edited, HasSubstr("hosted:\n    ca_file: /etc/ca.pem\n    enabled: true\n"));
  EXPECT_THAT(*edited, HasSubstr("# the second port\n    ip: 10.2.2.2/16\n"));
  EXPECT_THAT(*edited, HasSubstr("\nagent_id: agent-9\n"));
  const std::string flow =
      "{datacenter_id: dc, load_balancer: { interface: eth0, ip: 10.1.1.5 }, hosted: {}}\n";
  EXPECT_FALSE(edit_config(flow, changed(flow)));  // on one line: not understood, and not damaged either
}

TEST(EditConfig, LeavesAnEqualFileAlone) {
  const std::string text = "load_balancer: {interface: eth0,ip: 10.1.1.5}\ndatacenter_id:   dc";
  EXPECT_EQ(edit_config(text, read(text)), text);
}

TEST(EditConfig, RefusesAFileWithFaults) {
  EXPECT_FALSE(edit_config("load_balancer: [", Config{}));
}
