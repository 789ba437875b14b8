#include "drivers/scout/disk_names.hpp"

#include <algorithm>

namespace colony::drivers::scout {

const std::string& best_name(const Disk& disk) {
  return disk.id.serial.empty() ? disk.id.wwn : disk.id.serial;
}

std::string name_in_orders(const Disk& disk, const std::vector<Disk>& all) {
  const auto means_one = [&all](const std::string& name) {
    return !name.empty() && std::ranges::count_if(all, [&name](const Disk& other) {
                              return other.id.serial == name || other.id.wwn == name;
                            }) == 1;
  };
  for (const auto& name : {disk.id.serial, disk.id.wwn}) {
    if (means_one(name)) return name;
  }
  return {};
}

bool is_same_disk(const Disk& a, const Disk& b) {
  return a.id == b.id && a.size_bytes == b.size_bytes && a.model == b.model;
}

}  // namespace colony::drivers::scout
