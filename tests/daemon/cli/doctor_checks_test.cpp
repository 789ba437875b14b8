#include "daemon/cli/doctor_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace colony;
using namespace colony::core;
using namespace colony::daemon;
using namespace colony::daemon::cli;
using ::testing::HasSubstr;

namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

InterfaceState link() {
  InterfaceState state;
  state.name = "vlan1001";
  state.up = true;
  state.carrier = true;
  return state;
}

DoctorFacts well() {
  const PortOwner ours{"colonyd", 100, "colony"};
  return {.config_file = "/etc/colony/colony.yaml",
          .config =
              [] {
                Config config;
                config.load_balancer.interface = *InterfaceName::parse("vlan1001");
                return config;
              }(),
          .status = Json{{"ready", true},
                         {"version", "0.1.0"},
                         {"address", {{"ip", "10.1.1.5"}, {"interface", "vlan1001"}}},
                         {"hosted", {{"mode", "linked"}, {"problem", ""}}},
                         {"findings", Json::array()}},
          .assets = Json::array({{{"name", "web-1"}, {"condition", "normal"}}}),
          .ports = {{67, ours}, {69, ours}, {4011, ours}},
          .programs_lacking = {},
          .store_free = 20 * gib,
          .interfaces = std::vector{link()}};
}

/// The one line about `what`.
Check about(const DoctorFacts& facts, std::string_view what) {
  const auto checks = examine(facts);
  const auto found = std::ranges::find(checks, what, &Check::what);
  EXPECT_NE(found, checks.end()) << what;
  return found == checks.end() ? Check{} : *found;
}

void expect_fault(const DoctorFacts& facts, std::string_view what, Health health, const std::string& text) {
  const Check check = about(facts, what);
  EXPECT_EQ(check.health, health) << what;
  EXPECT_THAT(check.text, HasSubstr(text));
  EXPECT_NE(check.code, "") << what;
  std::size_t not_well = 0;
  for (const auto& other : examine(facts)) not_well += other.health != Health::ok;
  EXPECT_EQ(not_well, 1U) << what << ": one fault, one line";
}

}  // namespace

TEST(Doctor, FindsNothingWhereNothingIs) {
  for (const auto& check : examine(well())) {
    EXPECT_EQ(check.health, Health::ok) << check.what << ": " << check.text;
    EXPECT_EQ(check.cure, "");
  }
  EXPECT_EQ(examine(well()).size(), 11U);
}

TEST(Doctor, ADaemonThatIsNotThereIsNotAskedFurther) {
  auto facts = well();
  facts.status =
      fail(ErrorKind::unreachable, "api.unreachable", "nobody answers on /run/colony/colonyd.sock");
  expect_fault(facts, "daemon", Health::fail, "nobody answers");
  EXPECT_THAT(about(facts, "daemon").cure, HasSubstr("journalctl"));
}

TEST(Doctor, NamesEachFaultOfTheConfiguration) {
  auto facts = well();
  facts.config = std::unexpected(ConfigFaults{{"colony.yaml", 3, "tftp.sever", "is no key", "tftp.server"},
                                              {"colony.yaml", 9, "http.port", "is too large", "1 to 65535"}});
  expect_fault(facts, "config", Health::fail, "http.port");
  EXPECT_THAT(about(facts, "config").text, HasSubstr("tftp.sever"));
}

TEST(Doctor, SaysWhoHasTheAddress) {
  auto facts = well();
  facts.status->erase("address");
  (*facts.status)["address_problem"] = {{"code", "address.conflict"},
                                        {"message", "in use by 02:00:00:00:00:99"}};
  expect_fault(facts, "address", Health::fail, "in use by 02:00:00:00:00:99");
  facts.status->erase("address_problem");
  expect_fault(facts, "address", Health::warn, "not claimed yet");
}

TEST(Doctor, PassesOnWhatTheDaemonFound) {
  auto facts = well();
  (*facts.status)["findings"] = {"machines cannot boot: no TFTP server answers on 10.1.1.5:69"};
  expect_fault(facts, "finding", Health::fail, "no TFTP server answers");
}

TEST(Doctor, NamesWhoHoldsAPortOfOurs) {
  auto facts = well();
  facts.ports[1].owner = PortOwner{"in.tftpd", 412, "root"};
  expect_fault(facts, "port 69", Health::fail, "in.tftpd (process 412, user root), which is not ours");
  facts.config->tftp.server = TftpServer::tftpd_hpa;
  EXPECT_EQ(about(facts, "port 69").health, Health::ok) << "it was asked for";
  facts = well();
  facts.ports[0].owner.reset();
  expect_fault(facts, "port 67", Health::fail, "nobody listens");
  facts.ports[0].owner = PortOwner{"", 0, "colony"};
  expect_fault(facts, "port 67", Health::warn, "a program of user colony");
}

TEST(Doctor, NamesWhatIsMissingOnThisMachine) {
  auto facts = well();
  facts.programs_lacking = {"/usr/lib/ipxe/snponly.efi"};
  expect_fault(facts, "boot programs", Health::fail, "snponly.efi");
  facts = well();
  facts.store_free = gib / 2;
  expect_fault(facts, "disk space", Health::warn, "512 MiB");
  facts.store_free = gib / 20;
  expect_fault(facts, "disk space", Health::fail, "51 MiB");
  facts.store_free.reset();
  expect_fault(facts, "disk space", Health::warn, "cannot be looked at");
}

TEST(Doctor, NamesTheHostedSidesRefusalAndSilentBmcs) {
  auto facts = well();
  (*facts.status)["hosted"] = {
      {"mode", "locked-out"}, {"problem", "hosted.key_refused"}, {"reason", "401: Invalid API key"}};
  expect_fault(facts, "hosted side", Health::fail, "Invalid API key");
  facts = well();
  facts.assets = Json::array();
  for (int i = 0; i < 12; ++i) {
    facts.assets->push_back({{"name", "web-" + std::to_string(i)}, {"condition", "unreachable"}});
  }
  expect_fault(facts, "BMCs", Health::warn, "12 did not answer");
  EXPECT_THAT(about(facts, "BMCs").text, HasSubstr("web-7, ..."));
}

TEST(Doctor, AStoreThatFailedIsSaidFirst) {
  auto facts = well();
  (*facts.status)["store_failure"] = "disk I/O error";
  expect_fault(facts, "daemon", Health::fail, "disk I/O error");
}

TEST(Doctor, LooksAtWhatTheConfigurationAsksFor) {
  Config config;
  EXPECT_THAT(udp_ports(config), ::testing::ElementsAre(67, 69, 4011));
  config.dhcp.mode = DhcpMode::off;
  EXPECT_THAT(udp_ports(config), ::testing::ElementsAre(69));
  config.pxe.nbp.arm64 = *FilePath::parse("/srv/arm64.efi");
  EXPECT_THAT(boot_program_files(config), ::testing::Contains("/srv/arm64.efi"));
}

TEST(Doctor, TellsWhatTheDaemonFoundInParts) {
  auto facts = well();
  (*facts.status)["findings"] = {"two servers; switch one off"};
  (*facts.status)["faults"] = {{{"code", "network.second_dhcp"},
                                {"severity", "fail"},
                                {"text", "two servers"},
                                {"cure", "switch one off"}}};
  expect_fault(facts, "network", Health::fail, "two servers");
  EXPECT_EQ(about(facts, "network").code, "network.second_dhcp");
  EXPECT_EQ(about(facts, "network").cure, "switch one off");
  (*facts.status)["faults"][0]["severity"] = "warn";
  expect_fault(facts, "network", Health::warn, "two servers");
}

namespace {

/// The codes of what is wrong and follows from nothing else.
std::vector<std::string> causes(const DoctorFacts& facts) {
  std::vector<std::string> codes;
  for (const auto& check : examine(facts)) {
    if (check.health != Health::ok && check.follows_from.empty()) codes.push_back(check.code);
  }
  return codes;
}

}  // namespace

TEST(Doctor, ALinkThatIsGoneExplainsTheRest) {
  auto facts = well();
  facts.interfaces->clear();
  for (auto& port : facts.ports) port.owner.reset();
  (*facts.status)["ready"] = false;
  facts.status->erase("address");
  (*facts.status)["address_problem"] = {{"code", "address.interface_missing"},
                                        {"message", "there is no interface vlan1001"}};
  (*facts.status)["findings"] = {"no server is served: there is no interface vlan1001"};
  (*facts.status)["faults"] = {{{"code", "address"},
                                {"severity", "fail"},
                                {"text", "no server is served: there is no interface vlan1001"},
                                {"cure", ""}}};
  EXPECT_THAT(causes(facts), ::testing::ElementsAre("address.interface_missing"));
  EXPECT_EQ(about(facts, "port 67").follows_from, "address.interface_missing");
}

TEST(Doctor, NamesALinkThatIsDownOrLeadsNowhere) {
  auto facts = well();
  facts.interfaces->front().carrier = false;
  expect_fault(facts, "interface", Health::fail, "no link");
  facts.interfaces->front().up = false;
  expect_fault(facts, "interface", Health::fail, "switched off");
  EXPECT_THAT(about(facts, "interface").cure, HasSubstr("ip link set vlan1001 up"));
}

TEST(Doctor, APortThatAnotherProgramHoldsExplainsADaemonThatDidNotStart) {
  auto facts = well();
  facts.status = fail(ErrorKind::unreachable, "http.connect", "nobody answers");
  for (auto& port : facts.ports) port.owner.reset();
  facts.ports[1].owner = PortOwner{"in.tftpd", 412, "root"};
  EXPECT_THAT(causes(facts), ::testing::ElementsAre("port.taken"));
  EXPECT_THAT(about(facts, "port 69").cure, HasSubstr("tftpd-hpa"));
}

TEST(Doctor, NamesWhyTheHostedSideIsOutOfReach) {
  auto facts = well();
  const auto now = UtcTime(std::chrono::hours(500000));
  facts.hosted = {fail(ErrorKind::refused, "hosted.tls_expired", "its certificate has expired"), now};
  expect_fault(facts, "hosted side", Health::fail, "expired");
  EXPECT_THAT(about(facts, "hosted side").cure, HasSubstr("clock"));
  facts.hosted->its_time = std::optional(now - std::chrono::seconds(30));
  EXPECT_THAT(causes(facts), ::testing::IsEmpty());
  facts.hosted->its_time = std::optional(now - std::chrono::hours(2));
  expect_fault(facts, "clock", Health::fail, "2h0m ahead of");
  facts.hosted->its_time = std::optional(now + std::chrono::hours(2));
  expect_fault(facts, "clock", Health::fail, "behind");
}

TEST(Doctor, NamesBmcsThatNoRouteLeadsTo) {
  auto facts = well();
  facts.bmcs_without_route = {*Ipv4Address::parse("10.99.0.1")};
  expect_fault(facts, "BMCs", Health::fail, "10.99.0.1");
  const Json assets = Json::array({{{"ipmi", "10.99.0.1"}}, {{"ipmi", nullptr}}, {{"name", "x"}}});
  EXPECT_THAT(bmc_addresses(assets), ::testing::ElementsAre(*Ipv4Address::parse("10.99.0.1")));
}
