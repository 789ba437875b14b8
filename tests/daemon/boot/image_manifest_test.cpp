#include "daemon/boot/image_manifest.hpp"

#include <gtest/gtest.h>

using namespace colony;
using namespace colony::daemon;

namespace {

// As ramdisk/build-image writes it.
constexpr std::string_view golden = R"({
  "kernel": {"file": "scout-kernel", "sha256": "26f2e57c99338feaf71c46fa4babdc7e1a6c115943002d109fdb746667104f5f", "bytes": 8247232},
  "initramfs": {"file": "scout-initramfs", "sha256": "d71522b5151476bfd5457630493760ef483c66ad98519da7f6e7416b7778d10c", "bytes": 23009564},
  "kernel_version": "6.1.0-56-amd64",
  "architecture": "amd64",
  "arguments": ["console=tty0", "console=ttyS0,115200"]
})";

std::string with(std::string_view from, std::string_view to) {
  std::string text(golden);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST(ImageManifest, SaysWhatTheFilesAreAndWhatTheKernelIsTold) {
  const auto manifest = decode_image_manifest(golden);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->kernel.name, "scout-kernel");
  EXPECT_EQ(manifest->kernel.digest.to_string(),
            "26f2e57c99338feaf71c46fa4babdc7e1a6c115943002d109fdb746667104f5f");
  EXPECT_EQ(manifest->initramfs.name, "scout-initramfs");
  EXPECT_EQ(manifest->machine, workflows::Machine::x86_64);
  EXPECT_EQ(manifest->arguments, (std::vector<std::string>{"console=tty0", "console=ttyS0,115200"}));
}

TEST(ImageManifest, IsRefusedWhenCutAnywhere) {
  for (std::size_t size = 0; size < golden.size(); ++size) {
    EXPECT_FALSE(decode_image_manifest(golden.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_image_manifest(std::string(golden) + "x"));
}

TEST(ImageManifest, NamesTheMemberThatIsWrong) {
  const std::pair<std::string, std::string_view> faults[] = {
      {with("\"scout-kernel\"", "\"../scout-kernel\""), "kernel"},
      {with("26f2", "26f"), "kernel"},
      {with("\"initramfs\"", "\"initrd\""), "initramfs"},
      {with("\"amd64\"", "\"sparc\""), "architecture"},
      {with("\"console=tty0\"", "7"), "arguments"},
      {with("\"arguments\"", "\"argument\""), "arguments"},
  };
  for (const auto& [text, member] : faults) {
    const auto manifest = decode_image_manifest(text);
    ASSERT_FALSE(manifest) << member;
    EXPECT_EQ(manifest.error().code, "image.manifest");
    EXPECT_NE(manifest.error().message.find(member), std::string::npos) << manifest.error().message;
  }
}
