#pragma once
// What a disk carries, judged by its first bytes, so that a person sees what an erase would take.

#include <string_view>

#include "core/bytes.hpp"

namespace colony::ramdisk {

/// As much as the furthest signature needs (ZFS's first uberblocks).
inline constexpr std::size_t signature_bytes = 256 << 10;

/// A name of blkid's ("ext4", "LVM2_member", "gpt"), "data" for anything else that is not zero, "" for
/// zeroes.
[[nodiscard]] std::string_view content_signature(core::ByteView first_bytes);

}  // namespace colony::ramdisk
