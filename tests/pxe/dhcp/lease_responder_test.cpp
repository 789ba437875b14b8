#include "pxe/dhcp/lease_responder.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/pxe/captures.hpp"
#include "tests/pxe/dhcp/listed_neighbours.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

Message capture(const std::string& name) {
  return *decode(colony::test::read_capture(std::string(CAPTURES) + "/" + name + ".hex"));
}

Ipv4Address ip(const char* text) {
  return Ipv4Address::parse(text).value();
}

const MacAddress uefi = *MacAddress::parse("52:54:00:aa:00:02");
const MacAddress bios = *MacAddress::parse("52:54:00:aa:00:01");
const MacAddress laptop = *MacAddress::parse("02:11:22:33:44:55");

/// A server for 10.78.9.0/24, its own link, and for 10.2.0.0/16 behind a relay.
struct Bench {
  colony::test::ListedPolicy policy;
  colony::test::RecordedEvidence evidence;
  colony::test::ListedNeighbours neighbours;
  LearnedAddresses addresses;
  std::vector<std::string> lines;
  Log log{LogLevel::debug, LogFormat::text,
          [this](LogLevel, std::string_view line) { lines.emplace_back(line); }};
  LeaseConfig config = subnets();
  LeaseResponder responder{reply_config(), config, policy, neighbours, addresses, evidence, log};
  BootTime now{100s};
  UtcTime utc{1'700'000'000s};
  std::optional<LeaseRecord> journaled;  // by the last datagram
  std::optional<Outgoing> sent;

  static ReplyConfig reply_config() {
    ReplyConfig out;
    out.server.address = ip("10.78.9.5");
    return out;
  }
  static LeaseConfig subnets() {
    LeaseConfig config;
    config.subnets.resize(2);
    auto& local = config.subnets[0];
    local.network = Ipv4Network::parse("10.78.9.0/24").value();
    local.first = ip("10.78.9.100");
    local.last = ip("10.78.9.150");
    local.gateway = ip("10.78.9.1");
    local.dns = {ip("10.78.9.2"), ip("10.78.9.3")};
    local.ntp = {ip("10.78.9.4")};
    auto& far = config.subnets[1];
    far.network = Ipv4Network::parse("10.2.0.0/16").value();
    far.first = ip("10.2.1.0");
    far.last = ip("10.2.1.255");
    far.gateway = ip("10.2.0.1");
    config.reservations = {{*MacAddress::parse("02:00:00:00:00:77"), ip("10.78.9.77"), "db-1"}};
    return config;
  }
  std::optional<Message> feed(const Message& message) { return feed(encode(message)); }
  std::optional<Message> feed(const Bytes& datagram) {
    auto answer = responder.on_datagram(Arrival{datagram, {}, client_port, ArrivalPort::server, now, utc});
    journaled = std::move(answer.journal);
    sent = std::move(answer.send);
    if (!sent) return std::nullopt;
    return *decode(sent->datagram);
  }
  /// DISCOVER, then the REQUEST for what was offered.
  std::optional<Message> lease(Message discover) {
    const auto offer = feed(discover);
    if (!offer) return std::nullopt;
    discover.type = MessageType::request;
    discover.options.remove(OptionCode::requested_address);
    discover.options.add_address(OptionCode::requested_address, offer->your);
    discover.options.add_address(OptionCode::server_identifier, ip("10.78.9.5"));
    return feed(discover);
  }
};

Message message_of(MacAddress mac, MessageType type = MessageType::discover) {
  Message message;
  message.type = type;
  message.mac = mac;
  message.xid = Xid{0x1234};
  return message;
}

std::uint32_t u32(const Message& message, OptionCode code) {
  const auto value = message.options.find(code);
  return value ? ByteReader(*value).u32be().value_or(0) : 0;
}

std::string hex_of(const Message& message, OptionCode code) {
  const auto value = message.options.find(code);
  return value ? hex(*value) : "absent";
}

}  // namespace

TEST(LeaseResponder, LeasesAnAddressToAnOrdinaryClient) {
  Bench bench;
  Message discover = message_of(laptop);
  const Bytes list{1, 3, 6, 12, 28, 42, 51, 58, 59};
  discover.options.add(OptionCode::parameter_list, list);
  const auto offer = bench.feed(discover);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->type, MessageType::offer);
  EXPECT_EQ(offer->your, ip("10.78.9.100"));
  EXPECT_FALSE(bench.journaled);  // an offer is only promised
  EXPECT_TRUE(bench.sent->destination.is_broadcast());
  const auto ack = bench.lease(discover);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_EQ(ack->your, ip("10.78.9.100"));
  EXPECT_TRUE(ack->server.is_unspecified());
  EXPECT_EQ(hex_of(*ack, OptionCode::server_identifier), "0a4e0905");
  EXPECT_EQ(hex_of(*ack, OptionCode::subnet_mask), "ffffff00");
  EXPECT_EQ(hex_of(*ack, OptionCode::router), "0a4e0901");
  EXPECT_EQ(hex_of(*ack, OptionCode::dns_server), "0a4e09020a4e0903");
  EXPECT_EQ(hex_of(*ack, OptionCode::ntp_server), "0a4e0904");
  EXPECT_EQ(hex_of(*ack, OptionCode::broadcast_address), "0a4e09ff");
  EXPECT_EQ(u32(*ack, OptionCode::lease_time), 3600U);
  EXPECT_EQ(u32(*ack, OptionCode::renewal_time), 1800U);
  EXPECT_EQ(u32(*ack, OptionCode::rebinding_time), 3150U);
  ASSERT_TRUE(bench.journaled);
  EXPECT_EQ(bench.journaled->mac, laptop);
  EXPECT_EQ(bench.journaled->expires, bench.utc + 1h);
}

TEST(LeaseResponder, GivesWhatTheClientAsksForAndNoMore) {
  Bench bench;
  Message discover = message_of(laptop);
  const Bytes list{3};
  discover.options.add(OptionCode::parameter_list, list);
  const auto offer = bench.feed(discover);
  ASSERT_TRUE(offer);
  EXPECT_TRUE(offer->options.has(OptionCode::router));
  EXPECT_TRUE(offer->options.has(OptionCode::subnet_mask));
  EXPECT_FALSE(offer->options.has(OptionCode::dns_server));
  EXPECT_FALSE(offer->options.has(OptionCode::ntp_server));
  EXPECT_FALSE(offer->options.has(OptionCode::vendor_class));
}

TEST(LeaseResponder, RepeatsTheClientIdentifierAndTheRelaysOptionLast) {
  Bench bench;
  Message discover = message_of(laptop);
  discover.options.add(OptionCode::relay_agent_information, *parse_hex("0104deadbeef"));
  discover.options.add(OptionCode::client_identifier, *parse_hex("ff00112233"));
  discover.gateway = ip("10.2.0.1");
  const auto offer = bench.feed(discover);
  ASSERT_TRUE(offer);
  EXPECT_EQ(hex_of(*offer, OptionCode::client_identifier), "ff00112233");
  EXPECT_EQ(offer->options.all().back().code, OptionCode::relay_agent_information);
  EXPECT_EQ(hex_of(*offer, OptionCode::relay_agent_information), "0104deadbeef");
  EXPECT_EQ(offer->your, ip("10.2.1.0"));
  EXPECT_EQ(bench.sent->destination, ip("10.2.0.1"));
  EXPECT_EQ(bench.sent->port, server_port);
}

TEST(LeaseResponder, DoesNotAnswerARelayOfNoSubnet) {
  Bench bench;
  Message discover = message_of(laptop);
  discover.gateway = ip("10.9.0.1");
  EXPECT_FALSE(bench.feed(discover));
  EXPECT_EQ(bench.responder.counters().foreign, 1U);
}

TEST(LeaseResponder, ARelayThatNamesItsClientsLinkIsAnsweredFromThatSubnet) {
  Bench bench;
  Message discover = message_of(laptop);
  discover.gateway = ip("10.99.0.1");  // a loopback, in no subnet of ours
  discover.options.add(OptionCode::relay_agent_information, *parse_hex("05040a020001"));
  const auto ack = bench.lease(discover);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->your, ip("10.2.1.0"));
  EXPECT_EQ(hex_of(*ack, OptionCode::router), "0a020001");
  EXPECT_EQ(hex_of(*ack, OptionCode::relay_agent_information), "05040a020001");
  EXPECT_EQ(bench.sent->destination, ip("10.99.0.1")) << "the way back is the relay's own address";
  // The relay's own address may be in another subnet of ours: the client is not.
  discover.mac = uefi;
  discover.gateway = ip("10.78.9.7");
  EXPECT_EQ(bench.lease(discover)->your, ip("10.2.1.1"));
  // A link that nobody configured.
  discover.options.remove(OptionCode::relay_agent_information);
  discover.options.add(OptionCode::relay_agent_information, *parse_hex("05040a090001"));
  EXPECT_FALSE(bench.feed(discover));
}

TEST(LeaseResponder, ASubnetThatIsSelectedIsRepeated) {  // RFC 3011: an answer without it is dropped
  Bench bench;
  Message discover = message_of(laptop);
  discover.gateway = ip("10.99.0.1");
  discover.options.add_address(OptionCode::subnet_selection, ip("10.2.0.0"));
  const auto ack = bench.lease(discover);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->your, ip("10.2.1.0"));
  EXPECT_EQ(hex_of(*ack, OptionCode::subnet_selection), "0a020000");
}

TEST(LeaseResponder, AMachineThatBootsThroughUsGetsAddressAndBootInOneOffer) {
  Bench bench;
  bench.policy.served = {uefi};
  const auto offer = bench.feed(capture("discover-uefi-pxe"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->your, ip("10.78.9.100"));
  EXPECT_EQ(offer->server, ip("10.78.9.5"));
  EXPECT_EQ(offer->file, "snponly.efi");
  EXPECT_EQ(offer->options.find_text(OptionCode::vendor_class), "PXEClient");
  EXPECT_EQ(hex_of(*offer, OptionCode::vendor_specific), "060108ff");
  EXPECT_EQ(hex_of(*offer, OptionCode::client_machine_identifier), "0067452301ab89efcd1122334455667788");
  EXPECT_EQ(offer->options.find_text(OptionCode::tftp_server_name), "10.78.9.5");
  EXPECT_EQ(offer->options.find_text(OptionCode::bootfile_name), "snponly.efi");
  EXPECT_EQ(u32(*offer, OptionCode::lease_time), 3600U);
  EXPECT_EQ(bench.evidence.facts<DhcpSeen>().size(), 1U);
  const auto ack = bench.lease(capture("discover-uefi-pxe"));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->file, "snponly.efi");
  EXPECT_EQ(bench.addresses.find(ip("10.78.9.100")), uefi);
}

TEST(LeaseResponder, HttpFirmwareGetsItsUrlAndIpxeItsScript) {
  Bench bench;
  bench.policy.everybody = true;
  const auto http = bench.feed(capture("discover-uefi-http"));
  ASSERT_TRUE(http);
  EXPECT_EQ(http->options.find_text(OptionCode::vendor_class), "HTTPClient");
  EXPECT_EQ(http->options.find_text(OptionCode::bootfile_name), "http://10.78.9.5:8080/nbp/snponly.efi");
  const auto ipxe = bench.feed(capture("discover-bios-ipxe-rom"));
  ASSERT_TRUE(ipxe);
  EXPECT_TRUE(
      ipxe->options.find_text(OptionCode::bootfile_name)->starts_with("http://10.78.9.5:8080/boot.ipxe?"));
  EXPECT_EQ(hex_of(*ipxe, OptionCode::ipxe), "b00101");
}

TEST(LeaseResponder, EveryStageOfOneMachineHasOneAddress) {
  Bench bench;
  bench.policy.served = {uefi};
  std::set<Ipv4Address> given;
  for (const auto* const stage : {"discover-uefi-pxe", "discover-uefi-ipxe"}) {
    Message discover = capture(stage);
    discover.mac = uefi;
    const auto ack = bench.lease(discover);
    ASSERT_TRUE(ack) << stage;
    given.insert(ack->your);
    bench.now += 20s;
  }
  for (const auto* const id : {"01525400aa0002", "ff12345678000100012a2b2c2d525400aa0002", ""}) {
    Message discover = message_of(uefi);
    if (*id != 0) discover.options.add(OptionCode::client_identifier, *parse_hex(id));
    const auto ack = bench.lease(discover);
    ASSERT_TRUE(ack) << id;
    given.insert(ack->your);
    ASSERT_TRUE(bench.journaled);
    EXPECT_EQ(hex(bench.journaled->client_id), id);
    bench.now += 20s;
  }
  EXPECT_EQ(given.size(), 1U);
  EXPECT_EQ(bench.responder.lease_counts().leased, 1U);
}

TEST(LeaseResponder, TwoMachinesWithOneClonedIdentifierHaveTwoAddresses) {
  Bench bench;
  std::set<Ipv4Address> given;
  for (const auto& mac : {uefi, bios}) {
    Message discover = message_of(mac);
    discover.options.add(OptionCode::client_identifier, *parse_hex("ff12345678000100012a2b2c2d525400aa0002"));
    given.insert(bench.lease(discover).value().your);
  }
  EXPECT_EQ(given.size(), 2U);
}

TEST(LeaseResponder, ANetworkBootThatIsNotServedGetsNothing) {
  Bench bench;
  EXPECT_FALSE(bench.feed(capture("discover-uefi-pxe")));
  EXPECT_EQ(bench.responder.lease_counts().offered, 0U);
  ASSERT_EQ(bench.evidence.facts<DhcpSeen>().size(), 1U);
  EXPECT_FALSE(bench.evidence.facts<DhcpSeen>()[0].answered);
}

TEST(LeaseResponder, ABootWithoutProgramIsRefusedByNameAndHoldsNoAddress) {
  Bench bench;
  bench.policy.served = {uefi};
  Message discover = capture("discover-uefi-pxe");
  discover.options.remove(OptionCode::client_architecture);
  discover.options.add(OptionCode::client_architecture, *parse_hex("000b"));
  EXPECT_FALSE(bench.feed(discover));
  EXPECT_EQ(bench.evidence.facts<Note>().size(), 1U);
  EXPECT_EQ(bench.responder.lease_counts().offered, 0U);
}

TEST(LeaseResponder, RefusesWhatAnotherHasAndWhatIsNotHere) {
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  Message request = message_of(laptop, MessageType::request);
  request.options.add_address(OptionCode::requested_address, mine);
  request.options.add_address(OptionCode::server_identifier, ip("10.78.9.5"));
  const auto nak = bench.feed(request);
  ASSERT_TRUE(nak);
  EXPECT_EQ(nak->type, MessageType::nak);
  EXPECT_TRUE(nak->your.is_unspecified());
  EXPECT_TRUE(bench.sent->destination.is_broadcast());
  EXPECT_FALSE(bench.journaled);
}

TEST(LeaseResponder, RebootsIntoTheOldAddress) {
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  Message request = message_of(uefi, MessageType::request);
  request.options.add_address(OptionCode::requested_address, mine);
  EXPECT_EQ(bench.feed(request)->type, MessageType::ack);
  EXPECT_TRUE(bench.journaled);
  Message wrong = message_of(uefi, MessageType::request);
  wrong.options.add_address(OptionCode::requested_address, ip("10.78.9.140"));
  EXPECT_EQ(bench.feed(wrong)->type, MessageType::nak);
  Message moved = message_of(laptop, MessageType::request);
  moved.options.add_address(OptionCode::requested_address, ip("192.168.1.20"));
  EXPECT_EQ(bench.feed(moved)->type, MessageType::nak);
  // RFC 2131 section 4.3.2: a server that has no record of the client must remain silent.
  Message unheard = message_of(laptop, MessageType::request);
  unheard.options.add_address(OptionCode::requested_address, ip("10.78.9.120"));
  EXPECT_FALSE(bench.feed(unheard));
}

TEST(LeaseResponder, RenewsAndRebindsDirectly) {
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  bench.now += 30min;
  bench.utc += 30min;
  Message renew = message_of(uefi, MessageType::request);
  renew.client = mine;
  const auto ack = bench.feed(renew);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_EQ(bench.sent->destination, mine);
  EXPECT_EQ(bench.sent->port, client_port);
  EXPECT_EQ(bench.journaled->expires, bench.utc + 1h);
  // Somebody else's address.
  renew.mac = laptop;
  EXPECT_EQ(bench.feed(renew)->type, MessageType::nak);
  // In our network and not ours to give: another server's, perhaps.
  renew.client = ip("10.78.9.30");
  EXPECT_FALSE(bench.feed(renew));
  // Forgotten here, and free: who uses it goes on using it.
  renew.client = ip("10.78.9.130");
  EXPECT_EQ(bench.feed(renew)->type, MessageType::ack);
}

TEST(LeaseResponder, ARenewalThatNamesUsIsARenewal) {
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  Message renew = message_of(uefi, MessageType::request);
  renew.client = mine;
  renew.options.add_address(OptionCode::server_identifier, ip("10.78.9.5"));
  const auto ack = bench.feed(renew);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_EQ(ack->your, mine);
  EXPECT_EQ(bench.sent->destination, mine);
  renew.mac = laptop;
  EXPECT_EQ(bench.feed(renew)->type, MessageType::nak);
  // One that names no address at all is counted.
  const auto before = bench.responder.counters().foreign;
  renew.client = {};
  EXPECT_FALSE(bench.feed(renew));
  EXPECT_EQ(bench.responder.counters().foreign, before + 1);
}

TEST(LeaseResponder, RenewsBehindTheRelay) {
  Bench bench;
  Message discover = message_of(uefi);
  discover.gateway = ip("10.2.0.1");
  const auto mine = bench.lease(discover).value().your;
  Message renew = message_of(uefi, MessageType::request);
  renew.client = mine;
  EXPECT_EQ(bench.feed(renew)->type, MessageType::ack);
  EXPECT_EQ(bench.sent->destination, mine);
}

TEST(LeaseResponder, AReservationIsTheClientsOnlyAddress) {
  Bench bench;
  const auto db = *MacAddress::parse("02:00:00:00:00:77");
  Message discover = message_of(db);
  discover.options.add_text(OptionCode::host_name, "whatever");
  const auto ack = bench.lease(discover);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->your, ip("10.78.9.77"));
  EXPECT_EQ(ack->options.find_text(OptionCode::host_name), "db-1");
  EXPECT_EQ(bench.journaled->hostname, "db-1");
  Message reboot = message_of(db, MessageType::request);
  reboot.options.add_address(OptionCode::requested_address, ip("10.78.9.120"));
  EXPECT_EQ(bench.feed(reboot)->type, MessageType::nak);
}

TEST(LeaseResponder, DeclineSetsAsideAndReleaseGivesBack) {
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  Message decline = message_of(uefi, MessageType::decline);
  decline.options.add_address(OptionCode::requested_address, mine);
  decline.options.add_address(OptionCode::server_identifier, ip("10.78.9.5"));
  EXPECT_FALSE(bench.feed(decline));
  EXPECT_EQ(bench.journaled->state, LeaseState::declined);
  EXPECT_EQ(bench.responder.set_aside(), std::vector{mine});
  const auto other = bench.lease(message_of(uefi)).value().your;
  EXPECT_NE(other, mine);
  Message release = message_of(uefi, MessageType::release);
  release.client = other;
  release.options.add_address(OptionCode::server_identifier, ip("10.78.9.5"));
  EXPECT_FALSE(bench.feed(release));
  EXPECT_EQ(bench.journaled->state, LeaseState::released);
  EXPECT_EQ(bench.responder.lease_counts().leased, 0U);
  // Neither works for anybody else.
  release.mac = laptop;
  EXPECT_FALSE(bench.feed(release));
  EXPECT_FALSE(bench.journaled);
}

TEST(LeaseResponder, ADeclineOrReleaseThatNamesNoServerMayBeMeantForAnother) {  // RFC 2131 table 5
  Bench bench;
  const auto mine = bench.lease(message_of(uefi)).value().your;
  Message decline = message_of(uefi, MessageType::decline);
  decline.options.add_address(OptionCode::requested_address, mine);
  EXPECT_FALSE(bench.feed(decline));
  EXPECT_FALSE(bench.journaled);
  EXPECT_TRUE(bench.responder.set_aside().empty());
  Message release = message_of(uefi, MessageType::release);
  release.client = mine;
  EXPECT_FALSE(bench.feed(release));
  EXPECT_FALSE(bench.journaled);
  EXPECT_EQ(bench.responder.lease_counts().leased, 1U);
  EXPECT_EQ(bench.responder.counters().foreign, 2U);
}

TEST(LeaseResponder, AMachineThatAsksWithoutPauseDoesNotFillTheLog) {
  Bench bench;
  bench.policy.served = {uefi};
  for (int i = 0; i < 1000; ++i) (void)bench.lease(capture("discover-uefi-pxe"));
  const auto offers = [&bench] {
    return std::ranges::count_if(
        bench.lines, [](const std::string& line) { return line.starts_with("info  dhcp.offer"); });
  };
  EXPECT_EQ(offers(), 2) << "one for the OFFER, one for the ACK";
  bench.now += 1s;
  (void)bench.lease(capture("discover-uefi-pxe"));
  EXPECT_EQ(offers(), 4);
}

TEST(LeaseResponder, InformsWithoutLeasing) {
  Bench bench;
  Message inform = message_of(laptop, MessageType::inform);
  inform.client = ip("10.78.9.30");
  const auto ack = bench.feed(inform);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_TRUE(ack->your.is_unspecified());
  EXPECT_FALSE(ack->options.has(OptionCode::lease_time));
  EXPECT_TRUE(ack->options.has(OptionCode::router));
  EXPECT_EQ(bench.sent->destination, inform.client);
  EXPECT_FALSE(bench.journaled);
}

TEST(LeaseResponder, LeavesAClientOfAnotherServerAloneAndRemembersTheRival) {
  Bench bench;
  EXPECT_TRUE(bench.feed(message_of(laptop)));
  Message request = message_of(laptop, MessageType::request);
  request.options.add_address(OptionCode::requested_address, ip("10.78.9.50"));
  request.options.add_address(OptionCode::server_identifier, ip("10.78.9.1"));
  EXPECT_FALSE(bench.feed(request));
  ASSERT_TRUE(bench.responder.rival());
  EXPECT_EQ(bench.responder.rival()->server, ip("10.78.9.1"));
  EXPECT_EQ(bench.responder.lease_counts().offered, 0U);
}

TEST(LeaseResponder, DoesNotOfferAnAddressThatANeighbourUses) {
  Bench bench;
  bench.neighbours.entries[ip("10.78.9.100")] = bios;
  EXPECT_EQ(bench.feed(message_of(uefi))->your, ip("10.78.9.101"));
  EXPECT_EQ(bench.responder.set_aside(), std::vector{ip("10.78.9.100")});
  // An expired lease is given on though the kernel still remembers who had it; not when he is there yet.
  bench.neighbours.entries.clear();
  bench.config.subnets[0].last = ip("10.78.9.100");
  LeaseResponder one(Bench::reply_config(), bench.config, bench.policy, bench.neighbours, bench.addresses,
                     bench.evidence, bench.log);
  LeaseRecord row;
  row.address = ip("10.78.9.100");
  row.mac = bios;
  row.expires = bench.utc - 1h;
  one.restore({row}, bench.now, bench.utc);
  bench.neighbours.entries[row.address] = bios;
  const auto offered = [&] {
    const Bytes discover = encode(message_of(uefi));
    return one.on_datagram(Arrival{discover, {}, client_port, ArrivalPort::server, bench.now, bench.utc})
        .send.has_value();
  };
  EXPECT_FALSE(offered());
  bench.neighbours.lately = false;
  bench.now += LeasePool::aside_time;
  one.restore({row}, bench.now, bench.utc);
  EXPECT_TRUE(offered());
  bench.neighbours.lately = true;
  // Behind a relay our neighbours say nothing.
  bench.neighbours.entries[ip("10.2.1.0")] = bios;
  Message discover = message_of(laptop);
  discover.gateway = ip("10.2.0.1");
  EXPECT_EQ(bench.feed(discover)->your, ip("10.2.1.0"));
}

TEST(LeaseResponder, AnOperatingSystemOfOursIsSeenComingUp) {
  Bench bench;
  bench.policy.served = {uefi};
  EXPECT_TRUE(bench.lease(message_of(uefi)));
  EXPECT_EQ(bench.evidence.facts<SystemAsked>().size(), 1U);
  EXPECT_EQ(bench.addresses.find(ip("10.78.9.100")), uefi);
  EXPECT_TRUE(bench.lease(message_of(laptop)));
  EXPECT_EQ(bench.evidence.facts<SystemAsked>().size(), 1U);
  EXPECT_FALSE(bench.addresses.knows(laptop));
}

TEST(LeaseResponder, ServesMachinesItKnowsWhileStrangersFlood) {
  Bench bench;
  bench.policy.served = {uefi};
  Message discover = message_of(laptop);
  for (unsigned i = 0; i < 20'000; ++i) {
    discover.mac =
        MacAddress({2, 9, 9, static_cast<Byte>(i >> 16), static_cast<Byte>(i >> 8), static_cast<Byte>(i)});
    if (i % 2 == 0) {
      (void)bench.feed(discover);
      EXPECT_FALSE(bench.journaled);
    } else {
      (void)bench.lease(discover);  // the flood takes its leases up, too
    }
    bench.now += 50us;
  }
  EXPECT_LE(bench.responder.lease_counts().strangers, bench.responder.lease_counts().strangers_share);
  const auto ack = bench.lease(capture("discover-uefi-pxe"));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_LE(bench.lines.size(), 10U);
}

TEST(LeaseResponder, AReplyFitsTheSmallestClient) {
  Bench bench;
  bench.config.subnets[0].dns.assign(8, ip("10.78.9.2"));
  bench.config.subnets[0].ntp.assign(8, ip("10.78.9.4"));
  LeaseResponder responder(Bench::reply_config(), bench.config, bench.policy, bench.neighbours,
                           bench.addresses, bench.evidence, bench.log);
  bench.policy.everybody = true;
  Message discover = capture("discover-bios-ipxe-rom");
  discover.options.remove(OptionCode::max_message_size);
  discover.options.remove(OptionCode::client_identifier);
  discover.options.add(OptionCode::client_identifier, Bytes(200, 1));
  const auto small = encode(discover);
  auto answer =
      responder.on_datagram(Arrival{small, {}, client_port, ArrivalPort::server, bench.now, bench.utc});
  ASSERT_TRUE(answer.send);
  const auto offer = *decode(answer.send->datagram);
  EXPECT_LE(answer.send->datagram.size(), 548U + 202U);
  EXPECT_FALSE(offer.options.has(OptionCode::ntp_server));
  EXPECT_TRUE(offer.options.has(OptionCode::bootfile_name));
}

TEST(LeaseResponder, ShowsItsLeases) {
  Bench bench;
  bench.policy.served = {uefi};
  (void)bench.lease(capture("discover-uefi-pxe"));
  (void)bench.lease(message_of(laptop));
  const auto leases = bench.responder.leases(bench.now, bench.utc);
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[0].stage, BootStage::firmware_pxe);
  EXPECT_EQ(leases[0].standing, LeaseClient::Standing::known);
  EXPECT_TRUE(leases[0].active);
  EXPECT_FALSE(leases[1].stage);
  EXPECT_EQ(leases[1].standing, LeaseClient::Standing::stranger);
}

TEST(LeaseResponder, OddClientIdentifiersAreRepeatedAndNotTakenForOne) {
  for (const auto* const id : {"", "01", "00"}) {  // RFC 2132 section 9.14: at least two bytes
    Bench bench;
    Message discover = message_of(laptop);
    discover.options.add(OptionCode::client_identifier, *parse_hex(id));
    const auto ack = bench.lease(discover);
    ASSERT_TRUE(ack) << id;
    EXPECT_EQ(hex_of(*ack, OptionCode::client_identifier), id);
    EXPECT_TRUE(bench.journaled->client_id.empty()) << id;
  }
  Bench bench;
  Message discover = message_of(laptop);
  discover.options.add(OptionCode::client_identifier, Bytes(300, 7));  // two options on the wire
  const auto ack = bench.lease(discover);
  ASSERT_TRUE(ack);
  EXPECT_FALSE(ack->options.has(OptionCode::client_identifier));
  EXPECT_TRUE(bench.journaled->client_id.empty());
}

TEST(LeaseResponder, ReadsItsOptionsFromOverloadedFields) {
  Bench bench;
  (void)bench.feed(message_of(laptop));
  Message request = message_of(laptop, MessageType::request);
  Bytes bytes = encode(request);
  bytes.resize(243);                                                  // option 53 only
  bytes.insert(bytes.end(), {52, 1, 1, 255});                         // more in the file field
  const Bytes more{50, 4, 10, 78, 9, 100, 54, 4, 10, 78, 9, 5, 255};  // the address and us
  std::copy(more.begin(), more.end(), bytes.begin() + 108);
  const auto ack = bench.feed(bytes);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->type, MessageType::ack);
  EXPECT_EQ(ack->your, ip("10.78.9.100"));
}

TEST(LeaseResponder, AHostNameFromOutsideIsPrintableAndShort) {
  Bench bench;
  Message discover = message_of(laptop);
  discover.options.add_text(OptionCode::host_name, std::string("a\x1b[31m") + std::string(200, 'x'));
  ASSERT_TRUE(bench.lease(discover));
  EXPECT_EQ(bench.journaled->hostname.find('\x1b'), std::string::npos);
  EXPECT_LE(bench.journaled->hostname.size(), 70U);
}

TEST(LeaseResponder, NothingMalformedIsAnswered) {
  Bench bench;
  const Bytes whole = encode(message_of(laptop));
  for (std::size_t size = 0; size < 243; ++size) {
    EXPECT_FALSE(bench.feed(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  Bytes reply = whole;
  reply[0] = 2;
  EXPECT_FALSE(bench.feed(reply));
  Bytes infiniband = whole;
  infiniband[2] = 16;  // hlen
  EXPECT_FALSE(bench.feed(infiniband));
}

TEST(LeaseResponder, Arm64WithoutABootProgramGetsNoAddressForABootThatCannotBeAndIsNamed) {
  Bench bench;
  bench.policy.served = {uefi};
  for (const auto& [captured, number] :
       {std::pair{"discover-uefi-pxe", "000b"}, {"discover-uefi-http", "0013"}}) {
    Message discover = capture(captured);
    discover.mac = uefi;
    discover.options.remove(OptionCode::client_architecture);
    discover.options.add(OptionCode::client_architecture, *parse_hex(number));
    EXPECT_FALSE(bench.feed(discover)) << captured;
    EXPECT_FALSE(bench.journaled) << captured;
  }
  const auto notes = bench.evidence.facts<Note>();
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes[0].code, "dhcp.no_boot_program");
  EXPECT_NE(notes[0].text.find("efi-arm64"), std::string::npos);
}
