#include "pxe/artifacts/boot_programs.hpp"

#include <gtest/gtest.h>

#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::pxe;

TEST(BootPrograms, AreFoundByName) {
  const test::TemporaryDirectory directory;
  BootPrograms programs;
  ASSERT_TRUE(programs.load({"arm64.efi", directory.write("x", "MZ")}));
  ASSERT_TRUE(programs.find("arm64.efi"));
  EXPECT_EQ(*programs.find("arm64.efi"), "MZ");
  EXPECT_FALSE(programs.find("other"));
}

TEST(BootPrograms, NameWhatIsMissing) {
  BootPrograms programs;
  const auto missing = programs.load({"none.efi", "/usr/lib/ipxe/none.efi"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "nbp.missing");
  EXPECT_NE(missing.error().message.find("apt-get install ipxe"), std::string::npos);
  EXPECT_EQ(programs.load({"none.efi", "/nonexistent"}).error().message.find("apt-get"), std::string::npos);
}

TEST(BootPrograms, RefuseOddNamesAndSizes) {
  const test::TemporaryDirectory directory;
  BootPrograms programs;
  for (const auto* name : {"", ".hidden", "a/b", "a b", "a\n"}) {
    EXPECT_EQ(programs.load({name, directory.write("x", "MZ")}).error().code, "nbp.name") << name;
  }
  EXPECT_EQ(programs.load({"empty.efi", directory.write("empty", "")}).error().code, "nbp.size");
  EXPECT_EQ(programs.load({"folder.efi", directory.path()}).error().code, "nbp.size");
}
