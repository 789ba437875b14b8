#pragma once
// What an NVMe disk tells about itself: identify controller and namespace, SMART log (NVM Express base
// specification 2.0). Only commands that read. Pure; the device is reached through `send` (disk_device.hpp).

#include <cstdint>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

struct NvmeRequest {
  std::uint8_t opcode = 0;
  std::uint32_t namespace_id = 0;
  std::uint32_t cdw10 = 0;
  std::uint32_t read_bytes = 0;
};

/// The data that came back, `read_bytes` of it; nullopt when the controller refused.
using NvmeCommand = std::function<std::optional<core::Bytes>(const NvmeRequest&)>;

/// Identify Controller (figure 275).
struct NvmeController {
  std::string firmware;
  std::uint64_t unallocated_bytes = 0;
  std::vector<drivers::scout::EraseAbility> erase;
};
[[nodiscard]] std::optional<NvmeController> decode_nvme_controller(core::ByteView page);
/// SMART / Health Information (figure 207).
[[nodiscard]] std::optional<drivers::scout::DiskHealth> decode_nvme_health(core::ByteView log);

/// Fills in firmware, erase abilities, hidden capacity and health; what the disk does not tell stays as it
/// is.
void ask_nvme(const NvmeCommand& send, drivers::scout::Disk& disk);

}  // namespace colony::ramdisk
