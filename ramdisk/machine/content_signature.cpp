#include "ramdisk/machine/content_signature.hpp"

#include <algorithm>
#include <array>

namespace colony::ramdisk {

using core::ByteView;

namespace {

struct Magic {
  std::string_view name;
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;

// What owns the whole disk comes before partition tables, these before file systems: a boot sector may hold a
// partition table and a file system at once. Offsets from each format's own documentation.
constexpr std::array whole_disk_magics{
    Magic{"crypto_LUKS", 0, "LUKS\xba\xbe"sv},
    Magic{"linux_raid_member", 0, "\xfc\x4e\x2b\xa9"sv},       // version 1.1
    Magic{"linux_raid_member", 0x1000, "\xfc\x4e\x2b\xa9"sv},  // version 1.2
    Magic{"gpt", 0x200, "EFI PART"sv},
    Magic{"gpt", 0x1000, "EFI PART"sv},  // 4096-byte blocks
    Magic{"xfs", 0, "XFSB"sv},
    Magic{"btrfs", 0x10040, "_BHRfS_M"sv},
    Magic{"swap", 0xff6, "SWAPSPACE2"sv},
    Magic{"iso9660", 0x8001, "CD001"sv},
    Magic{"ntfs", 3, "NTFS    "sv},
    Magic{"vfat", 82, "FAT32   "sv},
    Magic{"vfat", 54, "FAT16   "sv},
};

bool has(ByteView bytes, std::size_t offset, std::string_view magic) {
  return offset + magic.size() <= bytes.size() && core::as_text(bytes.subspan(offset, magic.size())) == magic;
}

bool is_lvm(ByteView bytes) {
  for (std::size_t sector = 0; sector < 4; ++sector) {
    if (has(bytes, sector * 512, "LABELONE") && has(bytes, sector * 512 + 24, "LVM2 001")) return true;
  }
  return false;
}

bool is_zfs(ByteView bytes) {
  for (std::size_t at = 0x20000; at < 0x40000; at += 0x400) {
    if (has(bytes, at, "\x0c\xb1\xba\x00\x00\x00\x00\x00"sv) ||
        has(bytes, at, "\x00\x00\x00\x00\x00\xba\xb1\x0c"sv)) {
      return true;
    }
  }
  return false;
}

/// The superblock at 1024: magic at 0x38, compatible features at 0x5c, incompatible ones at 0x60.
std::string_view ext_version(ByteView bytes) {
  if (bytes.size() < 0x468 || !has(bytes, 0x438, "\x53\xef"sv)) return {};
  constexpr core::Byte has_journal = 0x04, extents = 0x40;
  if ((bytes[0x460] & extents) != 0) return "ext4";
  return (bytes[0x45c] & has_journal) != 0 ? "ext3" : "ext2";
}

/// A boot sector with at least one partition entry of a type.
bool is_mbr(ByteView bytes) {
  if (!has(bytes, 510, "\x55\xaa"sv)) return false;
  for (std::size_t entry = 446; entry < 510; entry += 16) {
    if (bytes[entry + 4] != 0) return true;
  }
  return false;
}

}  // namespace

std::string_view content_signature(ByteView bytes) {
  if (is_lvm(bytes)) return "LVM2_member";
  for (const Magic& magic : whole_disk_magics) {
    if (has(bytes, magic.offset, magic.bytes)) return magic.name;
  }
  if (const auto ext = ext_version(bytes); !ext.empty()) return ext;
  if (is_zfs(bytes)) return "zfs_member";
  if (is_mbr(bytes)) return "mbr";
  const bool zero = std::ranges::all_of(bytes, [](core::Byte byte) { return byte == 0; });
  return zero ? "" : "data";
}

}  // namespace colony::ramdisk
