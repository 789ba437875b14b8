#pragma once
// The server this process runs on, as its kernel shows it below three roots that tests replace.

#include <filesystem>

#include "ramdisk/machine/nics.hpp"
#include "ramdisk/machine/tree.hpp"
#include "ramdisk/scout/machine.hpp"

namespace colony::ramdisk {

struct MachineRoots {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path procfs = "/proc";
  std::filesystem::path devices = "/dev";
  PermanentMac permanent_mac = ask_permanent_mac;
};

class KernelMachine final : public Machine {
 public:
  explicit KernelMachine(MachineRoots roots);
  [[nodiscard]] core::Result<drivers::scout::Inventory> inventory() override;
  [[nodiscard]] core::Result<std::shared_ptr<BlockDevice>> open(const drivers::scout::Disk& disk) override;

 private:
  Tree sysfs_, procfs_, devices_;
  PermanentMac permanent_mac_;
};

}  // namespace colony::ramdisk
