#pragma once
// The server this process runs on, as its kernel shows it below roots that tests replace.

#include <filesystem>

#include "ramdisk/machine/nics.hpp"
#include "ramdisk/machine/tree.hpp"
#include "ramdisk/scout/machine.hpp"

namespace colony::ramdisk {

struct MachineRoots {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path procfs = "/proc";
  std::filesystem::path devices = "/dev";
  std::filesystem::path neighbours = "/run/lldp";  // frames as hear_neighbours leaves them
  PermanentMac permanent_mac = ask_permanent_mac;
  NicFirmware nic_firmware = ask_nic_firmware;
};

class KernelMachine final : public Machine {
 public:
  explicit KernelMachine(MachineRoots roots);
  [[nodiscard]] core::Result<drivers::scout::Inventory> inventory() override;
  [[nodiscard]] bool hears_neighbours() const override { return true; }
  [[nodiscard]] Neighbours neighbours() override;
  [[nodiscard]] core::Result<std::shared_ptr<BlockDevice>> open(const drivers::scout::Disk& disk) override;

 private:
  Tree sysfs_, procfs_, devices_, neighbours_;
  PermanentMac permanent_mac_;
  NicFirmware nic_firmware_;
};

}  // namespace colony::ramdisk
