#pragma once
// SMBIOS structure table (DMTF DSP0134 3.6) as the kernel hands it out in /sys/firmware/dmi/tables/DMI, and
// the version from the entry point beside it. Pure and bounded; firmware writes these bytes, often badly.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

struct SmbiosVersion {
  std::uint8_t major = 2;
  std::uint8_t minor = 8;
};

/// Sections 5.2.1 (anchor "_SM_") and 5.2.2 ("_SM3_"); the default when it is neither.
[[nodiscard]] SmbiosVersion decode_smbios_entry_point(core::ByteView bytes);

struct SmbiosTable {
  drivers::scout::Smbios names;
  std::uint64_t memory_bytes = 0;           // sum of the memory devices (type 17) that are populated
  std::vector<drivers::scout::Dimm> dimms;  // the populated slots, at most max_dimms
  std::optional<drivers::scout::Tpm> tpm;   // type 43
  unsigned structures = 0;                  // decoded before the end or the first broken one
};

/// Reads up to the end-of-table structure, or as far as the bytes make sense.
[[nodiscard]] SmbiosTable decode_smbios(core::ByteView table, SmbiosVersion version);

}  // namespace colony::ramdisk
