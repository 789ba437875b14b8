#pragma once
// Names of PCI devices for people, from the list that Debian's pci.ids package brings (hwdata's is the same).
// Only shown: what is stored, streamed and chosen by are the numbers. Pure, and takes any text.
//
//   vendor  name
//   <tab>device  name
//   <tab><tab>subvendor subdevice  name     (not read)
// Numbers have four hexadecimal digits; "#" begins a remark; "C nn  name" begins the list of classes, where
// it ends.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace colony::daemon::cli {

struct PciId {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  friend bool operator==(const PciId&, const PciId&) = default;
};

/// Longer ones are cut off.
inline constexpr std::size_t pci_name_limit = 128;

/// "NVIDIA Corporation GA100 [A100 PCIe 40GB]" for each of `wanted`; the vendor alone when the list does not
/// know the device; empty when it does not know the vendor.
[[nodiscard]] std::vector<std::string> pci_names(std::string_view list, std::span<const PciId> wanted);

}  // namespace colony::daemon::cli
