#include "pxe/http/site_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::pxe;

TEST(SiteFiles, StayBeneathTheirRoot) {
  const test::TemporaryDirectory directory;
  static_cast<void>(directory.write("secret", "secret"));
  std::filesystem::create_directories(directory.file("root/sub"));
  static_cast<void>(directory.write("root/sub/a.txt", "hello"));
  ASSERT_EQ(::symlink("sub/a.txt", directory.file("root/inside").c_str()), 0);
  ASSERT_EQ(::symlink("../secret", directory.file("root/outside").c_str()), 0);
  ASSERT_EQ(::symlink("/etc/passwd", directory.file("root/absolute").c_str()), 0);
  ASSERT_EQ(::mkfifo(directory.file("root/fifo").c_str(), 0600), 0);

  const auto files = SiteFiles::open(directory.file("root"));
  ASSERT_TRUE(files);
  const auto found = files->find("sub/a.txt");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size, 5U);
  EXPECT_TRUE(found->etag.starts_with('"'));
  EXPECT_TRUE(files->find("inside"));
  for (const auto* path : {"outside", "absolute", "../secret", "/etc/passwd", "sub", "sub/", "", "nothing",
                           "fifo", "sub/a.txt/x"}) {
    const auto refused = files->find(path);
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().code, "files.missing");
  }
}

TEST(SiteFiles, NeedADirectory) {
  EXPECT_EQ(SiteFiles::open("/nonexistent").error().code, "files.root");
}
