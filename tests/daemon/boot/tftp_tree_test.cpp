#include "daemon/boot/tftp_tree.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::daemon;
using ::testing::ElementsAre;

namespace {

namespace fs = std::filesystem;

struct Bench {
  test::TemporaryDirectory room;
  std::string tree = room.file("tftp");
  std::string site = room.file("site");
  TreeFiles files{{"snponly.efi", std::make_shared<const std::string>("efi program")},
                  {"undionly.kpxe", std::make_shared<const std::string>("bios program")}};

  Bench() { fs::create_directories(site + "/pxelinux.cfg"); }
  void write(const std::string& path, std::string_view text) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(tree + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) {
      if (entry.is_regular_file()) out.insert(entry.path().lexically_relative(tree).string());
    }
    return out;
  }
  [[nodiscard]] mode_t mode(const std::string& name) const {
    struct stat about{};
    EXPECT_EQ(::stat((tree + "/" + name).c_str(), &about), 0);
    return about.st_mode & 07777;
  }
};

}  // namespace

TEST(TftpTree, HoldsTheBootProgramsAndTheSitesFilesForEverybodyToRead) {
  Bench bench;
  bench.write(bench.site + "/memtest", "memory test");
  bench.write(bench.site + "/pxelinux.cfg/default", "label x");
  bench.write(bench.site + "/snponly.efi", "the site's, which does not count");
  const mode_t before = ::umask(0077);  // colonyd's
  const auto report = export_tree(bench.tree, bench.files, bench.site);
  ::umask(before);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->files, 4U);
  EXPECT_EQ(report->written, 4U);
  EXPECT_THAT(bench.names(), ElementsAre("memtest", "pxelinux.cfg/default", "snponly.efi", "undionly.kpxe"));
  EXPECT_EQ(bench.read("snponly.efi"), "efi program");
  EXPECT_EQ(bench.read("pxelinux.cfg/default"), "label x");
  EXPECT_EQ(bench.mode("memtest"), 0644U);
  EXPECT_EQ(bench.mode("pxelinux.cfg"), 0755U);
  EXPECT_EQ(bench.mode(""), 0755U);
}

TEST(TftpTree, WritesOnlyWhatChangedAndRemovesWhatIsNoLongerWanted) {
  Bench bench;
  bench.write(bench.site + "/memtest", "memory test");
  bench.write(bench.site + "/pxelinux.cfg/default", "label x");
  ASSERT_TRUE(export_tree(bench.tree, bench.files, bench.site));
  ASSERT_TRUE(put_in_tree(bench.tree, ".probe", "left over by a crash"));
  bench.write(bench.tree + "/memtest.colony-new", "half a file of a crash");
  EXPECT_EQ(export_tree(bench.tree, bench.files, bench.site)->written, 0U);
  EXPECT_EQ(bench.names().count(".probe") + bench.names().count("memtest.colony-new"), 0U);

  bench.write(bench.site + "/memtest", "a newer memory test");
  fs::remove_all(bench.site + "/pxelinux.cfg");
  bench.files.erase("undionly.kpxe");
  const auto report = export_tree(bench.tree, bench.files, bench.site);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->written, 1U);
  EXPECT_THAT(bench.names(), ElementsAre("memtest", "snponly.efi"));
  EXPECT_FALSE(fs::exists(bench.tree + "/pxelinux.cfg"));
  EXPECT_EQ(bench.read("memtest"), "a newer memory test");
}

TEST(TftpTree, AReaderOfTheOldFileKeepsIt) {
  Bench bench;
  ASSERT_TRUE(export_tree(bench.tree, bench.files, ""));
  std::ifstream open_before(bench.tree + "/snponly.efi");
  bench.files["snponly.efi"] = std::make_shared<const std::string>("another one altogether");
  ASSERT_TRUE(export_tree(bench.tree, bench.files, ""));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(open_before), {}), "efi program");
  EXPECT_EQ(bench.read("snponly.efi"), "another one altogether");
}

TEST(TftpTree, AnythingThatIsInTheWayIsReplaced) {
  Bench bench;
  ASSERT_TRUE(export_tree(bench.tree, bench.files, ""));
  bench.write(bench.tree + "/snponly.efi", "EFI PROGRAM");  // as long, other bytes
  fs::remove(bench.tree + "/undionly.kpxe");
  fs::create_symlink("/etc/passwd", bench.tree + "/undionly.kpxe");
  EXPECT_EQ(export_tree(bench.tree, bench.files, "")->written, 2U);
  EXPECT_EQ(bench.read("snponly.efi"), "efi program");
  EXPECT_FALSE(fs::is_symlink(bench.tree + "/undionly.kpxe"));
}

TEST(TftpTree, LinksOutOfTheSitesRootAreLeftOut) {
  Bench bench;
  bench.write(bench.room.file("secret"), "not for the network");
  bench.write(bench.site + "/real", "for the network");
  fs::create_symlink(bench.room.file("secret"), bench.site + "/absolute");
  fs::create_symlink("../secret", bench.site + "/up");
  fs::create_symlink("real", bench.site + "/alias");
  fs::create_directory_symlink(bench.room.path(), bench.site + "/folder");
  ASSERT_EQ(::mkfifo((bench.site + "/fifo").c_str(), 0600), 0);
  ASSERT_TRUE(export_tree(bench.tree, {}, bench.site));
  EXPECT_THAT(bench.names(), ElementsAre("alias", "real"));
  EXPECT_EQ(bench.read("alias"), "for the network");
}

TEST(TftpTree, ASiteWithoutBoundIsRefused) {
  Bench bench;
  for (const char* name : {"a", "b", "c"}) bench.write(bench.site + "/" + name, "four");
  const auto many = export_tree(bench.tree, {}, bench.site, {.files = 2});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, "tree.too_large");
  EXPECT_FALSE(export_tree(bench.tree, {}, bench.site, {.bytes = 11}));
  EXPECT_TRUE(export_tree(bench.tree, {}, bench.site, {.files = 3, .bytes = 12}));
}

TEST(TftpTree, AMissingRootIsNamed) {
  Bench bench;
  const auto report = export_tree(bench.tree, bench.files, "/nonexistent");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "files.root");
}
