#pragma once
// Trees in the shape of real machines' sysfs, cut down to what is read.

#include <fstream>

#include <gtest/gtest.h>

#include "ramdisk/machine/kernel_machine.hpp"

namespace colony::ramdisk {

class MachineTree : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) /
            (std::string("tree-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    for (const char* part : {"sys/block", "sys/class/net", "proc", "dev"})
      std::filesystem::create_directories(root_ / part);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void file(const std::string& path, std::string_view content) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << content;
  }
  void link(const std::string& path, const std::string& target) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_directories(root_ / target);
    std::filesystem::create_symlink(std::filesystem::absolute(root_ / target), root_ / path);
  }
  /// A disk at `device` below sys/devices, with the attributes that every disk has.
  std::string disk(const std::string& name, const std::string& device, std::uint64_t sectors) {
    const std::string at = "sys/devices/" + device + "/block/" + name;
    link("sys/block/" + name, at);
    file(at + "/size", std::to_string(sectors) + "\n");
    file(at + "/queue/logical_block_size", "512\n");
    file(at + "/queue/physical_block_size", "4096\n");
    file(at + "/queue/rotational", "0\n");
    file(at + "/removable", "0\n");
    file(at + "/ro", "0\n");
    return at;
  }
  std::string nic(const std::string& name, const std::string& device, const std::string& mac) {
    const std::string at = "sys/devices/" + device + "/net/" + name;
    link("sys/class/net/" + name, at);
    link(at + "/device", "sys/devices/" + device);
    file(at + "/address", mac + "\n");
    file(at + "/type", "1\n");
    return at;
  }
  void pci(const std::string& address, const std::string& device_class, const std::string& vendor,
           const std::string& device) {
    const std::string at = "sys/devices/pci0000:00/" + address;
    link("sys/bus/pci/devices/" + address, at);
    file(at + "/class", device_class + "\n");
    file(at + "/vendor", vendor + "\n");
    file(at + "/device", device + "\n");
  }
  Tree sysfs() { return Tree(root_ / "sys"); }
  KernelMachine machine() {
    return KernelMachine({.sysfs = root_ / "sys",
                          .procfs = root_ / "proc",
                          .devices = root_ / "dev",
                          .neighbours = root_ / "lldp",
                          .permanent_mac = [](const std::string&) { return std::nullopt; },
                          .nic_firmware = {}});
  }

  std::filesystem::path root_;
};

}  // namespace colony::ramdisk
