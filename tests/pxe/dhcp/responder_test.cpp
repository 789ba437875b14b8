#include "pxe/dhcp/responder.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/captures.hpp"
#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using namespace colony::pxe::dhcp;
using namespace std::chrono_literals;

namespace {

Bytes capture(const std::string& name) {
  return colony::test::read_capture(std::string(CAPTURES) + "/" + name + ".hex");
}

/// A responder among the stand-ins, and a clock that tests move.
struct Bench {
  colony::test::ListedPolicy policy;
  colony::test::RecordedEvidence evidence;
  LearnedAddresses addresses;
  std::vector<std::string> lines;
  Log log{LogLevel::debug, LogFormat::text,
          [this](LogLevel, std::string_view line) { lines.emplace_back(line); }};
  ReplyConfig replies = config();
  Responder responder{replies, policy, addresses, evidence, log};
  BootTime now{};

  Bench() = default;
  explicit Bench(ReplyConfig configured) : replies(std::move(configured)) {}
  static ReplyConfig config() {
    ReplyConfig out;
    out.server.address = *Ipv4Address::parse("10.78.9.5");
    return out;
  }
  std::optional<Outgoing> feed(ByteView datagram, ArrivalPort port = ArrivalPort::server,
                               Ipv4Address source = {}, std::uint16_t source_port = client_port) {
    return responder.on_datagram(Arrival{datagram, source, source_port, port, now, UtcTime{}});
  }
};

const MacAddress uefi = *MacAddress::parse("52:54:00:aa:00:02");
const MacAddress bios = *MacAddress::parse("52:54:00:aa:00:01");

}  // namespace

TEST(DhcpResponder, AnswersAServedDiscoverByBroadcast) {
  Bench bench;
  bench.policy.served = {uefi};
  const auto out = bench.feed(capture("discover-uefi-pxe"));
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->destination.is_broadcast());
  EXPECT_EQ(out->port, client_port);
  EXPECT_EQ(decode(out->datagram)->type, MessageType::offer);
  const auto seen = bench.evidence.facts<DhcpSeen>();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].answered);
  EXPECT_EQ(bench.evidence.all[0].mac, uefi);
  EXPECT_EQ(bench.evidence.all[0].smbios_uuid->to_string(), "01234567-89ab-cdef-1122-334455667788");
}

TEST(DhcpResponder, IsSilentToStrangersAndNotesThemOncePerMinute) {
  Bench bench;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(bench.feed(capture("discover-uefi-pxe")));
  const auto seen = bench.evidence.facts<DhcpSeen>();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_FALSE(seen[0].answered);
  EXPECT_FALSE(bench.addresses.knows(uefi));
  bench.now += 61s;
  EXPECT_FALSE(bench.feed(capture("discover-uefi-pxe")));
  EXPECT_EQ(bench.evidence.all.size(), 2U);
  EXPECT_EQ(bench.responder.counters().strangers, 6U);
}

TEST(DhcpResponder, BoundsWhatAFloodOfStrangersWrites) {
  Bench bench;
  Bytes discover = capture("discover-uefi-pxe");
  for (unsigned i = 0; i < 5000; ++i) {
    discover[32] = static_cast<Byte>(i >> 8);
    discover[33] = static_cast<Byte>(i);
    EXPECT_FALSE(bench.feed(discover));
  }
  EXPECT_LE(bench.evidence.all.size(), 512U);
  EXPECT_LE(bench.lines.size(), 512U);
}

TEST(DhcpResponder, NeverAnswersOrdinaryClients) {
  Bench bench;
  bench.policy.everybody = true;
  Message message;
  message.mac = uefi;
  EXPECT_FALSE(bench.feed(encode(message)));
  EXPECT_TRUE(bench.evidence.facts<DhcpSeen>().empty());
}

TEST(DhcpResponder, NeverAnswersAnotherServersReply) {
  Bench bench;
  bench.policy.everybody = true;
  Bytes reply = capture("discover-uefi-pxe");
  reply[0] = 2;
  EXPECT_FALSE(bench.feed(reply));
  EXPECT_FALSE(bench.addresses.knows(uefi));
}

TEST(DhcpResponder, LearnsTheAddressFromTheRequestToTheSitesServer) {
  Bench bench;
  bench.policy.served = {bios};
  EXPECT_TRUE(bench.feed(capture("discover-bios-ipxe-rom")));
  EXPECT_FALSE(bench.feed(capture("request-bios-ipxe-rom")));
  EXPECT_EQ(bench.addresses.find(*Ipv4Address::parse("10.78.9.100")), bios);
}

TEST(DhcpResponder, LearnsTheAddressOfAServedMachinesOperatingSystem) {
  Bench bench;
  bench.policy.served = {bios};
  Message request;
  request.type = MessageType::request;
  request.mac = bios;
  request.options.add_address(OptionCode::requested_address, *Ipv4Address::parse("10.78.9.7"));
  EXPECT_FALSE(bench.feed(encode(request)));
  EXPECT_EQ(bench.addresses.find(*Ipv4Address::parse("10.78.9.7")), bios);
  request.mac = uefi;
  request.client = *Ipv4Address::parse("10.78.9.8");
  EXPECT_FALSE(bench.feed(encode(request)));
  EXPECT_FALSE(bench.addresses.find(*Ipv4Address::parse("10.78.9.8")));
}

TEST(DhcpResponder, TellsWhenAServedMachinesOperatingSystemComesUp) {
  Bench bench;
  bench.policy.served = {bios};
  Message message;
  message.mac = bios;
  message.type = MessageType::discover;
  EXPECT_FALSE(bench.feed(encode(message)));
  EXPECT_EQ(bench.evidence.facts<SystemAsked>().size(), 1U);
  EXPECT_EQ(bench.evidence.all[0].mac, bios);
  // Selecting an offer goes on with what began; asking for an old lease begins again (INIT-REBOOT).
  bench.now += 2s;
  message.type = MessageType::request;
  message.options.add_address(OptionCode::requested_address, *Ipv4Address::parse("10.78.9.7"));
  Message selecting = message;
  selecting.options.add_address(OptionCode::server_identifier, *Ipv4Address::parse("10.78.9.1"));
  EXPECT_FALSE(bench.feed(encode(selecting)));
  EXPECT_EQ(bench.evidence.all.size(), 1U);
  EXPECT_FALSE(bench.feed(encode(message)));
  EXPECT_EQ(bench.evidence.facts<SystemAsked>().size(), 2U);
  // Renewing goes on, too.
  bench.now += 2s;
  message.client = *Ipv4Address::parse("10.78.9.7");
  EXPECT_FALSE(bench.feed(encode(message)));
  EXPECT_EQ(bench.evidence.all.size(), 2U);
  // Strangers are not our business.
  bench.now += 2s;
  Message stranger;
  stranger.mac = uefi;
  stranger.type = MessageType::discover;
  EXPECT_FALSE(bench.feed(encode(stranger)));
  EXPECT_EQ(bench.evidence.all.size(), 2U);
}

TEST(DhcpResponder, DoesNotTakeAWishInADiscoverForAnAddress) {
  Bench bench;
  bench.policy.served = {bios};
  Message discover = *decode(capture("discover-bios-ipxe-rom"));
  discover.options.add_address(OptionCode::requested_address, *Ipv4Address::parse("10.78.9.7"));
  EXPECT_TRUE(bench.feed(encode(discover)));
  EXPECT_FALSE(bench.addresses.find(*Ipv4Address::parse("10.78.9.7")));
}

TEST(DhcpResponder, AcknowledgesOnPort4011BackToTheAsker) {
  Bench bench;
  bench.policy.served = {uefi};
  Message request = *decode(capture("request-uefi-pxe"));
  request.client = *Ipv4Address::parse("10.78.9.101");
  const auto out = bench.feed(encode(request), ArrivalPort::pxe, request.client, pxe_port);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->destination, request.client);
  EXPECT_EQ(out->port, pxe_port);
  EXPECT_EQ(decode(out->datagram)->type, MessageType::ack);
  EXPECT_EQ(bench.addresses.find(request.client), uefi);
}

TEST(DhcpResponder, LeavesTheRequestForALeaseToTheSitesServer) {
  Bench bench;
  bench.policy.served = {uefi};
  EXPECT_FALSE(bench.feed(capture("request-uefi-pxe")));
}

TEST(DhcpResponder, AnswersThroughTheRelay) {
  Bench bench;
  bench.policy.served = {uefi};
  Message discover = *decode(capture("discover-uefi-pxe"));
  discover.gateway = *Ipv4Address::parse("10.2.0.1");
  const auto out = bench.feed(encode(discover));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->destination, discover.gateway);
  EXPECT_EQ(out->port, server_port);
}

TEST(DhcpResponder, RefusesAnArchitectureWithoutABootProgramByName) {
  Bench bench;
  bench.policy.served = {uefi};
  Message discover = *decode(capture("discover-uefi-pxe"));
  discover.options.remove(OptionCode::client_architecture);
  discover.options.add(OptionCode::client_architecture, *parse_hex("000b"));
  EXPECT_FALSE(bench.feed(encode(discover)));
  EXPECT_FALSE(bench.feed(encode(discover)));
  const auto notes = bench.evidence.facts<Note>();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].code, "dhcp.no_boot_program");
  EXPECT_NE(notes[0].text.find("pxe.nbp"), std::string::npos);
  EXPECT_EQ(bench.responder.counters().refused, 2U);
}

TEST(DhcpResponder, BootsArm64WhereABootProgramIsConfiguredForIt) {
  // No arm64 machine boots here: OVMF's packets, with the numbers of RFC 4578's registry for arm64.
  const auto arm64 = [](const char* captured, const char* number, const char* vendor_class) {
    Message discover = *decode(capture(captured));
    discover.options.remove(OptionCode::client_architecture);
    discover.options.add(OptionCode::client_architecture, *parse_hex(number));
    discover.options.remove(OptionCode::vendor_class);
    discover.options.add_text(OptionCode::vendor_class, vendor_class);
    discover.mac = uefi;
    return encode(discover);
  };
  const Bytes pxe = arm64("discover-uefi-pxe", "000b", "PXEClient:Arch:00011:UNDI:003000");
  const Bytes http = arm64("discover-uefi-http", "0013", "HTTPClient:Arch:00019:UNDI:003001");

  ReplyConfig replies = Bench::config();
  replies.nbp[ClientArch::efi_arm64] = "arm64.efi";
  Bench bench(replies);
  bench.policy.served = {uefi};
  const auto offered = [&bench](const Bytes& discover) {
    const auto out = bench.feed(discover);
    return out ? decode(out->datagram) : std::unexpected(DecodeError::too_short);
  };
  const auto over_pxe = offered(pxe);
  ASSERT_TRUE(over_pxe);
  EXPECT_EQ(over_pxe->file, "arm64.efi");
  EXPECT_EQ(over_pxe->options.find_text(OptionCode::vendor_class), "PXEClient");
  const auto over_http = offered(http);
  ASSERT_TRUE(over_http);
  EXPECT_EQ(over_http->options.find_text(OptionCode::bootfile_name), "http://10.78.9.5:8080/nbp/arm64.efi");
  EXPECT_EQ(over_http->options.find_text(OptionCode::vendor_class), "HTTPClient");
  const auto seen = bench.evidence.facts<DhcpSeen>();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].arch, ClientArch::efi_arm64);
  EXPECT_EQ(seen[1].arch, ClientArch::efi_arm64_http);

  Bench without;
  without.policy.served = {uefi};
  EXPECT_FALSE(without.feed(pxe));
  EXPECT_FALSE(without.feed(http));
  for (const auto& note : without.evidence.facts<Note>()) EXPECT_EQ(note.code, "dhcp.no_boot_program");
  EXPECT_FALSE(without.evidence.facts<Note>().empty());
}

TEST(DhcpResponder, CountsMalformedDatagramsAndLogsEachReasonNowAndThen) {
  Bench bench;
  bench.policy.everybody = true;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(bench.feed(Bytes(10, 0xff)));
  EXPECT_EQ(bench.responder.counters().malformed[static_cast<std::size_t>(DecodeError::too_short)], 100U);
  ASSERT_EQ(bench.lines.size(), 1U);
  EXPECT_NE(bench.lines[0].find("too_short"), std::string::npos);
}
