// A disk and a network port whose every attribute is what the input says: for each file in turn a length byte
// and so many bytes; 255 removes the file.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include <stdlib.h>  // mkdtemp

#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/disks.hpp"
#include "ramdisk/machine/nics.hpp"

using namespace colony;
using namespace colony::ramdisk;
namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 21> attributes{
    "block/sda/size",
    "block/sda/queue/logical_block_size",
    "block/sda/queue/physical_block_size",
    "block/sda/queue/rotational",
    "block/sda/removable",
    "block/sda/ro",
    "block/sda/hidden",
    "block/sda/wwid",
    "block/sda/device/wwid",
    "block/sda/serial",
    "block/sda/device/serial",
    "block/sda/device/vpd_pg80",
    "block/sda/device/model",
    "block/sda/device/name",
    "block/sda/device/vendor",
    "block/nvme0n1/size",
    "block/nvme0n1/serial",
    "class/net/eth0/address",
    "class/net/eth0/type",
    "class/net/eth0/speed",
    "class/net/eth0/carrier",
};

/// As in a real sysfs, where block/* and class/net/* are links into devices/.
class MachineTree {
 public:
  MachineTree() {
    std::string name = (fs::temp_directory_path() / "sysfs-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    device("block/sda", "devices/pci0000:00/0000:00:17.0/ata1/host0/block/sda");
    device("block/nvme0n1", "devices/pci0000:00/0000:00:1d.0/nvme/nvme0/nvme0n1");
    for (const char* disk : {"loop0", "sr0", "mmcblk0boot0"}) {
      device(fs::path("block") / disk, fs::path("devices/virtual/block") / disk);
    }
    device("block/vda", "devices/pci0000:00/0000:00:05.0/virtio2/block/vda");
    device("block/sdb", "devices/pci0000:00/0000:00:14.0/usb1/block/sdb");
    device("block/sdc", "devices/pci0000:00/end_device-0:0/block/sdc");
    device("block/sdd", "devices/platform/block/sdd");
    device("block/mmcblk1rpmb", "devices/platform/block/mmcblk1rpmb");
    for (const char* disk : {"vda", "sdb", "sdc", "sdd"}) write(fs::path("block") / disk / "size", "2048\n");
    device("class/net/eth0", "devices/pci0000:00/0000:00:03.0/net/eth0");
    fs::create_directory(root_ / "block/sda/queue");
    fs::create_directory(root_ / "block/sda/device");
    fs::create_directory_symlink("../..", root_ / "class/net/eth0/device");
    fs::create_directories(root_ / "bus/pci/drivers/e1000");
    fs::create_directory_symlink(root_ / "bus/pci/drivers/e1000", root_ / "class/net/eth0/device/driver");
  }
  MachineTree(const MachineTree&) = delete;
  MachineTree& operator=(const MachineTree&) = delete;
  ~MachineTree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  void write(const fs::path& file, std::string_view content) {
    std::ofstream(root_ / file, std::ios::binary) << content;
  }
  void remove(const fs::path& file) { fs::remove(root_ / file); }
  [[nodiscard]] Tree tree() const { return Tree(root_); }

 private:
  void device(const fs::path& link, const fs::path& target) {
    fs::create_directories(root_ / target);
    fs::create_directories((root_ / link).parent_path());
    fs::create_directory_symlink(root_ / target, root_ / link);
  }
  fs::path root_;
};

void check(const drivers::scout::Disk& disk) {
  if (disk.size_bytes % disk.logical_block_bytes != 0) std::abort();
  if (clean(disk.model) != disk.model || clean(disk.id.serial) != disk.id.serial) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MachineTree machine;
  core::ByteReader in({data, size});
  for (const char* attribute : attributes) {
    const auto length = in.u8().value_or(255);
    if (length == 255) {
      machine.remove(attribute);
      continue;
    }
    const auto content = in.take(std::min<std::size_t>(length, in.remaining()));
    machine.write(attribute, core::as_text(content.value_or(core::ByteView())));
  }
  for (const auto& disk : list_disks(machine.tree())) check(disk);
  check(describe_disk(machine.tree(), "sda"));
  check(describe_disk(machine.tree(), "not-there"));
  const auto burnt_in = size % 2 == 0 ? std::nullopt : core::MacAddress::parse("52:54:00:aa:bb:01");
  const auto nics = list_nics(machine.tree(), [&](const std::string&) { return burnt_in; });
  for (const auto& nic : nics) {
    if (nic.mac.is_zero() || nic.mac.is_group()) std::abort();
    if (nic.driver != "e1000" || nic.pci_address != "0000:00:03.0") std::abort();
  }
  (void)machine.tree().text("block/sda/device/model", 100);
  return 0;
}
