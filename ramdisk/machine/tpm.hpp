#pragma once
// The TPM: its version from sysfs, its maker from the chip itself (TPM 2.0 Part 3, section 30.2), or from
// SMBIOS type 43.

#include <filesystem>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/scout/messages.hpp"
#include "ramdisk/machine/tree.hpp"

namespace colony::ramdisk {

/// TPM2_GetCapability for one fixed property, and its answer.
[[nodiscard]] core::Bytes tpm_property_request(std::uint32_t property);
[[nodiscard]] std::optional<std::uint32_t> decode_tpm_property(core::ByteView answer, std::uint32_t property);

using TpmCommand = std::function<std::optional<core::Bytes>(core::ByteView)>;
/// The device behind `path`; nullopt when it is absent or busy.
[[nodiscard]] std::optional<TpmCommand> open_tpm_device(const std::filesystem::path& path);

/// `firmware_says`: what SMBIOS tells, which fills in what the kernel does not.
[[nodiscard]] std::optional<drivers::scout::Tpm> describe_tpm(
    const Tree& sysfs, const std::optional<TpmCommand>& send,
    const std::optional<drivers::scout::Tpm>& firmware_says);

/// The four letters of a TPM vendor ID (TCG Vendor ID Registry), which are padded with blanks or zeroes.
[[nodiscard]] std::string tpm_vendor(std::uint32_t big_endian);

}  // namespace colony::ramdisk
