// Any text as what an order means by a disk or a NIC: what is chosen is one of the machine's, and a rule
// chooses none that it never may.
#include <algorithm>
#include <cstdlib>

#include "core/bytes.hpp"
#include "workflows/choice/disk_choice.hpp"
#include "workflows/choice/nic_choice.hpp"

using namespace colony;
using namespace colony::workflows;
namespace scout = drivers::scout;

namespace {

scout::Disk disk(const char* serial, const char* transport, std::uint64_t size) {
  scout::Disk made;
  made.id = {serial, std::string("naa.") + serial};
  made.model = "SAMSUNG MZQL2";
  made.transport = transport;
  made.device = std::string("sd") + serial;
  made.size_bytes = size;
  return made;
}

scout::Inventory machine() {
  scout::Inventory inventory;
  inventory.disks = {disk("A1", "nvme", 960'197'124'096), disk("A2", "sata", 4'000'787'030'016),
                     disk("U1", "usb", 16'000'000'000)};
  inventory.disks[1].rotational = true;
  inventory.disks[1].raid = "megaraid_sas";
  inventory.disks[2].removable = true;
  for (std::uint8_t i = 0; i < 3; ++i) {
    auto& nic = inventory.nics.emplace_back();
    nic.name = "eth" + std::to_string(i);
    nic.mac = core::MacAddress({2, 0, 0, 0, 0, i});
    nic.driver = i == 2 ? "cdc_ether" : "ice";
    nic.link_up = i != 1;
    if (nic.link_up) nic.speed_mbps = 1000U * (i + 1U);
    if (i == 0) nic.lldp.emplace().system_name = "leaf";
  }
  inventory.boot_mac = inventory.nics[0].mac;
  return inventory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scout::Inventory inventory = machine();
  const std::string wanted(core::as_text({data, size}));
  if (const auto chosen = choose_disk(inventory, wanted, "wipe")) {
    if (std::ranges::find(inventory.disks, *chosen) == inventory.disks.end()) std::abort();
    const bool named = wanted == chosen->id.serial || wanted == chosen->id.wwn;
    if (chosen->removable && !named) std::abort();
  }
  (void)disk_of_device(inventory, wanted, "wipe");
  const std::vector<std::string> one{wanted};
  if (const auto chosen = choose_nics(inventory, one, "provision")) {
    if (std::ranges::find(inventory.nics, chosen->front()) == inventory.nics.end()) std::abort();
    if (chosen->front().driver == "cdc_ether" && !core::MacAddress::parse(wanted)) std::abort();
  }
  return 0;
}
