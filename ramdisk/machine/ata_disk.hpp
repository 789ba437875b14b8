#pragma once
// What an ATA disk tells about itself: identity page, hidden capacity, erase abilities, SMART (ATA/ATAPI
// Command Set 4, ACS-4; host protected area and device configuration overlay: ATA8-ACS). Only commands that
// read. Pure: bytes in, bytes out; the device is reached through `send` (disk_device.hpp).

#include <cstdint>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

struct AtaRequest {
  std::uint8_t command = 0;
  std::uint16_t feature = 0;
  std::uint16_t count = 0;
  std::uint64_t lba = 0;
  bool extended = false;  // a 48-bit command
  bool reads = false;     // `count` blocks of 512 bytes come back; else the registers do
};

struct AtaReply {
  core::Bytes data;
  std::uint64_t lba = 0;  // of the returned registers
};

/// nullopt when the disk aborted the command or did not answer.
using AtaCommand = std::function<std::optional<AtaReply>(const AtaRequest&)>;

/// ATA PASS-THROUGH (16) (SAT-4 section 12.2.2.3).
[[nodiscard]] core::Bytes ata_pass_through(const AtaRequest& request);
/// The ATA Status Return descriptor of sense data (SAT-4 section 12.2.2.6); nullopt when there is none, or
/// the disk reports an error.
[[nodiscard]] std::optional<std::uint64_t> decode_ata_return(core::ByteView sense);

/// The IDENTIFY DEVICE page (ACS-4 section 7.13).
struct AtaIdentity {
  std::string firmware;
  std::uint64_t sectors = 0;
  std::uint32_t sector_bytes = 512;
  bool smart = false, host_protected_area = false, configuration_overlay = false, accessible_max = false;
  bool statistics = false;  // general purpose logging: percentage used may be asked
  std::vector<drivers::scout::EraseAbility> erase;
  std::optional<unsigned> secure_erase_minutes, enhanced_erase_minutes;
};
[[nodiscard]] std::optional<AtaIdentity> decode_ata_identity(core::ByteView page);

/// Fills in firmware, erase abilities, hidden capacity and health; what the disk does not tell stays as it
/// is.
void ask_ata(const AtaCommand& send, drivers::scout::Disk& disk);

}  // namespace colony::ramdisk
