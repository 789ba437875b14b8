#include "daemon/address/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace colony::core;
using namespace colony::daemon;
using ::testing::HasSubstr;

namespace {

const std::string boot = "b00t";

Ipv4Network network(const char* text) {
  return *Ipv4Network::parse(text);
}

InterfaceState interface(std::string name, unsigned index, std::vector<Ipv4Network> addresses) {
  return {.name = std::move(name),
          .index = index,
          .mac = *MacAddress::parse("52:54:00:12:34:56"),
          .up = true,
          .carrier = true,
          .arp = true,
          .addresses = std::move(addresses)};
}

const std::vector<InterfaceState> machine{interface("eth0", 2, {network("192.0.2.10/24")}),
                                          interface("eth1", 3, {network("10.1.1.2/24")})};

Result<AddressPlan> plan(const char* name, const char* ip,
                         const std::vector<InterfaceState>& states = machine,
                         const std::optional<AddressRecord>& record = std::nullopt) {
  return plan_address(*InterfaceName::parse(name), *AddressSpec::parse(ip), states, record, boot);
}

}  // namespace

TEST(AddressPlan, AnAddressWithPrefixIsAddedAsItIs) {
  const auto p = plan("eth1", "10.1.1.5/24");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->way, AddressPlan::Way::claim);
  EXPECT_EQ(p->address, network("10.1.1.5/24"));
  EXPECT_EQ(p->interface.index, 3U);
}

TEST(AddressPlan, WithoutPrefixItIsAHostRouteInsideTheInterfacesNetwork) {
  const auto p = plan("eth1", "10.1.1.5");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->address, network("10.1.1.5/32"));
}

TEST(AddressPlan, WithoutPrefixAndOutsideEveryNetworkItAsksForThePrefix) {
  const auto p = plan("eth1", "10.9.9.5");
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, "address.prefix");
  EXPECT_THAT(p.error().message, HasSubstr("10.9.9.5/24"));
}

TEST(AddressPlan, AHostAddressIsNoNetworkToBeIn) {
  const auto p =
      plan("eth1", "10.1.1.5", {interface("eth1", 3, {network("10.1.1.5/32"), network("10.1.1.9/32")})});
  ASSERT_TRUE(p);
  EXPECT_EQ(p->way, AddressPlan::Way::borrow);
  EXPECT_EQ(plan("eth1", "10.1.1.7", {interface("eth1", 3, {network("10.1.1.7/32")})})->way,
            AddressPlan::Way::borrow);
  EXPECT_FALSE(plan("eth1", "10.1.1.8", {interface("eth1", 3, {network("10.1.1.7/32")})}));
}

TEST(AddressPlan, MissingInterfaceIsNamedWithThoseThatAreThere) {
  const auto p = plan("eth7", "10.1.1.5/24");
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, "address.interface_missing");
  EXPECT_THAT(p.error().message, HasSubstr("eth0, eth1"));
}

TEST(AddressPlan, AnInterfaceThatIsDownIsNamedWithItsCure) {
  auto states = machine;
  states[1].up = false;
  const auto p = plan("eth1", "10.1.1.5/24", states);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, "address.interface_down");
  EXPECT_THAT(p.error().message, HasSubstr("ip link set eth1 up"));
}

TEST(AddressPlan, AnAddressOnAnotherInterfaceOfThisMachineIsRefused) {
  const auto p = plan("eth1", "192.0.2.10/24");
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, "address.elsewhere");
  EXPECT_THAT(p.error().message, HasSubstr("eth0"));
}

TEST(AddressPlan, WhatWasThereBeforeUsIsBorrowed) {
  const auto p = plan("eth1", "10.1.1.2");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->way, AddressPlan::Way::borrow);
  EXPECT_EQ(p->address, network("10.1.1.2/24"));
}

TEST(AddressPlan, WhatWeRecordedAndStillHoldIsResumed) {
  const AddressRecord record{"eth1", network("10.1.1.2/24"), boot};
  EXPECT_EQ(plan("eth1", "10.1.1.2", machine, record)->way, AddressPlan::Way::resume);
  EXPECT_FALSE(plan("eth1", "10.1.1.2", machine, record)->leftover);
}

TEST(AddressPlan, ARecordOfAnotherBootOrPlaceOrPrefixProvesNothing) {
  for (const AddressRecord& record : {AddressRecord{"eth1", network("10.1.1.2/24"), "earlier"},
                                      AddressRecord{"eth0", network("10.1.1.2/24"), boot},
                                      AddressRecord{"eth1", network("10.1.1.2/32"), boot}}) {
    const auto p = plan("eth1", "10.1.1.2", machine, record);
    EXPECT_EQ(p->way, AddressPlan::Way::borrow);
    EXPECT_FALSE(p->leftover);
  }
}

TEST(AddressPlan, WithoutABootIdNoRecordCounts) {
  const AddressRecord record{"eth1", network("10.1.1.2/24"), ""};
  const auto p =
      plan_address(*InterfaceName::parse("eth1"), *AddressSpec::parse("10.1.1.2"), machine, record, "");
  EXPECT_EQ(p->way, AddressPlan::Way::borrow);
}

TEST(AddressPlan, AnOldAddressOfOursIsTakenOffFirst) {
  const AddressRecord record{"eth1", network("10.1.1.2/24"), boot};
  const auto p = plan("eth1", "10.1.1.5/24", machine, record);
  ASSERT_TRUE(p);
  ASSERT_TRUE(p->leftover);
  EXPECT_EQ(p->leftover->interface_index, 3U);
  EXPECT_EQ(p->leftover->address, network("10.1.1.2/24"));
}

TEST(AddressRecord, ReadsBackWhatItWroteAndNothingElse) {
  const AddressRecord record{"eth1", network("10.1.1.2/24"), boot};
  EXPECT_EQ(decode_record(encode_record(record)), record);
  for (const char* text :
       {"", "null", "{}", R"({"interface":"eth1","address":"10.1.1.2","boot_id":"x"})",
        R"({"interface":"averyverylonginterface","address":"10.1.1.2/24","boot_id":"x"})"}) {
    EXPECT_EQ(decode_record(text), std::nullopt) << text;
  }
}
