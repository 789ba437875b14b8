#include "ramdisk/machine/nics.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/net/file_descriptor.hpp"

namespace colony::ramdisk {

using drivers::scout::Nic;

namespace {

constexpr std::uint64_t ethernet = 1;  // ARPHRD_ETHER
constexpr std::uint64_t max_speed_mbps = 10'000'000;

/// "0000:03:00.1"
bool is_pci_address(std::string_view part) {
  if (part.size() != 12 || part[4] != ':' || part[7] != ':' || part[10] != '.') return false;
  return std::ranges::all_of(
      part, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.'; });
}

/// The last PCI address on the way to the device: its own, or that of the adapter a virtio port sits on.
std::string pci_address(const std::string& path) {
  std::string found;
  std::size_t start = 0;
  while (start < path.size()) {
    const auto end = std::min(path.find('/', start), path.size());
    if (is_pci_address(std::string_view(path).substr(start, end - start)))
      found = path.substr(start, end - start);
    start = end + 1;
  }
  return found;
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::optional<core::MacAddress> ask_permanent_mac(const std::string& interface) {
  const core::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || interface.size() >= IFNAMSIZ) return std::nullopt;
  alignas(ethtool_perm_addr) std::array<core::Byte, sizeof(ethtool_perm_addr) + 32> question{};
  auto* ask = reinterpret_cast<ethtool_perm_addr*>(question.data());
  ask->cmd = ETHTOOL_GPERMADDR;
  ask->size = 32;
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  request.ifr_data = reinterpret_cast<char*>(question.data());
  if (ioctl(socket.get(), SIOCETHTOOL, &request) != 0 || ask->size != 6) return std::nullopt;
  core::MacAddress::Octets octets{};
  std::memcpy(octets.data(), question.data() + sizeof(ethtool_perm_addr), octets.size());
  const core::MacAddress mac(octets);
  if (mac.is_zero() || mac.is_group()) return std::nullopt;
  return mac;
}

std::string ask_nic_firmware(const std::string& interface) {
  const core::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || interface.size() >= IFNAMSIZ) return {};
  ethtool_drvinfo answer{};
  answer.cmd = ETHTOOL_GDRVINFO;
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  request.ifr_data = reinterpret_cast<char*>(&answer);
  if (ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return {};
  const std::string_view whole(answer.fw_version, sizeof answer.fw_version);
  auto version = clean(whole.substr(0, whole.find('\0')));
  return version == "N/A" ? std::string() : version;
}

std::vector<Nic> list_nics(const Tree& sysfs, const PermanentMac& permanent_mac,
                           const NicFirmware& firmware) {
  std::vector<Nic> nics;
  for (const auto& name : sysfs.names("class/net")) {
    const std::string at = "class/net/" + name;
    if (nics.size() == drivers::scout::max_nics) break;
    if (!sysfs.exists(at + "/device") || sysfs.number(at + "/type") != ethernet) continue;
    const auto current = core::MacAddress::parse(sysfs.line(at + "/address"));
    const auto permanent = permanent_mac(name);
    if (!permanent && (!current || current->is_zero() || current->is_group())) continue;
    Nic nic;
    nic.name = clean(name);
    nic.mac = permanent ? *permanent : *current;
    nic.driver = clean(last_part(sysfs.resolved(at + "/device/driver")));
    // Without a link drivers answer -1, or refuse the read.
    const auto speed = sysfs.number(at + "/speed");
    if (speed && *speed > 0 && *speed <= max_speed_mbps) nic.speed_mbps = static_cast<unsigned>(*speed);
    nic.link_up = sysfs.number(at + "/carrier").value_or(0) == 1;
    nic.pci_address = pci_address(sysfs.resolved(at + "/device"));
    if (firmware) nic.firmware = firmware(name);
    nics.push_back(std::move(nic));
  }
  return nics;
}

}  // namespace colony::ramdisk
