#include "pxe/tftp/admission.hpp"

#include <map>

#include <gtest/gtest.h>

#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::tftp;
using namespace std::chrono_literals;

namespace {

const Ipv4Network network = *Ipv4Network::parse("10.1.1.5/24");
constexpr BootTime now{100s};
UdpPeer peer(std::uint32_t host, std::uint16_t port = 2000) {
  return {Ipv4Address(0x0a010100U + host), port};
}

/// What was asked for, with the tickets that were given for it.
struct Door {
  std::map<UdpPeer, Ticket> tickets;
  Verdict operator()(Admission& admission, UdpPeer client, std::string_view file = "a", BootTime at = now) {
    const auto entered = admission.enter(client, file, at);
    if (entered.verdict == Verdict::admitted || entered.verdict == Verdict::succeeds)
      tickets.insert_or_assign(client, entered.ticket);
    return entered.verdict;
  }
};

}  // namespace

TEST(TftpAdmission, ServesKnownMachinesOnly) {
  colony::test::ListedAddresses addresses;
  addresses.machines[peer(7).address] = *MacAddress::parse("52:54:00:00:00:07");
  Door enter;
  Admission admission(ClientRule::known, network, addresses, {});
  EXPECT_EQ(enter(admission, peer(7)), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(8)), Verdict::stranger);
  EXPECT_EQ(admission.running(), 1U);
}

TEST(TftpAdmission, ServesTheWholeSubnetWhenTold) {
  colony::test::ListedAddresses addresses;
  Door enter;
  Admission admission(ClientRule::subnet, network, addresses, {});
  EXPECT_EQ(enter(admission, peer(8)), Verdict::admitted);
  EXPECT_EQ(enter(admission, {Ipv4Address(0x0a010208U), 2000}), Verdict::stranger);
}

TEST(TftpAdmission, BoundsTransfersPerClientAndInAll) {
  colony::test::ListedAddresses addresses;
  Door enter;
  auto& tickets = enter.tickets;
  Admission admission(ClientRule::subnet, network, addresses, {.per_client = 2, .total = 3});
  EXPECT_EQ(enter(admission, peer(1, 1)), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(1, 1)), Verdict::repeated);
  EXPECT_EQ(enter(admission, peer(1, 2)), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(1, 3)), Verdict::client_is_busy);
  EXPECT_EQ(enter(admission, peer(2, 1)), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(3, 1)), Verdict::server_is_busy);
  admission.leave(tickets.at(peer(1, 1)));
  EXPECT_EQ(enter(admission, peer(1, 3)), Verdict::admitted);
}

TEST(TftpAdmission, ATransferThatOnlyLacksItsLastAcknowledgementDoesNotKeepTheClientFromItsNext) {
  colony::test::ListedAddresses addresses;
  Door enter;
  auto& tickets = enter.tickets;
  Admission admission(ClientRule::subnet, network, addresses,
                      {.per_client = 1, .ending_per_client = 1, .total = 3});
  EXPECT_EQ(enter(admission, peer(1, 1)), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(1, 2)), Verdict::client_is_busy);
  admission.is_ending(tickets.at(peer(1, 1)));
  admission.is_ending(tickets.at(peer(1, 1)));
  EXPECT_EQ(enter(admission, peer(1, 2)), Verdict::admitted);
  admission.is_ending(tickets.at(peer(1, 2)));  // one is the bound
  EXPECT_EQ(enter(admission, peer(1, 3)), Verdict::client_is_busy);
  admission.leave(tickets.at(peer(1, 1)));
  EXPECT_EQ(enter(admission, peer(1, 3)), Verdict::client_is_busy);
  admission.leave(tickets.at(peer(1, 2)));
  EXPECT_EQ(enter(admission, peer(1, 3)), Verdict::admitted);
}

TEST(TftpAdmission, APortThatAsksForAnotherFileHasLeftItsTransfer) {
  colony::test::ListedAddresses addresses;
  Door enter;
  Admission admission(ClientRule::subnet, network, addresses, {.per_client = 1, .total = 1});
  EXPECT_EQ(enter(admission, peer(1, 1), "a"), Verdict::admitted);
  const Ticket first = enter.tickets.at(peer(1, 1));
  EXPECT_EQ(enter(admission, peer(1, 1), "b"), Verdict::succeeds);
  EXPECT_FALSE(admission.holds(first));
  admission.is_ending(first);
  admission.leave(first);  // does not give back what is its successor's
  EXPECT_TRUE(admission.holds(enter.tickets.at(peer(1, 1))));
  EXPECT_EQ(admission.running(), 1U);
  // The same one again only when the last block of it was sent: until then its timer answers.
  EXPECT_EQ(enter(admission, peer(1, 1), "b", now + 1s), Verdict::repeated);
  admission.is_ending(enter.tickets.at(peer(1, 1)));
  EXPECT_EQ(enter(admission, peer(1, 1), "b", now + 1s), Verdict::succeeds);
  admission.leave(enter.tickets.at(peer(1, 1)));
  EXPECT_EQ(admission.running(), 0U);
}

TEST(TftpAdmission, APortDoesNotGoFromFileToFileWithoutPause) {  // each time a block leaves for it
  colony::test::ListedAddresses addresses;
  Door enter;
  Admission admission(ClientRule::subnet, network, addresses, {});
  EXPECT_EQ(enter(admission, peer(1, 1), "a"), Verdict::admitted);
  EXPECT_EQ(enter(admission, peer(1, 1), "b"), Verdict::succeeds);
  EXPECT_EQ(enter(admission, peer(1, 1), "a", now + Admission::between_files / 2), Verdict::repeated);
  EXPECT_EQ(enter(admission, peer(1, 1), "a", now + Admission::between_files), Verdict::succeeds);
}
