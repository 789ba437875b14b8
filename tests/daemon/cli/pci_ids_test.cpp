#include "daemon/cli/pci_ids.hpp"

#include <array>

#include <gtest/gtest.h>

using namespace colony::daemon::cli;

namespace {

constexpr std::string_view list =
    "#\n"
    "#\tList of PCI ID's\n"
    "#\n"
    "10de  NVIDIA Corporation\n"
    "# a remark\n"
    "\t20b5  GA100 [A100 PCIe 80GB]\n"
    "\t\t10de 1533  Tesla A100\n"
    "\t20b7  GA100GL [A30 PCIe]\n"
    "15b3  Mellanox Technologies\n"
    "\t1017  MT27800 Family [ConnectX-5]\n"
    "ffff  Illegal Vendor ID\n"
    "C 00  Unclassified device\n"
    "\t00  Non-VGA unclassified device\n"
    "10de  A class is no vendor\n";

std::string name_of(PciId id, std::string_view from = list) {
  return pci_names(from, std::array{id}).at(0);
}

}  // namespace

TEST(PciIds, NamesAVendorsDevice) {
  EXPECT_EQ(name_of({0x10de, 0x20b5}), "NVIDIA Corporation GA100 [A100 PCIe 80GB]");
  EXPECT_EQ(name_of({0x15b3, 0x1017}), "Mellanox Technologies MT27800 Family [ConnectX-5]");
}

TEST(PciIds, NamesManyAtOnceInTheirOrder) {
  const std::array wanted{PciId{0x15b3, 0x1017}, PciId{0x10de, 0x20b7}, PciId{0x15b3, 0x1017}, PciId{1, 1}};
  const auto names = pci_names(list, wanted);
  ASSERT_EQ(names.size(), 4U);
  EXPECT_EQ(names[0], names[2]);
  EXPECT_EQ(names[1], "NVIDIA Corporation GA100GL [A30 PCIe]");
  EXPECT_EQ(names[3], "");
}

TEST(PciIds, OfADeviceThatItDoesNotKnowTheVendorIsNamed) {
  EXPECT_EQ(name_of({0x10de, 0x1017}), "NVIDIA Corporation");  // 1017 is another vendor's
  EXPECT_EQ(name_of({0xffff, 0}), "Illegal Vendor ID");
}

TEST(PciIds, WithoutAListThereIsNoName) {
  EXPECT_EQ(name_of({0x10de, 0x20b5}, ""), "");
  EXPECT_EQ(name_of({0x10de, 0x20b5}, "no list at all"), "");
  EXPECT_TRUE(pci_names(list, {}).empty());
}

TEST(PciIds, SubsystemsAreNoDevicesAndClassesNoVendors) {
  EXPECT_EQ(name_of({0x10de, 0x10de}), "NVIDIA Corporation");
  EXPECT_EQ(name_of({0x10de, 0x20b5}),
            "NVIDIA Corporation GA100 [A100 PCIe 80GB]");  // not "A class is no vendor"
}

TEST(PciIds, LongNamesAreCutOffAndRepeatedLinesDoNotAddUp) {
  std::string odd = "10de  " + std::string(1000, 'V') + "\n";
  for (int i = 0; i < 3; ++i) odd += "\t20b5  " + std::string(1000, 'D') + "\n";
  EXPECT_EQ(name_of({0x10de, 0x20b5}, odd), std::string(128, 'V') + " " + std::string(128, 'D'));
}

TEST(PciIds, EveryPrefixIsHarmless) {
  for (std::size_t size = 0; size <= list.size(); ++size) {
    EXPECT_EQ(pci_names(list.substr(0, size), std::array{PciId{0x10de, 0x20b5}}).size(), 1U);
  }
}
