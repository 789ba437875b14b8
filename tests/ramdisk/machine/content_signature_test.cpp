#include "ramdisk/machine/content_signature.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::ramdisk;
using namespace std::string_view_literals;

namespace {

struct Image {
  core::Bytes bytes = core::Bytes(signature_bytes, 0);
  Image& put(std::size_t offset, std::string_view text) {
    std::ranges::copy(text, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return *this;
  }
  [[nodiscard]] std::string_view is() const { return content_signature(bytes); }
};

}  // namespace

TEST(ContentSignature, KnowsWhatDisksUsuallyCarry) {
  EXPECT_EQ(Image().put(0x200, "EFI PART").is(), "gpt");
  EXPECT_EQ(Image().put(0x1000, "EFI PART").is(), "gpt");
  EXPECT_EQ(Image().put(0, "LUKS\xba\xbe"sv).is(), "crypto_LUKS");
  EXPECT_EQ(Image().put(512, "LABELONE").put(536, "LVM2 001").is(), "LVM2_member");
  EXPECT_EQ(Image().put(0x1000, "\xfc\x4e\x2b\xa9"sv).is(), "linux_raid_member");
  EXPECT_EQ(Image().put(0, "XFSB").is(), "xfs");
  EXPECT_EQ(Image().put(0x10040, "_BHRfS_M").is(), "btrfs");
  EXPECT_EQ(Image().put(0x438, "\x53\xef"sv).is(), "ext2");
  EXPECT_EQ(Image().put(0x438, "\x53\xef"sv).put(0x45c, "\x04").is(), "ext3");
  EXPECT_EQ(Image().put(0x438, "\x53\xef"sv).put(0x45c, "\x04").put(0x460, "\x40").is(), "ext4");
  EXPECT_EQ(Image().put(0x20000 + 0x400, "\x0c\xb1\xba\x00\x00\x00\x00\x00"sv).is(), "zfs_member");
  EXPECT_EQ(Image().put(0xff6, "SWAPSPACE2").is(), "swap");
}

TEST(ContentSignature, AProtectiveMbrIsAGpt) {
  EXPECT_EQ(Image().put(450, "\xee").put(510, "\x55\xaa"sv).put(0x200, "EFI PART").is(), "gpt");
}

TEST(ContentSignature, ABootSectorWithPartitionsIsAnMbrWithoutIsData) {
  EXPECT_EQ(Image().put(450, "\x83").put(510, "\x55\xaa"sv).is(), "mbr");
  EXPECT_EQ(Image().put(510, "\x55\xaa"sv).is(), "data");
}

TEST(ContentSignature, ZeroesAreNothingAndTheRestIsData) {
  EXPECT_EQ(Image().is(), "");
  EXPECT_EQ(Image().put(signature_bytes - 1, "x").is(), "data");
}

TEST(ContentSignature, ShortInputsAreJudgedWithoutReadingPastThem) {
  const auto whole = Image().put(0x438, "\x53\xef"sv).bytes;
  for (const std::size_t size : {0UL, 1UL, 511UL, 512UL, 0x43aUL, 0x467UL}) {
    const core::Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(content_signature(part), "ext2");
  }
}
