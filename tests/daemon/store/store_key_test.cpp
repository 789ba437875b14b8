#include "daemon/store/store_key.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;

TEST(StoreKey, IsMadeOncePrivate) {
  const TemporaryDirectory directory;
  const KeyPlace place{directory.file("store.key"), ""};
  const auto made = load_store_key(place, MissingKey::create);
  ASSERT_TRUE(made);
  struct stat status{};
  ASSERT_EQ(::stat(place.file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto again = load_store_key(place, MissingKey::refuse);
  ASSERT_TRUE(again);
  EXPECT_TRUE(made->equals(again->reveal()));
  EXPECT_FALSE(std::filesystem::exists(place.file + ".new"));
}

TEST(StoreKey, IsNotMadeForADatabaseThatNeedsTheOldOne) {
  const TemporaryDirectory directory;
  EXPECT_EQ(load_store_key({directory.file("store.key"), ""}, MissingKey::refuse).error().code,
            "store.key_missing");
}

TEST(StoreKey, IsRefusedWhenOthersCanReadIt) {
  const TemporaryDirectory directory;
  const KeyPlace place{directory.file("store.key"), ""};
  ASSERT_TRUE(load_store_key(place, MissingKey::create));
  ASSERT_EQ(::chmod(place.file.c_str(), 0640), 0);
  EXPECT_EQ(load_store_key(place, MissingKey::refuse).error().code, "store.key_rights");
}

TEST(StoreKey, IsRefusedInAnyOtherForm) {
  const TemporaryDirectory directory;
  const KeyPlace place{directory.file("store.key"), ""};
  const std::string digits(64, 'a');
  for (const std::string& text :
       {std::string(), digits.substr(1), digits + "a", digits + "\n\n", "g" + digits.substr(1)}) {
    write_bytes(place.file, text);
    ASSERT_EQ(::chmod(place.file.c_str(), 0600), 0);
    EXPECT_EQ(load_store_key(place, MissingKey::create).error().code, "store.key_form") << text.size();
  }
}

TEST(StoreKey, ComesFromSystemdsCredentialFirst) {
  const TemporaryDirectory directory;
  write_bytes(directory.file("store-key"), std::string(64, 'b'));
  const auto key = load_store_key({directory.file("store.key"), directory.path()}, MissingKey::refuse);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->reveal(), std::string(32, static_cast<char>(0xbb)));
}
