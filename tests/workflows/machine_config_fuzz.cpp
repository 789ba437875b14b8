// Any text as a machine config for an order that names a disk and NICs: what is accepted installs, by the
// eyes of the Talos stand-in, on the disk that was ordered and on no other. The first byte says what is
// ordered.
#include <cstdlib>

#include "core/bytes.hpp"
#include "hw-sim/talos/talos_node.hpp"
#include "workflows/desk/machine_config.hpp"

using namespace colony;
using namespace colony::workflows;
namespace scout = drivers::scout;

namespace {

scout::Disk disk(const char* serial, const char* wwn) {
  scout::Disk made;
  made.id = {serial, wwn};
  made.model = "M";
  made.size_bytes = 1 << 20;
  made.device = "sd" + std::to_string(wwn[4] - '1');
  return made;
}

/// Two share a serial, one has a serial that YAML takes for nothing.
scout::Inventory machine() {
  scout::Inventory inventory;
  inventory.disks = {disk("A1", "naa.1"), disk("A1", "naa.2"), disk("B2", "naa.3"), disk("null", "naa.4")};
  inventory.nics.resize(2);
  inventory.nics[0].mac = core::MacAddress({2, 0, 0, 0, 0, 1});
  inventory.nics[1].mac = core::MacAddress({2, 0, 0, 0, 0, 2});
  return inventory;
}

void check_install(std::string_view config, const scout::Inventory& inventory, const scout::Disk& wanted) {
  const auto install = hw_sim::parse_talos_config(config);
  if (!install) return;  // the node takes no such config at all
  std::vector<hw_sim::DiskModel> models(inventory.disks.size());
  std::vector<const hw_sim::DiskModel*> disks;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < models.size(); ++i) {
    models[i].model = inventory.disks[i].model;
    models[i].serial = inventory.disks[i].id.serial;
    models[i].wwn = inventory.disks[i].id.wwn;
    disks.push_back(&models[i]);
    names.push_back("sd" + std::to_string(i));
  }
  const auto chosen = hw_sim::choose_disk(*install, disks, names);
  if (chosen && inventory.disks[*chosen].id != wanted.id) std::abort();
}

/// Bits 0 to 2 the disk, 3 and 4 how many NICs, 5 the disk by its kernel name too, 6 nothing is known.
core::Result<InstallParts> ordered(std::uint8_t what, const scout::Inventory& inventory) {
  ProvisionOrder order;
  const std::size_t which = what % 8;
  if (which < inventory.disks.size()) order.disk = inventory.disks[which].id.wwn;
  if ((what & 32) != 0) order.disk_device = "/dev/sd1";
  for (std::size_t i = 0; i < what / 8U % 4; ++i) order.nics.push_back(inventory.nics[i % 2].mac.to_string());
  return install_parts((what & 64) != 0 ? nullptr : &inventory, order);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scout::Inventory inventory = machine();
  if (size == 0) return 0;
  const auto parts = ordered(data[0], inventory);
  if (!parts) return 0;
  const auto finished =
      finish_machine_config(core::Secret(core::as_text({data + 1, size - 1})), *parts, &inventory);
  if (!finished) {
    if (finished.error().code.empty() || finished.error().message.empty()) std::abort();
    return 0;
  }
  if (parts->disk) check_install(finished->reveal(), inventory, *parts->disk);
  for (const auto& nic : parts->nics) {
    if (!finished->reveal().contains(nic.mac.to_string())) std::abort();
  }
  return 0;
}
