#include "daemon/guard/network_guard.hpp"

#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/address/arp.hpp"
#include "pxe/dhcp/udp_frame.hpp"

using namespace colony::core;
using namespace colony::daemon;
using namespace colony::daemon::guard;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

const MacAddress own = *MacAddress::parse("02:00:00:00:00:05");
const MacAddress client = *MacAddress::parse("02:00:00:00:00:77");

MacAddress mac_of(Ipv4Address server) {
  const auto value = server.value();
  return MacAddress({2, 1, static_cast<Byte>(value >> 24), static_cast<Byte>(value >> 16),
                     static_cast<Byte>(value >> 8), static_cast<Byte>(value)});
}

Ipv4Address ip(std::string_view text) {
  return *Ipv4Address::parse(text);
}

/// A server of the simulated link: a question in, its answers out.
struct Server {
  Ipv4Address id = ip("10.77.0.2");
  Ipv4Address offers = ip("10.77.2.10");  // unspecified: a ProxyDHCP
  Ipv4Address mask = ip("255.255.0.0");
  Ipv4Address router = ip("10.77.0.1");
  bool only_network_boots = false;
  std::function<void(Message&)> more = [](Message&) {};

  [[nodiscard]] std::optional<Message> answer(const Message& question) const {
    if (only_network_boots && !question.options.has(OptionCode::client_architecture)) return std::nullopt;
    Message reply;
    reply.operation = Operation::reply;
    reply.type = MessageType::offer;
    reply.xid = question.xid;
    reply.mac = question.mac;
    reply.your = offers;
    reply.server = id;
    reply.options.add_address(OptionCode::server_identifier, id);
    if (!offers.is_unspecified()) {
      reply.options.add_address(OptionCode::subnet_mask, mask);
      if (!router.is_unspecified()) reply.options.add_address(OptionCode::router, router);
    }
    more(reply);
    return reply;
  }
};

Bytes framed(const Message& message, MacAddress from, Ipv4Address source, std::uint16_t source_port,
             std::uint16_t port, Ipv4Address destination = Ipv4Address(0xffffffffU)) {
  const Bytes datagram = encode(message);
  UdpFrame frame;
  frame.source_mac = from;
  frame.source = source;
  frame.destination = destination;
  frame.source_port = source_port;
  frame.destination_port = port;
  frame.payload = datagram;
  return encode_broadcast_frame(frame);
}

/// The guard on a link, with servers that answer at once, under a clock that only the test moves.
struct Site {
  explicit Site(DhcpMode mode = DhcpMode::proxy) : guard(mode, 8080, place) {}

  void hear(const Server& server, const Message& question, std::optional<std::uint16_t> vlan = {}) {
    const auto reply = server.answer(question);
    if (!reply) return;
    const Bytes bytes = framed(*reply, mac_of(server.id), server.id, server_port, client_port);
    guard.on_frame({bytes, vlan}, now);
  }
  /// Until every round that begins within `time` has its verdict.
  void run(Duration time) {
    const BootTime end = now + time;
    while (guard.deadline() < end) {
      now = std::max(now, guard.deadline());
      guard.set_place(place);
      for (const auto& bytes : guard.on_time(now, random)) {
        ++sent;
        const auto frame = decode_udp_frame(bytes);
        ASSERT_TRUE(frame);
        const auto question = decode(frame->payload);
        ASSERT_TRUE(question);
        EXPECT_EQ(question->type, MessageType::discover) << "it never takes anything up";
        EXPECT_EQ(question->mac, own);
        for (const auto& server : servers) hear(server, *question);
      }
      each();
    }
    now = end;
  }
  void look() {
    guard.look_now(now);
    run(7s);
  }
  void arp(Ipv4Address sender, std::optional<std::uint16_t> vlan = {}) {
    const Bytes bytes = encode_arp_frame(arp_announcement(mac_of(sender), sender));
    guard.on_frame({bytes, vlan}, now);
  }
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const auto& [code, finding] : guard.findings(now)) out.push_back(code);
    return out;
  }
  [[nodiscard]] Finding about(const std::string& code) const {
    const auto found = guard.findings(now);
    return found.contains(code) ? found.at(code) : Finding{};
  }

  Place place{.interface = "lb0",
              .mac = own,
              .network = *Ipv4Network::parse("10.77.0.5/16"),
              .networks = {*Ipv4Network::parse("10.77.0.5/16")}};
  SeededRandom random{7};
  BootTime now = BootTime(1h);
  std::vector<Server> servers{Server{}};
  std::size_t sent = 0;
  std::function<void()> each = [] {};
  NetworkGuard guard;
};

Server rival() {
  Server server;
  server.id = ip("10.77.0.66");
  server.offers = ip("10.77.9.10");
  server.router = ip("10.77.0.66");
  return server;
}

Server proxy() {
  Server server;
  server.id = ip("10.77.0.67");
  server.offers = {};
  server.only_network_boots = true;
  server.more = [](Message& reply) {
    reply.options.add_text(OptionCode::vendor_class, "PXEClient");
    reply.options.add(OptionCode::vendor_specific, Bytes{6, 1, 8, 255});
    reply.file = "pxelinux.0";
  };
  return server;
}

}  // namespace

TEST(NetworkGuard, FindsNothingInAWeekOfACleanSite) {
  Site site;
  std::size_t alarms = 0;
  SeededRandom chance(1);
  // Machines come and go, boot, renew; the site's server speaks to them, too.
  site.each = [&] {
    Message theirs;
    theirs.xid = Xid{chance.u32()};
    theirs.mac = MacAddress({2, 9, 9, 9, 9, static_cast<Byte>(chance.below(200))});
    theirs.options.add(OptionCode::client_architecture, Bytes{0, 7});
    site.hear(site.servers[0], theirs);
    site.arp(Ipv4Address(ip("10.77.2.0").value() + static_cast<std::uint32_t>(chance.below(250))));
    const Bytes asked = framed(theirs, theirs.mac, {}, client_port, server_port);
    static std::uint64_t count = 0;
    site.guard.on_frame({asked, {}}, site.now);
    site.guard.on_taken_in(Door::dhcp, ++count, site.now);
    alarms += site.guard.findings(site.now).size();
  };
  site.run(24h * 7);
  EXPECT_EQ(alarms, 0U);
  EXPECT_NEAR(static_cast<double>(site.sent), 7 * 86400.0 / 50 * 4, 8) << "four broadcasts in 50 s";
}

TEST(NetworkGuard, HearsAServerThatLosesEveryOtherAnswer) {
  Site site;
  std::size_t alarms = 0, asked = 0;
  site.servers[0].more = [&](Message& reply) {
    if (++asked % 2 == 0) reply.type = MessageType::nak;  // as if it were lost
  };
  site.each = [&] { alarms += site.guard.findings(site.now).size(); };
  site.run(6h);
  EXPECT_EQ(alarms, 0U);
}

TEST(NetworkGuard, NamesASecondDhcpServerWithinAMinuteAndForgetsIt) {
  Site site;
  site.run(10min);
  site.servers.push_back(rival());
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  const Finding finding = site.about("network.second_dhcp");
  EXPECT_THAT(finding.text, HasSubstr("10.77.0.2 (02:01:0a:4d:00:02), 10.77.0.66 (02:01:0a:4d:00:42)"));
  EXPECT_EQ(finding.severity, Severity::fail);
  EXPECT_FALSE(finding.cure.empty());
  site.servers.pop_back();
  site.run(50s);
  EXPECT_THAT(site.codes(), ElementsAre("network.second_dhcp")) << "one round may be lost";
  site.run(3min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, AsksAtOnceWhenSomebodyMendedSomething) {
  Site site;
  site.servers.push_back(rival());
  site.run(60s);
  ASSERT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  site.servers.pop_back();
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, ForgetsAlsoWhatTheOneThatWasMendedSaidToOthers) {
  Site site;
  const Server former = rival();
  Message theirs;
  theirs.xid = Xid{77};
  theirs.mac = client;
  site.hear(former, theirs);  // it never answers us
  site.run(60s);
  ASSERT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, StandsByAnAlarmWhileTheRivalSpeaksToOthersToo) {
  Site site;
  const Server other = rival();
  site.servers.push_back(other);
  site.run(60s);
  ASSERT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  Message theirs;
  theirs.xid = Xid{77};
  theirs.mac = client;
  std::size_t gone = 0;
  site.each = [&] {
    site.hear(other, theirs);
    site.hear(site.servers[0], theirs);
    if (site.codes().empty()) ++gone;
  };
  site.run(1h);
  EXPECT_EQ(gone, 0U);
}

TEST(NetworkGuard, AHostThatAsksForNoRouterIsNoSignOfAnotherServer) {
  Site site;
  Server half;  // of a pair
  half.id = ip("10.77.0.3");
  half.router = {};
  Message theirs;
  theirs.xid = Xid{77};
  theirs.mac = client;
  site.hear(half, theirs);
  site.run(60s);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, OnlyWarnsOfAHostThatIsToldARouterOfItsOwn) {
  Site site;
  Server half;
  half.id = ip("10.77.0.3");
  half.router = ip("10.77.0.9");
  Message theirs;
  theirs.xid = Xid{77};
  theirs.mac = client;
  site.hear(half, theirs);
  site.run(60s);
  ASSERT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  EXPECT_EQ(site.about("network.second_dhcp").severity, Severity::warn);
}

TEST(NetworkGuard, LetsAFailOverPairBe) {
  Site site;
  Server other;
  other.id = ip("10.77.0.3");
  std::size_t alarms = 0;
  std::uint32_t xid = 1;
  // The pair shares the clients: the other half is heard only when it speaks to its own.
  site.each = [&] {
    Message theirs;
    theirs.xid = Xid{xid++};
    theirs.mac = client;
    site.hear(other, theirs);
    alarms += site.guard.findings(site.now).size();
  };
  site.run(6h);
  site.servers[0] = other;  // and takes over
  site.run(6h);
  EXPECT_EQ(alarms, 0U);
}

TEST(NetworkGuard, OnlyWarnsOfTwoServersOfOneNetwork) {
  Site site;
  Server other;  // the other part of a split range, say
  other.id = ip("10.77.0.3");
  other.offers = ip("10.77.3.10");
  site.servers.push_back(other);
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
  EXPECT_EQ(site.about("network.second_dhcp").severity, Severity::warn);
}

TEST(NetworkGuard, NamesAServerThatAnswersOnlyOthersWithOtherTerms) {
  Site site;
  site.run(60s);
  Message theirs;
  theirs.xid = Xid{99};
  theirs.mac = client;
  site.hear(rival(), theirs);
  EXPECT_THAT(site.codes(), ElementsAre("network.second_dhcp")) << "at once: it was overheard";
  site.run(11min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, NamesARivalProxy) {
  Site site;
  site.run(60s);
  site.servers.push_back(proxy());
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.rival_proxy"));
  EXPECT_THAT(site.about("network.rival_proxy").text, HasSubstr("10.77.0.67 (02:01:0a:4d:00:43)"));
  EXPECT_THAT(site.about("network.rival_proxy").text, HasSubstr("pxelinux.0"));
  site.servers.pop_back();
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, NamesTheTrapOfOption60Without43) {
  Site site;
  site.servers[0].more = [](Message& reply) {
    reply.options.add_text(OptionCode::vendor_class, "PXEClient");
  };
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.option_60"));
  // With 43 it is a boot server, whoever hands out the address.
  site.servers[0].more = [](Message& reply) {
    reply.options.add_text(OptionCode::vendor_class, "PXEClient");
    reply.options.add(OptionCode::vendor_specific, Bytes{6, 1, 8, 255});
  };
  site.look();
  EXPECT_THAT(site.codes(), ElementsAre("network.rival_proxy"));
}

TEST(NetworkGuard, WarnsOfAForeignBootFileAndNotOfOurOwn) {
  Site site;
  Ipv4Address next = site.servers[0].id;
  site.servers[0].more = [&](Message& reply) {
    reply.server = next;
    reply.file = "pxelinux.0";
  };
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.boot_file"));
  EXPECT_EQ(site.about("network.boot_file").severity, Severity::warn);
  next = ip("10.77.0.5");  // it sends them to us: that is meant
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, WarnsWhereNobodyHandsOutAddresses) {
  Site site;
  site.servers.clear();
  site.run(90s);
  EXPECT_THAT(site.codes(), IsEmpty()) << "three rounds of silence are needed";
  site.run(1min);
  EXPECT_THAT(site.codes(), ElementsAre("network.no_dhcp"));
  EXPECT_EQ(site.about("network.no_dhcp").severity, Severity::warn);
  site.servers.emplace_back();
  site.run(1min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, KnowsTheWrongNetworkByTheAddressesHandedOutThere) {
  Site site;
  site.servers[0].id = ip("10.9.0.1");
  site.servers[0].offers = ip("10.9.1.10");
  site.servers[0].router = ip("10.9.0.1");
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.wrong_network"));
  EXPECT_THAT(site.about("network.wrong_network").text, HasSubstr("addresses of 10.9.0.0/16"));
  // The interface has a leg in that network as well: two networks on one link are meant.
  site.place.networks.push_back(*Ipv4Network::parse("10.9.0.5/16"));
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
  site.place.networks.pop_back();
  site.servers[0].mask = ip("255.0.0.0");  // 10.0.0.0/8 holds us
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, KnowsTheNetworkBehindATag) {
  Site site;
  site.servers.clear();
  site.run(5s);
  site.arp(ip("10.77.2.20"), 20);
  EXPECT_THAT(site.codes(), ElementsAre("network.tagged"));
  EXPECT_THAT(site.about("network.tagged").text, HasSubstr("VLAN 20 (10.77.2.20, 02:01:0a:4d:02:14)"));
  // A trunk port carries other networks with tags, and ours without: nothing is wrong with that.
  site.arp(ip("10.77.2.21"));
  EXPECT_THAT(site.codes(), IsEmpty());
  Site trunk;
  trunk.run(5s);
  trunk.arp(ip("10.50.0.1"), 50);
  EXPECT_THAT(trunk.codes(), IsEmpty());
}

TEST(NetworkGuard, ATaggedServerIsNotOneOfThisLink) {
  Site site;
  site.each = [&] {
    Message theirs;
    theirs.xid = Xid{5};
    theirs.mac = client;
    Server other = rival();
    other.id = ip("10.50.0.1");
    site.hear(other, theirs, 50);
  };
  site.run(10min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, WarnsOfMtusThatDoNotFit) {
  Site site;
  site.place.mtu = 1400;
  site.run(60s);
  EXPECT_THAT(site.codes(), ElementsAre("network.mtu"));
  EXPECT_THAT(site.about("network.mtu").text, HasSubstr("1400"));
  site.place.mtu = 9000;
  site.look();
  EXPECT_THAT(site.codes(), IsEmpty());
  site.place.mtu = 1500;
  site.servers[0].more = [](Message& reply) {
    reply.options.add(OptionCode::interface_mtu, Bytes{0x23, 0x28});
  };
  site.look();
  EXPECT_THAT(site.codes(), ElementsAre("network.mtu_mismatch"));
}

TEST(NetworkGuard, SaysNothingOfALinkThatIsDown) {
  Site site;
  site.servers.clear();
  site.place.carrier = false;
  site.run(10min);
  EXPECT_THAT(site.codes(), IsEmpty());
  site.place.carrier = true;
  site.servers.emplace_back();
  site.run(1min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, NamesRequestsThatAFilterKeepsFromUs) {
  Site site;
  site.guard.on_taken_in(Door::dhcp, 10, site.now);
  site.guard.on_taken_in(Door::tftp, 4, site.now);
  site.run(60s);
  Message theirs;
  theirs.xid = Xid{1};
  theirs.mac = client;
  const Bytes asked = framed(theirs, client, {}, client_port, server_port);
  const Bytes tftp = framed(theirs, client, ip("10.77.2.20"), 2000, 69, ip("10.77.0.5"));
  const Bytes elsewhere = framed(theirs, client, ip("10.77.2.20"), 2000, 69, ip("10.77.0.9"));
  for (int i = 0; i < 3; ++i) {
    for (const auto& bytes : {asked, tftp, elsewhere}) site.guard.on_frame({bytes, {}}, site.now);
  }
  EXPECT_THAT(site.codes(), IsEmpty()) << "they may be on their way";
  site.now += 2s;
  site.guard.on_taken_in(Door::dhcp, 13, site.now);
  site.guard.on_taken_in(Door::tftp, 4, site.now);
  EXPECT_THAT(site.codes(), ElementsAre("network.filtered"));
  EXPECT_THAT(site.about("network.filtered").text, HasSubstr("TFTP (UDP port 69), the last 3"));
  site.guard.on_taken_in(Door::tftp, 5, site.now);
  EXPECT_THAT(site.codes(), IsEmpty());
  site.now += 2s;
  for (int i = 0; i < 9; ++i) site.guard.on_frame({tftp, {}}, site.now);
  site.guard.on_taken_in(Door::tftp, std::nullopt, site.now);
  site.now += 2s;
  EXPECT_THAT(site.codes(), IsEmpty()) << "another program serves it";
}

TEST(NetworkGuard, ARequestThatIsCountedBeforeItsFrameIsSeenIsNoneThatIsLost) {
  Site site;
  site.guard.on_taken_in(Door::tftp, 4, site.now);
  site.run(60s);
  Message theirs;
  theirs.mac = client;
  const Bytes tftp = framed(theirs, client, ip("10.77.2.20"), 2000, 69, ip("10.77.0.5"));
  site.guard.on_taken_in(Door::tftp, 14, site.now);
  site.now += 100ms;
  for (int i = 0; i < 10; ++i) site.guard.on_frame({tftp, {}}, site.now);
  site.now += 10s;
  site.guard.on_taken_in(Door::tftp, 14, site.now);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, CountsConnectionsOnlyWhenTheyAreRepeated) {
  Site site;
  Bytes syn = *parse_hex(
      "02000000000502000000009908004500003c1c4640004006a2ff0a4d00090a4d0005"
      "9c401f90a1b2c3d400000000a002faf0fe300000020405b40402080a000000000000000001030307");
  site.guard.on_taken_in(Door::http, 0, site.now);
  site.run(60s);
  for (Byte port = 0; port < 20; ++port) {
    syn[35] = port;  // a scan: each is answered, and goes no further
    site.guard.on_frame({syn, {}}, site.now);
  }
  site.now += 2s;
  EXPECT_THAT(site.codes(), IsEmpty());
  // The last of them again, and again, after one and three seconds: what a client does that hears nothing.
  for (const auto pause : {1s, 2s}) {
    site.now += pause;
    site.guard.on_frame({syn, {}}, site.now);
  }
  site.now += 2s;
  EXPECT_THAT(site.codes(), ElementsAre("network.filtered"));
  site.guard.on_taken_in(Door::http, 1, site.now);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, InServerModeTellsTheDhcpServerWhomItHears) {
  Site site(DhcpMode::server);
  site.run(60s);
  EXPECT_THAT(site.guard.lease_servers(), ElementsAre(ip("10.77.0.2")));
  EXPECT_THAT(site.codes(), IsEmpty()) << "dhcp.rival is the DHCP server's own finding";
  site.servers.clear();
  site.run(4min);
  EXPECT_THAT(site.guard.lease_servers(), IsEmpty());
  EXPECT_THAT(site.codes(), IsEmpty()) << "nobody else is as it should be";
}

TEST(NetworkGuard, IsNotItsOwnRival) {
  Site site;
  Server ourselves = proxy();
  ourselves.id = ip("10.77.0.5");
  site.servers.push_back(ourselves);
  site.run(10min);
  EXPECT_THAT(site.codes(), IsEmpty());
}

TEST(NetworkGuard, HoldsNoMoreServersThanItsTableHas) {
  Site site;
  site.run(5s);
  Message theirs;
  theirs.mac = client;
  for (std::uint32_t i = 0; i < 10000; ++i) {
    Server flood = rival();
    flood.id = Ipv4Address(ip("10.77.100.0").value() + i);
    site.hear(flood, theirs);
  }
  EXPECT_LE(site.guard.lease_servers().size(), HeardServers::most);
  EXPECT_THAT(site.codes(), ElementsAre("network.second_dhcp"));
}
