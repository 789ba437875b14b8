#include "daemon/boot/tftp_files.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::daemon;

namespace {

struct Bench {
  test::TemporaryDirectory room;
  TftpFiles files{[] {
    pxe::tftp::BootFiles own;
    own.add("snponly.efi", std::make_shared<const std::string>("our program"));
    return own;
  }()};

  Bench() {
    std::filesystem::create_directories(room.file("site/pxelinux.cfg"));
    EXPECT_TRUE(files.open_site(room.file("site")));
  }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(room.file(name), std::ios::binary | std::ios::trunc) << text;
  }
  [[nodiscard]] std::string find(std::string_view name) {
    const auto bytes = files.find({.name = name, .client = {}, .mac = {}});
    return bytes ? *bytes : "(none)";
  }
};

}  // namespace

TEST(TftpFiles, OurOwnGoFirstThenTheSites) {
  Bench bench;
  bench.write("site/snponly.efi", "the site's");
  bench.write("site/pxelinux.cfg/default", "label x");
  bench.write("site/empty", "");
  EXPECT_EQ(bench.find("snponly.efi"), "our program");
  EXPECT_EQ(bench.find("pxelinux.cfg/default"), "label x");
  EXPECT_EQ(bench.find("empty"), "");
  EXPECT_EQ(bench.find("missing"), "(none)");
  EXPECT_EQ(bench.find("pxelinux.cfg"), "(none)");
}

TEST(TftpFiles, AChangedFileIsServedAsItIsNow) {
  Bench bench;
  bench.write("site/memtest", "old");
  EXPECT_EQ(bench.find("memtest"), "old");
  const auto first = bench.files.find({.name = "memtest", .client = {}, .mac = {}});
  EXPECT_EQ(bench.files.find({.name = "memtest", .client = {}, .mac = {}}), first) << "unchanged: read once";
  bench.write("site/memtest", "newer");
  EXPECT_EQ(bench.find("memtest"), "newer");
  EXPECT_EQ(*first, "old") << "a transfer under way keeps what it began with";
}

TEST(TftpFiles, NothingOutsideTheRootIsServed) {
  Bench bench;
  bench.write("secret", "not for the network");
  std::filesystem::create_symlink(bench.room.file("secret"), bench.room.file("site/absolute"));
  std::filesystem::create_symlink("../secret", bench.room.file("site/up"));
  for (const char* name : {"absolute", "up", "../secret", "pxelinux.cfg/../../secret", "/etc/passwd"}) {
    EXPECT_EQ(bench.find(name), "(none)") << name;
  }
}

TEST(TftpFiles, ALongFileIsNotForTftp) {
  Bench bench;
  bench.write("site/initrd", "");
  std::filesystem::resize_file(bench.room.file("site/initrd"), TftpFiles::longest_file + 1);
  EXPECT_EQ(bench.find("initrd"), "(none)");
  std::filesystem::resize_file(bench.room.file("site/initrd"), TftpFiles::longest_file);
  EXPECT_EQ(bench.find("initrd").size(), TftpFiles::longest_file);
}

TEST(TftpFiles, AMissingRootIsNamed) {
  TftpFiles files{pxe::tftp::BootFiles{}};
  const auto opened = files.open_site("/nonexistent");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "files.root");
}
