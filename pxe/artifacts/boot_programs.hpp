#pragma once
// Network boot programs (NBPs), held in memory: Debian's `ipxe` package, and what the site names. Served by
// name over TFTP and HTTP.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/evidence/evidence.hpp"

namespace colony::pxe {

/// Where to read each program; the name is what DHCP tells the firmware.
struct BootProgramFile {
  std::string name;  // "undionly.kpxe": letters, digits, '.', '_' and '-'
  std::string path;
};

/// undionly.kpxe, snponly.efi and ipxe.efi as Debian's package installs them.
[[nodiscard]] std::vector<BootProgramFile> debian_boot_programs();

/// A boot program is at most this long; the largest iPXE builds have 1 to 2 MB.
inline constexpr std::uint64_t max_boot_program_size = std::size_t{16} << 20;

class BootPrograms {
 public:
  using Bytes = std::shared_ptr<const std::string>;

  /// Adds or replaces. Errors: nbp.missing (with the package to install for Debian's own), nbp.name,
  /// nbp.size, nbp.read.
  [[nodiscard]] core::Result<> load(const BootProgramFile& file);
  /// Null when there is none of that name.
  [[nodiscard]] Bytes find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, Bytes, std::less<>>& all() const { return programs_; }

 private:
  std::map<std::string, Bytes, std::less<>> programs_;
};

}  // namespace colony::pxe
