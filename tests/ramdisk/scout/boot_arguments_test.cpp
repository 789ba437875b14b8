#include "ramdisk/scout/boot_arguments.hpp"

#include <gtest/gtest.h>

using namespace colony::ramdisk;

TEST(BootArguments, AreTakenFromTheCommandLine) {
  const auto arguments = parse_boot_arguments(
      "console=ttyS0 colony.url=http://10.1.1.5:8080 colony.token=t0k3n colony.mac=52:54:00:12:34:56\n");
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->url, "http://10.1.1.5:8080");
  EXPECT_EQ(arguments->token.reveal(), "t0k3n");
  EXPECT_EQ(arguments->boot_mac->to_string(), "52:54:00:12:34:56");
}

TEST(BootArguments, BootifNamesTheMacWhereNothingBetterDoes) {
  const auto arguments = parse_boot_arguments("colony.url=u colony.token=t BOOTIF=01-52-54-00-12-34-56");
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->boot_mac->to_string(), "52:54:00:12:34:56");
}

TEST(BootArguments, TheLastOfAKindCounts) {
  EXPECT_EQ(parse_boot_arguments("colony.url=a colony.token=t colony.url=b")->url, "b");
}

TEST(BootArguments, WithoutUrlOrTokenThereIsNothingToDo) {
  EXPECT_FALSE(parse_boot_arguments(""));
  EXPECT_FALSE(parse_boot_arguments("colony.url=a"));
  EXPECT_FALSE(parse_boot_arguments("colony.token=a"));
  EXPECT_EQ(parse_boot_arguments("colony.url=a xcolony.token=b").error().code, "scout.arguments");
}

TEST(BootArguments, ABadMacIsNone) {
  EXPECT_FALSE(parse_boot_arguments("colony.url=u colony.token=t colony.mac=ff:ff:ff:ff:ff:ff")->boot_mac);
}
