#include "daemon/config/config.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/fields.hpp"
#include "daemon/config/leaves.hpp"
#include "daemon/config/nearest.hpp"

using namespace colony::daemon;
using namespace colony::core;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

std::string corpus(const std::string& name) {
  std::ifstream in(std::string(COLONY_CONFIG_CORPUS) + "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::string minimal =
    "datacenter_id: dc\n"
    "load_balancer: { interface: eth0, ip: 10.1.1.5/24 }\n";

std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> lines;
  const auto config = parse_config(text, "f.yaml");
  if (config) return lines;
  for (const auto& fault : config.error()) lines.push_back(fault.to_string());
  return lines;
}

/// A visitor that counts the live keys.
struct CountLive {
  std::size_t live = 0;
  void value(std::string_view /*key*/, const auto& /*v*/, TakesUp t) { live += t == TakesUp::live ? 1 : 0; }
  void number(std::string_view k, const auto& v, auto /*a*/, auto /*b*/, TakesUp t) { value(k, v, t); }
  void duration(std::string_view k, const auto& v, auto /*a*/, auto /*b*/, TakesUp t) { value(k, v, t); }
  void list(std::string_view k, const auto& v, std::size_t /*n*/, TakesUp t) { value(k, v, t); }
  void rows(std::string_view k, const auto& v, std::size_t /*n*/, TakesUp t) { value(k, v, t); }
  void section(std::string_view /*k*/, const auto& s) { fields(*this, s); }
};

}  // namespace

TEST(Config, TheDocumentedFileIsTheDefaults) {
  const auto config = parse_config(corpus("interface.yaml"), "colony.yaml");
  ASSERT_TRUE(config) << config.error().front().to_string();
  Config expected;
  expected.datacenter_id = *Word::parse("aa872c72-cbe1-498b-9b83-37a19e578d34");
  expected.load_balancer = {*InterfaceName::parse("vlan1001"), *AddressSpec::parse("10.1.1.5/24")};
  EXPECT_EQ(*config, expected);
  EXPECT_EQ(config->http.port, 8080);
  EXPECT_EQ(config->bmc.command_gap, 200ms);
  EXPECT_EQ(config->load_balancer.ip.prefix_length, 24);
}

TEST(Config, ReadsEveryKindOfValue) {
  const auto config = parse_config(corpus("server.yaml"), "colony.yaml");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->load_balancer.ip.prefix_length, std::nullopt);
  EXPECT_FALSE(config->hosted.enabled);
  EXPECT_EQ(config->hosted.url.text(), "http://127.0.0.1:8181");
  EXPECT_EQ(config->dhcp.mode, DhcpMode::server);
  ASSERT_EQ(config->dhcp.subnets.size(), 1U);
  EXPECT_EQ(config->dhcp.subnets[0].lease_time, 30min);
  EXPECT_EQ(config->dhcp.subnets[0].dns.size(), 2U);
  ASSERT_EQ(config->dhcp.reservations.size(), 1U);
  EXPECT_EQ(config->dhcp.reservations[0].hostname.text(), "web-1");
  EXPECT_THAT(config->bmc.cipher_suites, ElementsAre(CipherSuite::hmac_sha256_aes));
  EXPECT_TRUE(config->talos.kernel.is_url());
  EXPECT_EQ(config->api.listen.port, 8443);
  EXPECT_EQ(config->log.format, LogFormat::journal);
}

TEST(Config, WhatIsEmittedReadsBackTheSame) {
  for (const char* file : {"interface.yaml", "server.yaml"}) {
    const auto config = parse_config(corpus(file), file);
    ASSERT_TRUE(config);
    const std::string text = emit_config(*config);
    const auto again = parse_config(text, "emitted.yaml");
    ASSERT_TRUE(again) << text << again.error().front().to_string();
    EXPECT_EQ(*again, *config) << text;
  }
}

TEST(Config, EmitsNoDefaultsThatAReleaseMayChange) {
  const auto config = parse_config(minimal, "f.yaml");
  ASSERT_TRUE(config);
  const std::string text = emit_config(*config);
  EXPECT_THAT(text, HasSubstr("load_balancer:\n  interface: eth0\n  ip: 10.1.1.5/24\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("talos")));
}

TEST(Config, EmptySectionsAndEmptyValuesAreDefaults) {
  const auto config = parse_config(minimal + "agent_id:\nhttp:\ntftp: {}\npxe: { nbp: }\n", "f.yaml");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->http.port, 8080);
}

struct WrongCase {
  const char* name;
  std::string text;
  std::vector<std::string> lines;  // each a part of one reported line, in order; the counts must agree
};

class WrongConfig : public ::testing::TestWithParam<WrongCase> {};

TEST_P(WrongConfig, OneLinePerFault) {
  const auto lines = faults_of(GetParam().text);
  std::vector<::testing::Matcher<std::string>> expected;
  for (const auto& part : GetParam().lines) expected.emplace_back(HasSubstr(part));
  EXPECT_THAT(lines, ::testing::ElementsAreArray(expected));
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongConfig,
    ::testing::Values(
        WrongCase{"Empty",
                  "",
                  {"f.yaml: load_balancer.interface: is missing", "load_balancer.ip: is missing",
                   "datacenter_id: is missing"}},
        WrongCase{"NotYaml", "a: [", {"not YAML"}},
        WrongCase{"AListAtTheTop", "- a\n", {"f.yaml:1: a list where a section belongs"}},
        WrongCase{"UnknownKeys",
                  minimal + "dchp: {}\nhttp: { prot: 1 }\n",
                  {"f.yaml:3: dchp: unknown key; did you mean 'dhcp'?",
                   "f.yaml:4: http.prot: unknown key; did you mean 'port'?; accepted: port, root"}},
        WrongCase{
            "TheSameKeyTwice", minimal + "http: { port: 1, port: 2 }\n", {"f.yaml:3: key 'port' again"}},
        WrongCase{"Anchors", minimal + "http: &x { port: 1 }\n", {"f.yaml:3: anchors"}},
        WrongCase{"Aliases", "datacenter_id: *x\n", {"f.yaml:1"}},
        WrongCase{"Tags", minimal + "agent_id: !secret x\n", {"f.yaml:3: tags"}},
        WrongCase{"SecondDocument", minimal + "---\na: b\n", {"a second document"}},
        WrongCase{"TooDeep", "a: [[[[[[[[[[[[[[]]]]]]]]]]]]]]\n", {"nested deeper than 8"}},
        WrongCase{"BadAddress",
                  "datacenter_id: dc\nload_balancer: { interface: eth0, ip: 10.1.1 }\n",
                  {"f.yaml:2: load_balancer.ip: '10.1.1' is not accepted here; accepted: A.B.C.D/PREFIX"}},
        WrongCase{"NetworkAddress",
                  "datacenter_id: dc\nload_balancer: { interface: eth0, ip: 10.1.1.0/24 }\n",
                  {"10.1.1.0/24 cannot be the address of a host"}},
        WrongCase{"BroadcastAddress",
                  "datacenter_id: dc\nload_balancer: { interface: eth0, ip: 10.1.1.255/24 }\n",
                  {"cannot be the address of a host"}},
        WrongCase{"Loopback",
                  "datacenter_id: dc\nload_balancer: { interface: eth0, ip: 127.0.0.2/24 }\n",
                  {"cannot be the address of a host"}},
        WrongCase{"LongInterface",
                  "datacenter_id: dc\nload_balancer: { interface: abcdefghijklmnop, ip: 10.1.1.5/24 }\n",
                  {"load_balancer.interface: 'abcdefghijklmnop'"}},
        WrongCase{"Numbers",
                  minimal +
                      "http: { port: 0 }\ntftp: { block_size: 100, window_size: many }\nwipe: { verify: "
                      "0%, budget_per_hour: -1 }\n",
                  {"f.yaml:3: http.port: '0' is not accepted here; accepted: 1 to 65535",
                   "f.yaml:4: tftp.block_size", "tftp.window_size: 'many'", "f.yaml:5: wipe.verify: '0%'",
                   "wipe.budget_per_hour: '-1'"}},
        WrongCase{"Durations",
                  minimal + "bmc: { command_gap: 200, poll_interval: 1s }\n",
                  {"bmc.command_gap: '200' is not accepted here; accepted: 0s to 10s, with a unit",
                   "bmc.poll_interval: '1s'"}},
        WrongCase{"Words",
                  minimal + "dhcp: { mode: on, discover: [] }\nlog: { level: INFO }\n",
                  {"dhcp.mode: 'on' is not accepted here; accepted: proxy, server or off",
                   "dhcp.discover: a list where a value belongs", "log.level: 'INFO'"}},
        WrongCase{"UnsafeCipherSuites",
                  minimal + "bmc: { cipher_suites: [0, 17] }\n",
                  {"bmc.cipher_suites[0]: '0' is not accepted here; accepted: 17 or 3"}},
        WrongCase{"NoCipherSuite", minimal + "bmc: { cipher_suites: [] }\n", {"bmc.cipher_suites"}},
        WrongCase{"ClearTextAcrossTheInternet",
                  minimal + "hosted: { url: \"http://colony.example.org\" }\n",
                  {"hosted.url: 'http://colony.example.org' is not accepted here; accepted: https://"}},
        WrongCase{"UserInUrl", minimal + "hosted: { url: \"https://u:p@h/\" }\n", {"hosted.url"}},
        WrongCase{"RelativePath", minimal + "store: { path: colony.db }\n", {"store.path: 'colony.db'"}},
        WrongCase{"ClimbingPath", minimal + "store: { path: /var/../etc/x }\n", {"store.path"}},
        WrongCase{"UrlWithoutDigest",
                  minimal + "talos: { kernel: \"https://example.org/vmlinuz\" }\n",
                  {"talos.kernel: 'https://example.org/vmlinuz' is not accepted here"}},
        WrongCase{"TalosVersion", minimal + "talos: { version: 1.13 }\n", {"talos.version: '1.13'"}},
        WrongCase{"ServerWithoutSubnet", minimal + "dhcp: { mode: server }\n", {"dhcp.subnets: mode server"}},
        WrongCase{"Subnet",
                  minimal +
                      "dhcp:\n  subnets:\n  - { network: 10.1.1.0/24, range: 10.1.2.1-10.1.2.9, gateway: "
                      "10.9.9.9 }\n  - { network: 10.1.0.0/16 }\n",
                  {"f.yaml:5: dhcp.subnets[0].range: 10.1.2.1-10.1.2.9 is not inside 10.1.1.0/24",
                   "f.yaml:5: dhcp.subnets[0].gateway", "f.yaml:6: dhcp.subnets[1].range: is missing",
                   "f.yaml:6: dhcp.subnets[1].network: 10.1.0.0/16 overlaps"}},
        WrongCase{
            "Reservations",
            minimal + "dhcp:\n  reservations:\n  - { mac: \"52:54:00:00:00:01\", ip: 10.1.1.7 }\n  - { mac: "
                      "\"52:54:00:00:00:01\", ip: 10.1.1.7, hostname: Web_1 }\n",
            {"reservations[0].ip: 10.1.1.7 is in none of dhcp.subnets", "reservations[1].hostname: 'Web_1'",
             "reservations[1].mac: 52:54:00:00:00:01 again", "reservations[1].ip: 10.1.1.7 again"}},
        WrongCase{"ReservedAddresses",
                  minimal + "dhcp:\n  subnets: [{ network: 10.1.1.0/24, range: 10.1.1.10-10.1.1.20, gateway: "
                            "10.1.1.1 }]\n"
                            "  reservations:\n  - { mac: \"52:54:00:00:00:01\", ip: 10.9.1.7 }\n"
                            "  - { mac: \"52:54:00:00:00:02\", ip: 10.1.1.1 }\n"
                            "  - { mac: \"52:54:00:00:00:03\", ip: 10.1.1.255 }\n"
                            "  - { mac: \"52:54:00:00:00:04\", ip: 10.1.1.5 }\n",
                  {"reservations[0].ip: 10.9.1.7 is in none of dhcp.subnets",
                   "reservations[1].ip: 10.1.1.1 is the gateway's", "reservations[2].ip: 10.1.1.255 is",
                   "reservations[3].ip: 10.1.1.5 is load_balancer.ip"}},
        WrongCase{"LargeRange",
                  minimal + "dhcp: { subnets: [{ network: 10.0.0.0/8, range: 10.2.0.0-10.3.0.0 }] }\n",
                  {"subnets[0].range: 10.2.0.0-10.3.0.0 is too large; accepted: at most 65536 addresses"}},
        WrongCase{"ListenWithoutTls",
                  minimal + "api: { listen: \"10.1.1.5:8443\" }\n",
                  {"api.tls_certificate: api.listen is served over TLS only", "api.tls_key"}},
        WrongCase{"LongSocket",
                  minimal + "api: { socket: /" + std::string(120, 'x') + " }\n",
                  {"api.socket: is too long"}},
        WrongCase{
            "ControlBytesAreEscaped", minimal + "agent_id: \"a\\nb\\e[31m\"\n", {R"('a\x0ab\x1b[31m')"}}),
    [](const auto& param_info) { return param_info.param.name; });

TEST(Config, HostedOffNeedsNoDatacenter) {
  EXPECT_THAT(faults_of("load_balancer: { interface: eth0, ip: 10.1.1.5/24 }\nhosted: { enabled: false }\n"),
              IsEmpty());
}

TEST(Config, RefusesAFileThatIsTooLarge) {
  EXPECT_THAT(faults_of(std::string(300 * 1024, '#')), ElementsAre(HasSubstr("bytes long")));
}

TEST(Config, WhatTheYamlParserQuotesStaysOnOneLine) {
  // Found by fuzzing: its message about an unknown escape ends in the escaped byte itself.
  const auto lines = faults_of("agent_id: \"\\\x01\"\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().find_first_of("\n\x01"), std::string::npos);
}

TEST(Config, EveryPrefixOfAFileIsReadOrRefused) {
  const std::string text = corpus("server.yaml");
  for (std::size_t length = 0; length < text.size(); ++length) {
    for (const auto& line : faults_of(text.substr(0, length))) EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(Config, ThePolicyForTheHostedSideIsReadAndRefusedByName) {
  const auto config = parse_config(
      minimal + "policy: { allow: [discover, wipe], protected: [db-1, \"02:00:00:00:00:01\"] }\n", "f");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->policy.allow, ElementsAre(HostedOrder::discover, HostedOrder::wipe));
  ASSERT_EQ(config->policy.protected_assets.size(), 2U);
  EXPECT_EQ(config->policy.protected_assets[1].text(), "02:00:00:00:00:01");
  const auto nothing = parse_config(minimal + "policy: { allow: [] }\n", "f");
  ASSERT_TRUE(nothing);
  EXPECT_THAT(nothing->policy.allow, IsEmpty()) << "an empty list is none, not the default";
  const auto again = parse_config(emit_config(*nothing), "f");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *nothing);
  EXPECT_THAT(faults_of(minimal + "policy: { allow: [erase], protect: [a] }\n"),
              ElementsAre(HasSubstr("policy.allow[0]"), HasSubstr("protect")));
}

TEST(ConfigDiff, NamesWhatIsTakenUpAndWhatNeedsARestart) {
  const auto running = parse_config(minimal, "f.yaml");
  const auto wanted = parse_config(
      minimal + "http: { port: 8081 }\nlog: { level: debug }\nwipe: { verify: 20% }\n", "f.yaml");
  ASSERT_TRUE(running && wanted);
  const ConfigDiff diff = diff_config(*running, *wanted);
  EXPECT_THAT(diff.live, ElementsAre("wipe.verify", "log.level"));
  EXPECT_THAT(diff.restart, ElementsAre("http.port"));
  EXPECT_TRUE(diff_config(*running, *running).empty());
}

TEST(ConfigDiff, WithLiveKeysTakesOverEveryLiveKeyAndNothingElse) {
  const auto running = parse_config(minimal, "f.yaml");
  const auto wanted = parse_config(
      minimal +
          "http: { port: 8081 }\nlog: { level: debug, format: json }\ndhcp: { discover: never }\n"
          "wipe: { minimum: purge, verify: 20%, budget_per_hour: 1 }\nbmc: { poll_interval: 10s, "
          "sol_capture: false, reset: last-resort }\napi: { tls_certificate: /etc/colony/tls.pem, tls_key: "
          "/etc/colony/tls.key "
          "}\n"
          "policy: { allow: [discover], protected: [db-1], two_person: true }\n",
      "f.yaml");
  ASSERT_TRUE(running && wanted);
  // The file above must change every key that is live, or this test proves too little.
  CountLive count;
  fields(count, *running);
  EXPECT_EQ(diff_config(*running, *wanted).live.size(), count.live);

  const Config merged = with_live_keys(*running, *wanted);
  EXPECT_THAT(diff_config(merged, *wanted).live, IsEmpty());
  EXPECT_THAT(diff_config(*running, merged).restart, IsEmpty());
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> known{"datacenter_id", "dhcp", "tftp", "http"};
  EXPECT_EQ(nearest("data_center_id", known), "datacenter_id");
  EXPECT_EQ(nearest("htpp", known), "http");
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(ConfigDocumentation, ExplainsEveryKeyWithItsDefault) {
  std::ifstream in(std::string(COLONY_CONFIG_CORPUS) + "/../../../../docs/configuration.md");
  std::stringstream page;
  page << in.rdbuf();
  for (const Leaf& leaf : flatten(Config{})) {
    // "pxe.nbp.bios" may stand as the first of a row that goes on with ".x64".
    const bool named = page.str().find("`" + leaf.path() + "`") != std::string::npos ||
                       page.str().find("`." + leaf.key + "`") != std::string::npos;
    EXPECT_TRUE(named) << leaf.path();
    std::string text = leaf.text;
    std::erase(text, '"');
    if (!text.empty() && leaf.section != "load_balancer") {
      EXPECT_THAT(page.str(), HasSubstr("`" + text + "`")) << leaf.path();
    }
  }
}
