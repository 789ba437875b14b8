// Servers as their kernels show them in /sys, /proc and /run/lldp: what an operator would choose hardware by.
#include "machine_tree.hpp"
#include "ramdisk/machine/disks.hpp"
#include "ramdisk/machine/processors.hpp"

using namespace colony;
using namespace colony::ramdisk;
using drivers::scout::EraseAbility;

TEST_F(MachineTree, SupermicroWithNvmeAndSataDom) {
  const auto nvme = disk("nvme0n1", "pci0000:17/0000:17:00.0/0000:18:00.0/nvme/nvme0", 7501476528);
  file(nvme + "/wwid", "eui.36344630526005680025384500000001\n");
  file(nvme + "/device/serial", "S64FNE0R605680      \n");
  file(nvme + "/device/model", "SAMSUNG MZQL23T8HCLS-00A07              \n");
  file(nvme + "/device/firmware_rev", "GDC5902Q\n");
  file(nvme + "/queue/discard_max_bytes", "2199023255040\n");
  file(nvme + "/queue/write_zeroes_max_bytes", "131072\n");
  const auto dom = disk("sda", "pci0000:00/0000:00:17.0/ata5/host4/target4:0:0/4:0:0:0", 123731968);
  file(dom + "/device/vendor", "ATA     \n");
  file(dom + "/device/model", "SuperMicro SSD  \n");
  file(dom + "/device/rev", "0R  \n");
  file(dom + "/device/vpd_pg80", std::string("\x00\x80\x00\x14", 4) + "SMC0515D95117B9E5412");
  link("sys/class/scsi_host/host4", "sys/devices/pci0000:00/0000:00:17.0/ata5/host4/scsi_host/host4");
  file("sys/class/scsi_host/host4/proc_name", "ahci\n");
  const auto port = nic("eno1", "pci0000:3a/0000:3a:00.0/0000:3b:00.0", "ac:1f:6b:00:11:22");
  file(port + "/speed", "25000\n");
  file(port + "/carrier", "1\n");
  link(port + "/device/driver", "sys/bus/pci/drivers/i40e");
  pci("0000:3b:00.0", "0x020000", "0x8086", "0x158b");
  pci("0000:18:00.0", "0x010802", "0x144d", "0xa80a");
  pci("0000:af:00.0", "0x030200", "0x10de", "0x20b5");
  pci("0000:00:00.0", "0x060000", "0x8086", "0x2020");  // host bridge
  pci("0000:00:05.0", "0x088000", "0x8086", "0x2024");  // memory map registers
  pci("0000:00:14.0", "0x0c0330", "0x8086", "0xa1af");  // USB controller

  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 2U);
  EXPECT_EQ(disks[0].id.wwn, "eui.36344630526005680025384500000001");
  EXPECT_EQ(disks[0].firmware, "GDC5902Q");
  EXPECT_EQ(disks[0].erase, (std::vector{EraseAbility::discard, EraseAbility::write_zeroes}));
  EXPECT_EQ(language_of(sysfs(), disks[0]), DiskLanguage::nvme);
  EXPECT_EQ(disks[1].id.serial, "SMC0515D95117B9E5412");
  EXPECT_EQ(disks[1].transport, "sata");
  EXPECT_EQ(disks[1].raid, "");
  EXPECT_EQ(language_of(sysfs(), disks[1]), DiskLanguage::ata);
  const auto inventory = machine().inventory();
  ASSERT_TRUE(inventory);
  std::vector<std::string> addresses;
  for (const auto& device : inventory->devices) addresses.push_back(device.address);
  EXPECT_EQ(addresses, (std::vector<std::string>{"0000:18:00.0", "0000:3b:00.0", "0000:af:00.0"}));
  EXPECT_EQ(inventory->devices.at(2).device_class, 0x030200U);
  EXPECT_EQ(inventory->devices.at(2).vendor, 0x10deU);
}

TEST_F(MachineTree, DellWithPercVolumesAndAPassedThroughDisk) {
  link("sys/class/scsi_host/host0", "sys/devices/pci0000:17/0000:17:00.0/host0/scsi_host/host0");
  file("sys/class/scsi_host/host0/proc_name", "megaraid_sas\n");
  const auto volume = disk("sda", "pci0000:17/0000:17:00.0/host0/target0:2:0/0:2:0:0", 937164800);
  file(volume + "/device/vendor", "DELL    \n");
  file(volume + "/device/model", "PERC H740P Mini \n");
  file(volume + "/device/wwid", "naa.6d09466077f3a80026f0b5a11c5f2f40\n");
  file(volume + "/device/vpd_pg80", std::string("\x00\x80\x00\x10", 4) + "00402f5f1ca1b5f0");
  const auto jbod = disk("sdb", "pci0000:17/0000:17:00.0/host0/target0:0:4/0:0:4:0", 7814037168);
  file(jbod + "/device/vendor", "ATA     \n");
  file(jbod + "/device/model", "ST4000NM0035-1V4\n");
  file(jbod + "/device/wwid", "naa.5000c500a1b2c3d4\n");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 2U);
  EXPECT_EQ(disks[0].raid, "megaraid_sas");
  EXPECT_EQ(language_of(sysfs(), disks[0]), DiskLanguage::nothing);
  EXPECT_EQ(disks[1].raid, "");
}

TEST_F(MachineTree, HpeWithSmartArrayTellsVolumesByTheirRaidLevel) {
  link("sys/class/scsi_host/host0", "sys/devices/pci0000:5c/0000:5c:00.0/host0/scsi_host/host0");
  file("sys/class/scsi_host/host0/proc_name", "smartpqi\n");
  const auto volume = disk("sda", "pci0000:5c/0000:5c:00.0/host0/target0:1:0/0:1:0:0", 937164800);
  file(volume + "/device/raid_level", "RAID 1(1+0)\n");
  const auto plain = disk("sdb", "pci0000:5c/0000:5c:00.0/host0/target0:0:0/0:0:0:0", 937164800);
  file(plain + "/device/raid_level", "N/A\n");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 2U);
  EXPECT_EQ(disks[0].raid, "smartpqi");
  EXPECT_EQ(disks[1].raid, "");
}

TEST_F(MachineTree, DualPathSasDiskIsOneDisk) {
  const auto path = [this](const std::string& name, const std::string& port) {
    const auto at = disk(name,
                         "pci0000:3a/0000:3b:00.0/host1/port-1:" + port + "/end_device-1:" + port +
                             "/target1:0:" + port + "/1:0:" + port + ":0",
                         3516328368);
    file(at + "/device/vendor", "HPE     \n");
    file(at + "/device/model", "VO001920JWZJQ   \n");
    file(at + "/device/wwid", "naa.5002538b0091a2c0\n");
    file(at + "/device/vpd_pg80", std::string("\x00\x80\x00\x0e", 4) + "S4NANA0N500123");
    return at;
  };
  path("sda", "0");
  path("sdb", "1");
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].device, "sda");
  EXPECT_EQ(disks[0].paths, std::vector<std::string>{"sdb"});
  EXPECT_EQ(language_of(sysfs(), disks[0]), DiskLanguage::scsi);
}

TEST_F(MachineTree, TwoSataDisksThatShareTheirNamesStayTwo) {
  for (const std::string n : {"1", "2"}) {
    const auto at =
        disk("sd" + n, "pci0000:00/0000:00:17.0/ata" + n + "/host" + n + "/target0:0:0/0:0:0:0", 2048);
    file(at + "/device/wwid", "naa.5000000000000001\n");
    file(at + "/device/vpd_pg80", std::string("\x00\x80\x00\x04", 4) + "0001");
  }
  EXPECT_EQ(list_disks(sysfs()).size(), 2U);
}

TEST_F(MachineTree, Arm64WithoutDmiIsKnownByItsDeviceTree) {
  file("sys/firmware/devicetree/base/model", std::string("Ampere Altra\0", 13));
  file("sys/firmware/devicetree/base/serial-number", std::string("A1B2C3D4\0", 9));
  file("proc/cpuinfo",
       "processor\t: 0\nFeatures\t: fp asimd aes sha2\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
       "processor\t: 1\nFeatures\t: fp asimd aes sha2\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
  for (const std::string n : {"0", "1"}) {
    file("sys/devices/system/cpu/cpu" + n + "/topology/physical_package_id", n + "\n");
    file("sys/devices/system/cpu/cpu" + n + "/topology/core_id", "0\n");
  }
  file("proc/meminfo", "MemTotal: 2048 kB\n");
  const auto inventory = machine().inventory();
  ASSERT_TRUE(inventory);
  EXPECT_EQ(inventory->smbios.product, "Ampere Altra");
  EXPECT_EQ(inventory->smbios.serial, "A1B2C3D4");
  EXPECT_EQ(inventory->cpu.model, "Neoverse-N1");
  EXPECT_EQ(inventory->cpu.flags, (std::vector<std::string>{"fp", "asimd", "aes", "sha2"}));
  EXPECT_TRUE(inventory->dimms.empty());
  EXPECT_FALSE(inventory->tpm);
  auto cpu = inventory->cpu;
  count_topology(sysfs(), cpu);
  EXPECT_EQ(cpu.sockets, 2U);
  EXPECT_EQ(cpu.cores, 2U);
}

TEST_F(MachineTree, UsbStickIsRemovableAndAnOpticalDriveIsNoDisk) {
  const auto stick =
      disk("sdb", "pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host6/target6:0:0/6:0:0:0", 30310400);
  file(stick + "/removable", "1\n");
  disk("sr0", "pci0000:00/0000:00:17.0/ata8/host7/target7:0:0/7:0:0:0", 2097151);
  for (const char* made_up : {"ram0", "zram0", "loop3", "dm-1", "md127"}) disk(made_up, "virtual", 2048);
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_TRUE(disks[0].removable);
  EXPECT_EQ(disks[0].transport, "usb");
  EXPECT_EQ(language_of(sysfs(), disks[0]), DiskLanguage::nothing);
}

TEST_F(MachineTree, EmmcIsOneDiskWithoutItsBootPartitions) {
  const std::string host = "pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001";
  const auto emmc = disk("mmcblk0", host, 61071360);
  file(emmc + "/device/name", "DA4064\n");
  file(emmc + "/device/serial", "0x1a2b3c4d\n");
  for (const char* part : {"mmcblk0boot0", "mmcblk0boot1", "mmcblk0rpmb"}) disk(part, host, 8192);
  const auto disks = list_disks(sysfs());
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].device, "mmcblk0");
  EXPECT_EQ(disks[0].transport, "mmc");
  EXPECT_EQ(disks[0].model, "DA4064");
}

TEST_F(MachineTree, WhatASwitchSaidStandsAtItsPort) {
  nic("eno1", "pci0000:3a/0000:3b:00.0", "ac:1f:6b:00:11:22");
  nic("eno2", "pci0000:3a/0000:3b:00.1", "ac:1f:6b:00:11:23");
  const std::string head("\x01\x80\xc2\x00\x00\x0e\x00\x1c\x73\x01\x02\x03\x88\xcc", 14);
  file("lldp/eno2", head + std::string("\x02\x07\x04\x00\x1c\x73\x01\x02\x00", 9) +
                        std::string("\x04\x0b\x05"
                                    "Ethernet12",
                                    13) +
                        std::string("\x06\x02\x00\x78\x00\x00", 6));
  file("lldp/.eno1", "half a frame");
  file("lldp/eno1", "nonsense");
  const auto inventory = machine().inventory();
  ASSERT_TRUE(inventory);
  ASSERT_EQ(inventory->nics.size(), 2U);
  EXPECT_FALSE(inventory->nics[0].lldp);
  ASSERT_TRUE(inventory->nics[1].lldp);
  EXPECT_EQ(inventory->nics[1].lldp->chassis_id, "00:1c:73:01:02:00");
  EXPECT_EQ(inventory->nics[1].lldp->port_id, "Ethernet12");
}
