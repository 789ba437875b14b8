// Any bytes as the list of PCI names.
#include <array>
#include <cstdlib>

#include "daemon/cli/pci_ids.hpp"

using namespace colony::daemon::cli;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::array wanted{PciId{0x10de, 0x20b5}, PciId{0x10de, 0x20b7}, PciId{0x15b3, 0x1017},
                              PciId{0xffff, 0}};
  const auto names = pci_names(text, wanted);
  if (names.size() != wanted.size()) std::abort();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (names[i].size() > 2 * pci_name_limit + 1) std::abort();
    // Each is named as if it were asked for alone.
    if (pci_names(text, std::array{wanted[i]}).at(0) != names[i]) std::abort();
  }
  return 0;
}
