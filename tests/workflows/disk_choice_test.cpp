#include "workflows/choice/disk_choice.hpp"

#include <gmock/gmock.h>

#include "workflows/desk/machine_config.hpp"
#include "workflows/wipe/wipe_plan.hpp"

using namespace colony;
using namespace colony::workflows;
using testing::HasSubstr;
namespace scout = drivers::scout;

namespace {

scout::Disk disk(const std::string& serial, const std::string& transport, std::uint64_t size,
                 const std::string& device) {
  scout::Disk made;
  made.id = {serial, "naa." + serial};
  made.model = transport == "nvme" ? "SAMSUNG MZQL2" : "ST4000NM0035";
  made.transport = transport;
  made.device = device;
  made.size_bytes = size;
  made.rotational = transport == "sata";
  return made;
}

scout::Inventory server() {
  scout::Inventory inventory;
  inventory.disks = {disk("N1", "nvme", 960'197'124'096, "nvme0n1"),
                     disk("N2", "nvme", 3'840'755'982'336, "nvme1n1"),
                     disk("S1", "sata", 4'000'787'030'016, "sda"),
                     disk("S2", "sata", 4'000'787'030'016, "sdb"), disk("U1", "usb", 16'000'000'000, "sdc")};
  inventory.disks.back().removable = true;
  return inventory;
}

/// The serial of what was chosen, or the code of the refusal.
std::string chosen(std::string_view wanted) {
  const auto found = choose_disk(server(), wanted, "provision");
  return found ? found->id.serial : found.error().code;
}

}  // namespace

TEST(DiskChoice, TakesSerialsAndWwns) {
  EXPECT_EQ(chosen("S2"), "S2");
  EXPECT_EQ(chosen("naa.N2"), "N2");
  EXPECT_EQ(chosen("X"), "provision.unknown_disk");
  EXPECT_EQ(chosen(""), "provision.unknown_disk");
}

TEST(DiskChoice, TakesAWwnAsLsblkWritesIt) {
  auto inventory = server();
  inventory.disks[2].id.wwn = "naa.5000c500a1b2c3d4";
  const auto found = choose_disk(inventory, "0x5000C500A1B2C3D4", "wipe");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id.serial, "S1");
}

TEST(DiskChoice, DisksThatShareASerialAreListedWithTheirWwns) {
  auto inventory = server();
  inventory.disks[1].id.serial = "N1";
  const auto refused = choose_disk(inventory, "N1", "wipe");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("nvme, naa.N1; "));
  EXPECT_THAT(refused.error().message, HasSubstr("nvme, naa.N2"));
}

TEST(DiskChoice, TellsADiskThatCarriesNothing) {
  auto inventory = server();
  for (auto& one : inventory.disks) one.content = "gpt";
  EXPECT_EQ(choose_disk(inventory, "content=none", "wipe").error().code, "wipe.unknown_disk");
  inventory.disks[3].content.clear();
  EXPECT_EQ(choose_disk(inventory, "transport=sata, content=none", "wipe")->id.serial, "S2");
}

TEST(DiskChoice, ARuleLeavesOneDisk) {
  EXPECT_EQ(chosen("transport=nvme,smallest"), "N1");
  EXPECT_EQ(chosen("smallest"), "N1") << "the stick is removable";
  EXPECT_EQ(chosen("smallest,size>=1TB"), "N2") << "wherever it stands";
  EXPECT_EQ(chosen("size<=1TB"), "N1");
  EXPECT_EQ(chosen("size=3840755982336"), "N2");
  EXPECT_EQ(chosen("model=samsung*,largest"), "N2");
  EXPECT_EQ(chosen("rotational=yes,serial=?2"), "S2");
  EXPECT_EQ(chosen("wwn=naa.S1"), "S1");
}

TEST(DiskChoice, ARuleThatLeavesNoneOrSeveralIsRefusedWithTheCandidates) {
  EXPECT_EQ(chosen("largest"), "provision.disk_ambiguous");
  const auto two = choose_disk(server(), "transport=sata", "wipe");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, "wipe.disk_ambiguous");
  EXPECT_THAT(two.error().message, HasSubstr("ST4000NM0035 S1, 4.00 TB, sata; ST4000NM0035 S2"));
  const auto none = choose_disk(server(), "size>=100TB", "provision");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, "provision.unknown_disk");
  EXPECT_THAT(none.error().message, HasSubstr("N1"));
  EXPECT_EQ(chosen("transport=usb"), "provision.unknown_disk") << "removable ones are never chosen by rule";
}

TEST(DiskChoice, ARuleThatIsNoneIsRefused) {
  for (const char* rule : {"colour=red", "size>10", "size>=ten", "size>=", "transport=nvme,", "model>=x",
                           "rotational=perhaps", "smallest,largest", ",", "size>=99999999999999TB"}) {
    EXPECT_EQ(chosen(rule), "provision.disk_rule") << rule;
  }
}

TEST(DiskChoice, AKernelNameIsRefusedAndWhatItWasIsSaid) {
  for (const char* name : {"/dev/sda", "sda"}) {
    const auto found = choose_disk(server(), name, "provision");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, "provision.disk_kernel_name");
    EXPECT_THAT(found.error().message, HasSubstr("when last seen it was ST4000NM0035 S1"));
  }
  EXPECT_EQ(chosen("/dev/sdz"), "provision.disk_kernel_name");
}

TEST(DiskChoice, ADeviceOfAHostedOrderBecomesADiskWithAName) {
  const auto inventory = server();
  const auto found = install_disk(inventory, "", "/dev/nvme1n1");
  ASSERT_TRUE(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id.serial, "N2");
  EXPECT_EQ(install_disk(inventory, "", "/dev/sdx").error().code, "provision.unknown_disk");
  EXPECT_EQ(install_disk(inventory, "S1", "/dev/sdb").error().code, "provision.disk_device_changed");
  EXPECT_TRUE(install_disk(inventory, "S1", "sda"));
  EXPECT_FALSE(*install_disk(inventory, "", ""));
  scout::Inventory nameless;
  nameless.disks = {disk("", "virtio", 1 << 20, "vda")};
  nameless.disks[0].id.wwn.clear();
  EXPECT_EQ(install_disk(nameless, "", "vda").error().code, "provision.disk_unidentified");
}

TEST(WipePlan, WhatAnErasureDoesNotReachIsSaid) {
  auto inventory = server();
  inventory.disks[0].hidden = scout::HiddenCapacity{.unallocated_bytes = 1000};
  inventory.disks[1].hidden = scout::HiddenCapacity{};
  inventory.disks[2].raid = "megaraid_sas";
  const auto limits = limits_of(inventory.disks);
  ASSERT_EQ(limits.size(), 3U);
  EXPECT_EQ(limits[0].code, "hidden-capacity");
  EXPECT_EQ(limits[0].bytes, 1000U);
  EXPECT_EQ(limits[0].disk.serial, "N1");
  EXPECT_EQ(limits[1].code, "raid-volume");
  EXPECT_EQ(limits[2].code, "hidden-unknown");
  EXPECT_EQ(limits[2].disk.serial, "S2");
}
