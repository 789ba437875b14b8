#pragma once
// What a SCSI disk tells about its health: the Informational Exceptions log page (SPC-4 section 7.3.8). Only
// commands that read. Pure; the device is reached through `send` (disk_device.hpp).

#include <cstdint>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"

namespace colony::ramdisk {

/// A command of so many bytes and as much of an answer as came; nullopt when it was refused.
using ScsiCommand = std::function<std::optional<core::Bytes>(core::ByteView command, std::size_t read_bytes)>;

[[nodiscard]] std::optional<drivers::scout::DiskHealth> decode_scsi_exceptions(core::ByteView page);

/// Fills in health and the SANITIZE services that the disk reports (SPC-4 section 6.35).
void ask_scsi(const ScsiCommand& send, drivers::scout::Disk& disk);

}  // namespace colony::ramdisk
