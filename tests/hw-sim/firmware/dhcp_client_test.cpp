#include "hw-sim/firmware/dhcp_client.hpp"

#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::hw_sim;
using namespace std::chrono_literals;

namespace {

constexpr BootTime start_time{};
const MacAddress mac = *MacAddress::parse("52:54:00:00:00:02");

/// A client and the servers around it, spoken by hand.
struct Bench {
  DhcpClient client;
  explicit Bench(FirmwareKind kind = FirmwareKind::uefi, DhcpSpeaker speaker = DhcpSpeaker::rom)
      : client({kind, speaker, mac, Uuid(), {}}, Xid{7}, {4s, 4, 1s}) {
    (void)client.start(start_time);
  }
  const DhcpLease* lease() const {
    return client.outcome() ? std::get_if<DhcpLease>(&*client.outcome()) : nullptr;
  }
  std::optional<DhcpFailure> failure() const {
    const auto* out = client.outcome() ? std::get_if<DhcpFailure>(&*client.outcome()) : nullptr;
    return out == nullptr ? std::nullopt : std::optional(*out);
  }
};

DhcpReply reply(DhcpMessageType type, const char* server, const char* yours) {
  DhcpReply out;
  out.type = type;
  out.xid = Xid{7};
  out.client_mac = mac;
  out.server_id = *Ipv4Address::parse(server);
  out.your_address = *Ipv4Address::parse(yours);
  out.prefix_length = 16;
  return out;
}

DhcpReply site(DhcpMessageType type) {
  return reply(type, "10.77.0.2", "10.77.2.9");
}

DhcpReply proxy(std::string boot_file) {
  DhcpReply out = reply(DhcpMessageType::offer, "10.77.0.5", "0.0.0.0");
  out.vendor_class = "PXEClient";
  out.next_server = out.server_id;
  out.boot_file = std::move(boot_file);
  return out;
}

}  // namespace

TEST(DhcpClient, JoinsTheSitesAddressWithTheProxysBootFile) {
  Bench bench;
  EXPECT_TRUE(bench.client.on_reply(proxy("snponly.efi"), start_time).empty());
  const auto request = bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  ASSERT_EQ(request.size(), 1U);
  EXPECT_EQ(request[0].fields.type, DhcpMessageType::request);
  EXPECT_EQ(request[0].fields.server_id->to_string(), "10.77.0.2");
  EXPECT_EQ(request[0].fields.requested->to_string(), "10.77.2.9");
  EXPECT_TRUE(bench.client.on_reply(site(DhcpMessageType::ack), start_time).empty());
  ASSERT_NE(bench.lease(), nullptr);
  EXPECT_EQ(bench.lease()->boot_file, "snponly.efi");
  EXPECT_EQ(bench.lease()->boot_server.to_string(), "10.77.0.5");
  EXPECT_TRUE(bench.lease()->boot_from_proxy);
}

TEST(DhcpClient, WaitsForAProxyAfterTheAddressOfferThenGoesOnWithout) {
  Bench bench;
  DhcpReply offer = site(DhcpMessageType::offer);
  offer.boot_file = "from-site.efi";
  EXPECT_TRUE(bench.client.on_reply(offer, start_time + 1s).empty());
  EXPECT_EQ(bench.client.deadline(), start_time + 2s);
  EXPECT_EQ(bench.client.on_deadline(start_time + 2s).size(), 1U);
  DhcpReply ack = site(DhcpMessageType::ack);
  ack.boot_file = offer.boot_file;
  (void)bench.client.on_reply(ack, start_time + 2s);
  ASSERT_NE(bench.lease(), nullptr);
  EXPECT_EQ(bench.lease()->boot_file, "from-site.efi");
  EXPECT_FALSE(bench.lease()->boot_from_proxy);
}

TEST(DhcpClient, AsksPort4011WhenTheProxyLeavesTheFileOpen) {
  Bench bench;
  DhcpReply open = proxy("");
  open.pxe = PxeVendorOptions{0, {0x8001}, std::nullopt};
  (void)bench.client.on_reply(open, start_time);
  (void)bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  const auto ask = bench.client.on_reply(site(DhcpMessageType::ack), start_time);
  ASSERT_EQ(ask.size(), 1U);
  EXPECT_EQ(ask[0].proxy->to_string(), "10.77.0.5");
  EXPECT_EQ(ask[0].fields.client.to_string(), "10.77.2.9");
  EXPECT_EQ(ask[0].fields.boot_server_type, 0x8001);
  EXPECT_EQ(bench.client.address()->to_string(), "10.77.2.9");
  DhcpReply answer = proxy("x.efi");
  answer.type = DhcpMessageType::ack;
  (void)bench.client.on_reply(answer, start_time);
  ASSERT_NE(bench.lease(), nullptr);
  EXPECT_EQ(bench.lease()->boot_file, "x.efi");
}

TEST(DhcpClient, GivesUpOnASilentPort4011) {
  Bench bench;
  (void)bench.client.on_reply(proxy(""), start_time);
  (void)bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  (void)bench.client.on_reply(site(DhcpMessageType::ack), start_time);
  for (int i = 0; i < 4; ++i) (void)bench.client.on_deadline(*bench.client.deadline());
  EXPECT_EQ(bench.failure(), DhcpFailure::proxy_silent);
}

TEST(DhcpClient, IpxeHoldsAProxyOfferWithoutNextServerToBeIncomplete) {
  Bench bench(FirmwareKind::bios, DhcpSpeaker::ipxe);
  DhcpReply open = proxy("http://10.77.0.5:8080/boot.ipxe");
  open.next_server = Ipv4Address();
  (void)bench.client.on_reply(open, start_time);
  (void)bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  const auto ask = bench.client.on_reply(site(DhcpMessageType::ack), start_time);
  ASSERT_EQ(ask.size(), 1U);
  EXPECT_TRUE(ask[0].proxy);
}

TEST(DhcpClient, HttpBootIgnoresPxeOffersAndNamesWithoutUrl) {
  Bench bench(FirmwareKind::uefi_http);
  (void)bench.client.on_reply(proxy("http://10.77.0.5/ipxe.efi"), start_time);  // class PXEClient
  DhcpReply http = proxy("ipxe.efi");
  http.vendor_class = "HTTPClient";
  (void)bench.client.on_reply(http, start_time);
  EXPECT_TRUE(bench.client.on_reply(site(DhcpMessageType::offer), start_time).empty());
  http.boot_file = "http://10.77.0.5/ipxe.efi";
  EXPECT_EQ(bench.client.on_reply(http, start_time).size(), 1U);
}

TEST(DhcpClient, RepeatsTheDiscoverWithDoublingTimeouts) {
  Bench bench;
  EXPECT_EQ(bench.client.deadline(), start_time + 4s);
  EXPECT_EQ(bench.client.on_deadline(start_time + 4s)[0].fields.seconds, 4);
  EXPECT_EQ(bench.client.deadline(), start_time + 12s);
  (void)bench.client.on_deadline(start_time + 12s);
  (void)bench.client.on_deadline(start_time + 28s);
  EXPECT_EQ(bench.client.deadline(), start_time + 60s);
  EXPECT_TRUE(bench.client.on_deadline(start_time + 60s).empty());
  EXPECT_EQ(bench.failure(), DhcpFailure::no_offer);
  EXPECT_FALSE(bench.client.deadline());
}

TEST(DhcpClient, EndsOnANakOfItsServerAndIgnoresAStrangers) {
  Bench bench;
  (void)bench.client.on_reply(proxy("f"), start_time);
  (void)bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  (void)bench.client.on_reply(reply(DhcpMessageType::nak, "10.77.0.99", "0.0.0.0"), start_time);
  EXPECT_FALSE(bench.failure());
  (void)bench.client.on_reply(reply(DhcpMessageType::nak, "10.77.0.2", "0.0.0.0"), start_time);
  EXPECT_EQ(bench.failure(), DhcpFailure::refused);
}

TEST(DhcpClient, IgnoresRepliesForOthers) {
  Bench bench;
  DhcpReply other = site(DhcpMessageType::offer);
  other.xid = Xid{8};
  DhcpReply stranger = site(DhcpMessageType::offer);
  stranger.client_mac = MacAddress();
  EXPECT_TRUE(bench.client.on_reply(other, start_time).empty());
  EXPECT_TRUE(bench.client.on_reply(stranger, start_time).empty());
  EXPECT_EQ(bench.client.deadline(), start_time + 4s);
}

TEST(DhcpClient, AnAddressWithoutABootFileIsAFailureByName) {
  Bench bench;
  (void)bench.client.on_reply(site(DhcpMessageType::offer), start_time);
  (void)bench.client.on_deadline(start_time + 1s);
  (void)bench.client.on_reply(site(DhcpMessageType::ack), start_time + 1s);
  EXPECT_EQ(bench.failure(), DhcpFailure::no_boot_file);
}
