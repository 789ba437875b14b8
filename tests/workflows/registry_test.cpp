// Who a machine is that shows up, and what is noticed when two assets cannot both be right.
#include "workflows/assets/registry.hpp"

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "tests/workflows/memory_journal.hpp"

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;
using testing::HasSubstr;
namespace scout = drivers::scout;

namespace {

core::MacAddress mac(unsigned char last) {
  return core::MacAddress({0x52, 0x54, 0, 0, 0, last});
}

scout::Inventory machine(unsigned char number) {
  scout::Inventory inventory;
  scout::Nic nic;
  nic.name = "eno1";
  nic.mac = mac(number);
  nic.link_up = true;
  inventory.nics = {nic};
  inventory.boot_mac = nic.mac;
  inventory.boot_firmware = "efi";
  inventory.smbios.manufacturer = "Maker";
  inventory.smbios.serial = "SERIAL-" + std::to_string(number);
  scout::Disk disk;
  disk.id = {"DISK-" + std::to_string(number), "naa.500" + std::to_string(number)};
  disk.model = "M";
  disk.transport = "nvme";
  disk.size_bytes = 1 << 30;
  inventory.disks = {disk};
  return inventory;
}

struct House {
  House() { call(ledger.open()); }
  ~House() {
    tasks.spawn("stop", abandon(*this));
    timers.run_until([this] { return tasks.size() == 0; }, timers.now() + 1h);
  }
  static core::Task<> abandon(House& self) { co_await self.ledger.abandon(); }
  template <class T>
  std::optional<T> call(core::Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    const auto keep = [](core::Task<T> inner, std::shared_ptr<std::optional<T>> result) -> core::Task<> {
      result->emplace(co_await std::move(inner));
    };
    tasks.spawn("call", keep(std::move(task), out));
    timers.run_until([&] { return out->has_value(); }, timers.now() + 1min);
    return std::move(*out);
  }
  /// The asset's id, or the code of the refusal.
  std::string see(const scout::Inventory& inventory) {
    auto admission = registry.admit(inventory, std::nullopt, timers.utc_now(), random);
    if (!admission) return admission.error().code;
    const auto id = admission->asset;
    call(ledger.commit(std::move(admission->batch)));
    return id.to_string();
  }
  std::string enrol(const char* address) {
    BmcRecord record;
    record.address = *core::Ipv4Address::parse(address);
    auto admission = registry.enrol(std::move(record), {}, "", timers.utc_now(), random);
    if (!admission) return admission.error().code;
    const auto id = admission->asset;
    call(ledger.commit(std::move(admission->batch)));
    return id.to_string();
  }
  std::string attributed(std::optional<core::MacAddress> from, core::Ipv4Address address,
                         std::optional<core::Uuid> uuid = {}) {
    const auto asset =
        registry.attribute({{}, from, address, uuid, timers.utc_now(), "pxe", core::ScriptServed{"scout"}});
    return asset ? asset->to_string() : "nobody";
  }
  std::vector<Clash> clashes_of(const std::string& id) {
    return registry.clashes_of(*core::AssetId::parse(id));
  }

  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::SeededRandom random{7};
  core::Log log = core::Log::silent();
  Disk disk;
  MemoryJournal journal{disk, timers, {}};
  Ledger ledger{journal, timers, log};
  Registry registry{ledger};
  core::TaskGroup tasks{timers};
};

}  // namespace

TEST(Registry, ASwappedPortChangesNothingAndTheOldOneIsFree) {
  House house;
  const auto id = house.see(machine(1));
  auto swapped = machine(1);
  swapped.nics[0].mac = mac(9);
  swapped.boot_mac = mac(9);
  EXPECT_EQ(house.see(swapped), id);
  EXPECT_EQ(house.registry.by_mac(mac(9))->to_string(), id);
  EXPECT_FALSE(house.registry.by_mac(mac(1))) << "the card may be in any machine by now";
  // The card goes on in another machine: no conflict, it is that one's now.
  auto other = machine(2);
  other.nics.push_back(machine(1).nics[0]);
  const auto second = house.see(other);
  EXPECT_NE(second, id);
  EXPECT_EQ(second.size(), 36U) << second;
  EXPECT_EQ(house.registry.by_mac(mac(1))->to_string(), second);
}

TEST(Registry, KeysOfTwoAssetsAreAConflict) {
  House house;
  house.see(machine(1));
  house.see(machine(2));
  auto both = machine(1);
  both.nics.push_back(machine(2).nics[0]);
  EXPECT_EQ(house.see(both), "asset.conflict");
}

TEST(Registry, WhatAnotherMachineDoesWithAnAddressIsNotItsFormerOwners) {
  House house;
  const auto id = house.see(machine(1));
  const core::Ipv4Address address(0x0a000032);
  EXPECT_EQ(house.attributed(mac(1), address), id);
  EXPECT_EQ(house.attributed({}, address), id) << "who does not tell its MAC is known by its address";
  EXPECT_EQ(house.attributed(mac(7), address), "nobody") << "a stranger that got the lease";
  EXPECT_EQ(house.attributed({}, address), "nobody") << "the address is the stranger's now";
  EXPECT_EQ(house.attributed(mac(1), address), id);
}

TEST(Registry, ANewPortThatToldItsMachineIsFollowedByItsAddress) {
  House house;
  auto known = machine(1);
  known.smbios.uuid = *core::Uuid::parse("4c4c4544-0051-3410-8051-b5c04f4b4c31");
  const auto id = house.see(known);
  const core::Ipv4Address address(0x0a000032);
  EXPECT_EQ(house.attributed(mac(9), address, known.smbios.uuid), id);
  EXPECT_EQ(house.attributed(mac(9), address), id) << "a script asks by MAC only";
  EXPECT_EQ(house.attributed(mac(8), address), "nobody");
}

TEST(Registry, MachinesThatShareAUuidAreTwoAndItIdentifiesNeither) {
  House house;
  const auto uuid = *core::Uuid::parse("4c4c4544-0051-3410-8051-b5c04f4b4c31");
  auto one = machine(1);
  auto two = machine(2);
  one.smbios.uuid = two.smbios.uuid = uuid;
  const auto first = house.see(one);
  EXPECT_EQ(house.registry.by_uuid(uuid)->to_string(), first);
  const auto second = house.see(two);
  EXPECT_NE(first, second);
  EXPECT_FALSE(house.registry.by_uuid(uuid));
  EXPECT_EQ(house.see(one), first);
  EXPECT_EQ(house.see(two), second);
  ASSERT_EQ(house.registry.findings().size(), 1U);
  EXPECT_THAT(house.registry.findings()[0], HasSubstr("it identifies none"));
}

TEST(Registry, OneDiskInTwoAssetsHindersBothUntilOneIsLookedAtAgain) {
  House house;
  const auto first = house.see(machine(1));
  auto with_moved = machine(2);
  with_moved.disks.push_back(machine(1).disks[0]);
  const auto second = house.see(with_moved);
  ASSERT_EQ(house.clashes_of(first).size(), 1U);
  ASSERT_EQ(house.clashes_of(second).size(), 1U);
  EXPECT_EQ(house.clashes_of(second)[0].code, "asset.disk_shared");
  EXPECT_EQ(house.clashes_of(second)[0].disk->serial, "DISK-1");
  EXPECT_EQ(house.registry.clashes().size(), 1U);
  auto without = machine(1);
  without.disks.clear();
  house.see(without);
  EXPECT_TRUE(house.clashes_of(first).empty());
  EXPECT_TRUE(house.clashes_of(second).empty());
  EXPECT_TRUE(house.registry.findings().empty());
}

TEST(Registry, SwappedBmcAddressesAreNoticed) {
  House house;
  auto one = machine(1);
  one.bmc.emplace();
  one.bmc->address = *core::Ipv4Address::parse("10.1.1.1");
  auto two = machine(2);
  two.bmc.emplace();
  two.bmc->address = *core::Ipv4Address::parse("10.1.1.2");
  const auto first = house.enrol("10.1.1.1");
  const auto second = house.enrol("10.1.1.2");
  EXPECT_EQ(house.see(one), first);
  EXPECT_EQ(house.see(two), second);
  EXPECT_TRUE(house.registry.clashes().empty());
  std::swap(one.bmc->address, two.bmc->address);
  house.see(one);
  house.see(two);
  ASSERT_FALSE(house.clashes_of(first).empty());
  EXPECT_EQ(house.clashes_of(first)[0].code, "asset.bmc_swapped");
  EXPECT_FALSE(house.clashes_of(second).empty());
}

TEST(Registry, ARefusedMachineIsAFindingUntilItIsAdmitted) {
  House house;
  const core::Error reason{core::ErrorKind::conflict, "asset.conflict", "its keys belong to 2 assets"};
  EXPECT_TRUE(house.registry.refused(mac(1), reason));
  EXPECT_FALSE(house.registry.refused(mac(1), reason)) << "the same again is no news";
  ASSERT_EQ(house.registry.findings().size(), 1U);
  EXPECT_THAT(house.registry.findings()[0], HasSubstr("asset.conflict"));
  house.registry.admitted(mac(1));
  EXPECT_TRUE(house.registry.findings().empty());
}

TEST(Registry, WhatTheSwitchSaidStandsWhileTheLinkIsUp) {
  House house;
  auto seen = machine(1);
  seen.nics[0].lldp.emplace();
  seen.nics[0].lldp->port_id = "Ethernet1";
  const auto id = *core::AssetId::parse(house.see(seen));
  const auto neighbour = [&] { return house.registry.known(id)->inventory->nics[0].lldp; };
  ASSERT_TRUE(neighbour());
  EXPECT_EQ(neighbour()->heard_at, "2026-11-20T00:00:00.000Z");
  house.see(machine(1));
  EXPECT_TRUE(neighbour()) << "scout was gone before the switch spoke again";
  auto down = machine(1);
  down.nics[0].link_up = false;
  house.see(down);
  EXPECT_FALSE(neighbour());
}
