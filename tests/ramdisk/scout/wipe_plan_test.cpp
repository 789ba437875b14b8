#include "ramdisk/scout/wipe_plan.hpp"

#include <gtest/gtest.h>

using namespace colony::ramdisk;
using colony::drivers::scout::Disk;

namespace {

Disk disk(std::string serial, std::string device) {
  Disk made;
  made.id = {.serial = std::move(serial), .wwn = "naa.5000"};
  made.model = "M";
  made.device = std::move(device);
  made.size_bytes = 1 << 20;
  return made;
}

std::string fault(const std::vector<Disk>& ordered, const std::vector<Disk>& present) {
  const auto matched = match_disks(ordered, present);
  return matched ? "ok" : matched.error().code;
}

}  // namespace

TEST(WipePlan, FollowsTheDiskWhenItsKernelNameMoved) {
  const auto matched = match_disks({disk("A", "sda")}, {disk("B", "sda"), disk("A", "sdb")});
  ASSERT_TRUE(matched);
  ASSERT_EQ(matched->size(), 1U);
  EXPECT_EQ(matched->front().device, "sdb");
}

TEST(WipePlan, RefusesEverythingWhenOneDiskIsMissing) {
  EXPECT_EQ(fault({disk("A", "sda"), disk("C", "sdc")}, {disk("A", "sda")}), "scout.disk_missing");
}

TEST(WipePlan, RefusesADiskThatIsSeenTwice) {
  EXPECT_EQ(fault({disk("A", "sda")}, {disk("A", "sda"), disk("A", "sdb")}), "scout.disk_ambiguous");
}

TEST(WipePlan, RefusesADiskThatIsNotWhatWasOrdered) {
  auto present = disk("A", "sda");
  present.size_bytes *= 2;
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_changed");
  present = disk("A", "sda");
  present.model = "N";
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_changed");
  present = disk("A", "sda");
  present.logical_block_bytes = 4096;
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_changed");
  present = disk("A", "sda");
  present.id.wwn = "naa.5001";
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_missing");
}

TEST(WipePlan, NeverErasesRemovableOrReadOnlyDisks) {
  auto present = disk("A", "sda");
  present.removable = true;
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_removable");
  present = disk("A", "sda");
  present.read_only = true;
  EXPECT_EQ(fault({disk("A", "sda")}, {present}), "scout.disk_read_only");
}
