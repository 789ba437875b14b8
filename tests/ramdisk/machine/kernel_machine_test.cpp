// Trees in the shape of real machines' sysfs, cut down to what is read.
#include "machine_tree.hpp"
#include "ramdisk/machine/disks.hpp"

using namespace colony;
using namespace colony::ramdisk;

TEST_F(MachineTree, NvmeDiskTellsSerialEuiAndModel) {
  const auto at = disk("nvme0n1", "pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1", 1875385008);
  file(at + "/wwid", "eui.0025385b11b00e2f\n");
  file(at + "/device/serial", "S64FNE0R100001      \n");
  file(at + "/device/model", "SAMSUNG MZQL2960HCJR-00A07              \n");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].id.serial, "S64FNE0R100001");
  EXPECT_EQ(disks[0].id.wwn, "eui.0025385b11b00e2f");
  EXPECT_EQ(disks[0].model, "SAMSUNG MZQL2960HCJR-00A07");
  EXPECT_EQ(disks[0].transport, "nvme");
  EXPECT_EQ(disks[0].size_bytes, 960197124096U);
  EXPECT_EQ(disks[0].physical_block_bytes, 4096U);
}

TEST_F(MachineTree, SataDiskTellsItsSerialThroughVpdPage80) {
  const auto at = disk("sda", "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", 1000215216);
  file(at + "/device/model", "INTEL SSDSC2KB48\n");
  file(at + "/device/wwid", "naa.55cd2e414f6b1234\n");
  file(at + "/device/vpd_pg80", std::string("\x00\x80\x00\x14", 4) + "  PHYF123456789ABCDE");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].id.serial, "PHYF123456789ABCDE");
  EXPECT_EQ(disks[0].id.wwn, "naa.55cd2e414f6b1234");
  EXPECT_EQ(disks[0].transport, "sata");
}

TEST_F(MachineTree, VirtioDiskTellsItsSerial) {
  const auto at = disk("vda", "pci0000:00/0000:00:05.0/virtio2", 131072);
  file(at + "/serial", "VD1");
  file(at + "/device/vendor", "0x1af4\n");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].id.serial, "VD1");
  EXPECT_EQ(disks[0].model, "virtio");
  EXPECT_EQ(disks[0].transport, "virtio");
}

TEST_F(MachineTree, NamesThatTheKernelMadeUpAreNoWwn) {
  const auto at = disk("sda", "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", 2048);
  file(at + "/device/wwid", "t10.ATA     QEMU HARDDISK                           QM00001\n");
  EXPECT_EQ(list_disks(sysfs()).at(0).id.wwn, "");
}

// It may hold data that this kernel cannot read: 520-byte sectors, an interrupted format.
TEST_F(MachineTree, ADiskWithoutCapacityIsListed) {
  disk("sda", "pci0000:00/0000:00:17.0/host0/target0:0:0/0:0:0:0", 0);
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].size_bytes, 0U);
}

TEST_F(MachineTree, OnlyWholeRealDisksAreListed) {
  disk("loop0", "virtual", 2048);
  disk("dm-0", "virtual", 2048);
  disk("sr0", "pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0", 2048);
  const auto reader = disk("sdb", "pci0000:00/0000:00:14.0/usb1/1-1/host2/target2:0:0/2:0:0:0", 0);
  file(reader + "/removable", "1\n");  // a card reader without a card
  disk("mmcblk0boot0", "pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001", 8192);
  const auto hidden = disk("nvme0c0n1", "pci0000:00/0000:00:1d.0/nvme/nvme0", 2048);
  file(hidden + "/hidden", "1\n");
  const auto multipath = disk("nvme0n1", "virtual/nvme-subsystem/nvme-subsys0", 2048);
  file(multipath + "/hidden", "0\n");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].device, "nvme0n1");
}

TEST_F(MachineTree, NonsenseInSysfsDoesNoHarm) {
  const auto at = disk("sda", "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", 2048);
  file(at + "/size", "99999999999999999999999999\n");
  file(at + "/queue/logical_block_size", "-1\n");
  file(at + "/device/vpd_pg80", std::string("\x00\x80\xff\xff", 4));
  file(at + "/device/model", std::string("a\x1b[31m\x00z", 8));
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].size_bytes, 0U) << "what is not understood is no capacity, and no empty machine";
  EXPECT_EQ(disks[0].model, "a [31m z");
}

TEST_F(MachineTree, InventoryPutsEverythingTogether) {
  const auto at = disk("vda", "pci0000:00/0000:00:05.0/virtio2", 131072);
  file(at + "/serial", "VD1");
  file("dev/vda", std::string(4096, '\0') + "x");
  const auto port = nic("eth0", "pci0000:00/0000:00:03.0/virtio0", "52:54:00:aa:bb:01");
  file(port + "/speed", "-1\n");
  file(port + "/carrier", "1\n");
  link(port + "/device/driver", "sys/bus/virtio/drivers/virtio_net");
  link("sys/class/net/lo", "sys/devices/virtual/net/lo");
  file("sys/firmware/efi/fw_platform_size", "64\n");
  file("proc/cpuinfo", "processor : 0\nmodel name : x\n");
  file("proc/meminfo", "MemTotal: 1024 kB\n");
  const auto inventory = machine().inventory();
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->boot_firmware, "efi");
  EXPECT_EQ(inventory->memory_bytes, 1U << 20);
  EXPECT_EQ(inventory->cpu.threads, 1U);
  EXPECT_FALSE(inventory->bmc);
  ASSERT_EQ(inventory->disks.size(), 1U);
  EXPECT_EQ(inventory->disks[0].content, "data");
  ASSERT_EQ(inventory->nics.size(), 1U);
  EXPECT_EQ(inventory->nics[0].mac.to_string(), "52:54:00:aa:bb:01");
  EXPECT_EQ(inventory->nics[0].driver, "virtio_net");
  EXPECT_EQ(inventory->nics[0].pci_address, "0000:00:03.0");
  EXPECT_TRUE(inventory->nics[0].link_up);
  EXPECT_FALSE(inventory->nics[0].speed_mbps);
}

TEST_F(MachineTree, AMachineOfNothingHasAnEmptyInventory) {
  const auto inventory = machine().inventory();
  ASSERT_TRUE(inventory);
  EXPECT_TRUE(inventory->disks.empty());
  EXPECT_TRUE(inventory->nics.empty());
}

TEST_F(MachineTree, ADiskThatCannotBeReadIsNotCalledEmpty) {
  disk("vda", "pci0000:00/0000:00:05.0/virtio2", 131072);
  EXPECT_EQ(machine().inventory()->disks.at(0).content, "unreadable");
}
