#include "workflows/choice/nic_choice.hpp"

#include <gmock/gmock.h>

using namespace colony;
using namespace colony::workflows;
using testing::HasSubstr;
namespace scout = drivers::scout;

namespace {

core::MacAddress mac(std::uint8_t last) {
  return core::MacAddress({0x52, 0x54, 0, 0x77, 0, last});
}

scout::Nic nic(std::uint8_t last, const std::string& driver, unsigned speed) {
  scout::Nic made;
  made.name = "eth" + std::to_string(last);
  made.mac = mac(last);
  made.driver = driver;
  made.pci_address = "0000:41:00." + std::to_string(last);
  made.link_up = speed > 0;
  if (speed > 0) made.speed_mbps = speed;
  return made;
}

/// Two ports of 25 Gbit/s on two switches, the management port that it boots by, one without a cable, and the
/// BMC's own card.
scout::Inventory server() {
  scout::Inventory inventory;
  inventory.nics = {nic(0, "igb", 1000), nic(1, "mlx5_core", 25'000), nic(2, "mlx5_core", 25'000),
                    nic(3, "igb", 0), nic(4, "cdc_ether", 100'000)};
  inventory.boot_mac = mac(0);
  auto& first = inventory.nics[1].lldp.emplace();
  first.chassis_id = "02:00:00:00:00:01";
  first.port_id = "Ethernet7";
  first.system_name = "leaf-1";
  auto& second = inventory.nics[2].lldp.emplace();
  second.chassis_id = "leaf-2";
  second.port_id = "7";
  second.port_description = "Ethernet7";
  return inventory;
}

std::string chosen(const std::string& wanted, const scout::Inventory& inventory = server()) {
  const std::vector<std::string> one{wanted};
  const auto found = choose_nics(inventory, one, "provision");
  return found ? found->front().name : found.error().code;
}

}  // namespace

TEST(NicChoice, TakesAMacInAnyForm) {
  EXPECT_EQ(chosen("52:54:00:77:00:02"), "eth2");
  EXPECT_EQ(chosen("52-54-00-77-00-03"), "eth3");
  EXPECT_EQ(chosen("525400770004"), "eth4") << "whoever names the BMC's card means it";
  EXPECT_EQ(chosen("52:54:00:77:00:09"), "provision.unknown_nic");
  EXPECT_EQ(chosen(""), "provision.unknown_nic");
}

TEST(NicChoice, ARuleLeavesOneCard) {
  EXPECT_EQ(chosen("boot=yes"), "eth0");
  EXPECT_EQ(chosen("boot=no,link=yes,pci=*.1"), "eth1");
  EXPECT_EQ(chosen("switch=leaf-1"), "eth1");
  EXPECT_EQ(chosen("fastest,switch=LEAF-2"), "eth2") << "a switch without a name is known by its chassis id";
  EXPECT_EQ(chosen("port=ethernet7,mac=*:02"), "eth2") << "by id or description";
  EXPECT_EQ(chosen("driver=igb,link=no"), "eth3");
  EXPECT_EQ(chosen("driver=igb,fastest"), "eth0");
  EXPECT_EQ(chosen("speed<=1G"), "eth0") << "without a link no speed is known";
  EXPECT_EQ(chosen("speed=25000,pci=0000:41:00.2"), "eth2");
  EXPECT_EQ(chosen("speed>=25G,mac=*:01"), "eth1");
}

TEST(NicChoice, ARuleThatLeavesNoneOrSeveralIsRefusedWithTheCandidates) {
  EXPECT_EQ(chosen("fastest"), "provision.nic_ambiguous") << "the BMC's card is not one of them";
  const std::vector<std::string> rule{"speed>=25G"};
  const auto two = choose_nics(server(), rule, "provision");
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().message,
              HasSubstr("2 NICs fit the rule 'speed>=25G': 52:54:00:77:00:01, 25 Gbit/s, mlx5_core at "
                        "0000:41:00.1, leaf-1 Ethernet7; 52:54:00:77:00:02"));
  EXPECT_EQ(chosen("speed>=100G"), "provision.unknown_nic");
  EXPECT_EQ(chosen("driver=cdc_ether"), "provision.unknown_nic");
}

TEST(NicChoice, ARuleThatIsNoneIsRefused) {
  for (const char* rule :
       {"colour=red", "speed>10", "speed>=fast", "speed>=", "speed=10T", "link=yes,", "driver>=x",
        "link=perhaps", "fastest,fastest", ",", "boot=", "fastest=yes", "smallest,link=yes"}) {
    EXPECT_EQ(chosen(rule), "provision.nic_rule") << rule;
  }
}

TEST(NicChoice, AKernelNameIsRefusedWithWhatItWas) {
  const std::vector<std::string> name{"eth3"};
  const auto refused = choose_nics(server(), name, "provision");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "provision.nic_kernel_name");
  EXPECT_THAT(refused.error().message, HasSubstr("52:54:00:77:00:03, no link, igb"));
}

TEST(NicChoice, KeepsTheOrderAndNamesNoCardTwice) {
  const std::vector<std::string> bond{"switch=leaf-2", "switch=leaf-1"};
  const auto both = choose_nics(server(), bond, "provision");
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ((*both)[0].name, "eth2");
  EXPECT_EQ((*both)[1].name, "eth1");
  const std::vector<std::string> same{"switch=leaf-2", "52:54:00:77:00:02"};
  EXPECT_EQ(choose_nics(server(), same, "provision").error().code, "provision.nic_twice");
  const std::vector<std::string> many(max_chosen_nics + 1, "boot=yes");
  EXPECT_EQ(choose_nics(server(), many, "provision").error().code, "provision.too_many_nics");
  EXPECT_TRUE(choose_nics(server(), {}, "provision")->empty());
}

TEST(NicChoice, CardsThatShareAMacCannotBeTold) {
  auto inventory = server();
  inventory.nics[2].mac = inventory.nics[1].mac;
  EXPECT_EQ(chosen("switch=leaf-1", inventory), "provision.nic_ambiguous");
  EXPECT_EQ(chosen("52:54:00:77:00:01", inventory), "provision.nic_ambiguous");
}
