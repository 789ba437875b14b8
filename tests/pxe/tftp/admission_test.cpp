#include "pxe/tftp/admission.hpp"

#include <gtest/gtest.h>

#include "tests/pxe/fakes.hpp"

using namespace colony::core;
using namespace colony::pxe;
using namespace colony::pxe::tftp;

namespace {

const Ipv4Network network = *Ipv4Network::parse("10.1.1.5/24");
UdpPeer peer(std::uint32_t host, std::uint16_t port = 2000) {
  return {Ipv4Address(0x0a010100U + host), port};
}

}  // namespace

TEST(TftpAdmission, ServesKnownMachinesOnly) {
  colony::test::ListedAddresses addresses;
  addresses.machines[peer(7).address] = *MacAddress::parse("52:54:00:00:00:07");
  Admission admission(ClientRule::known, network, addresses, {});
  EXPECT_EQ(admission.enter(peer(7)), Verdict::admitted);
  EXPECT_EQ(admission.enter(peer(8)), Verdict::stranger);
  EXPECT_EQ(admission.running(), 1U);
}

TEST(TftpAdmission, ServesTheWholeSubnetWhenTold) {
  colony::test::ListedAddresses addresses;
  Admission admission(ClientRule::subnet, network, addresses, {});
  EXPECT_EQ(admission.enter(peer(8)), Verdict::admitted);
  EXPECT_EQ(admission.enter({Ipv4Address(0x0a010208U), 2000}), Verdict::stranger);
}

TEST(TftpAdmission, BoundsTransfersPerClientAndInAll) {
  colony::test::ListedAddresses addresses;
  Admission admission(ClientRule::subnet, network, addresses, {.per_client = 2, .total = 3});
  EXPECT_EQ(admission.enter(peer(1, 1)), Verdict::admitted);
  EXPECT_EQ(admission.enter(peer(1, 1)), Verdict::repeated);
  EXPECT_EQ(admission.enter(peer(1, 2)), Verdict::admitted);
  EXPECT_EQ(admission.enter(peer(1, 3)), Verdict::client_is_busy);
  EXPECT_EQ(admission.enter(peer(2, 1)), Verdict::admitted);
  EXPECT_EQ(admission.enter(peer(3, 1)), Verdict::server_is_busy);
  admission.leave(peer(1, 1));
  EXPECT_EQ(admission.enter(peer(1, 3)), Verdict::admitted);
}

TEST(TftpAdmission, ATransferThatOnlyLacksItsLastAcknowledgementDoesNotKeepTheClientFromItsNext) {
  colony::test::ListedAddresses addresses;
  Admission admission(ClientRule::subnet, network, addresses,
                      {.per_client = 1, .ending_per_client = 1, .total = 3});
  EXPECT_EQ(admission.enter(peer(1, 1)), Verdict::admitted);
  EXPECT_EQ(admission.enter(peer(1, 2)), Verdict::client_is_busy);
  admission.is_ending(peer(1, 1));
  admission.is_ending(peer(1, 1));
  EXPECT_EQ(admission.enter(peer(1, 1)), Verdict::repeated);
  EXPECT_EQ(admission.enter(peer(1, 2)), Verdict::admitted);
  admission.is_ending(peer(1, 2));  // one is the bound
  EXPECT_EQ(admission.enter(peer(1, 3)), Verdict::client_is_busy);
  admission.leave(peer(1, 1));
  EXPECT_EQ(admission.enter(peer(1, 3)), Verdict::client_is_busy);
  admission.leave(peer(1, 2));
  EXPECT_EQ(admission.enter(peer(1, 3)), Verdict::admitted);
}
