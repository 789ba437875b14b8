#include "ramdisk/scout/machine.hpp"

namespace colony::ramdisk {

void add_neighbours(drivers::scout::Inventory& inventory, const Neighbours& heard) {
  for (auto& nic : inventory.nics) {
    if (const auto found = heard.find(nic.name); found != heard.end()) nic.lldp = found->second;
  }
}

}  // namespace colony::ramdisk
