#include "daemon/config/files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/config/config.hpp"

using namespace colony::daemon;
using ::testing::HasSubstr;

namespace {

/// A directory of its own, gone at the end.
class SecretFile : public ::testing::Test {
 protected:
  SecretFile() {
    std::string pattern = ::testing::TempDir() + "colony-files-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/api-key";
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ::unsetenv("COLONY_API_KEY");
  }
  ~SecretFile() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& text, mode_t mode) const {
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  std::string directory_, path_;
};

}  // namespace

TEST_F(SecretFile, IsReadWithoutItsNewline) {
  write("cd-secret\n", 0600);
  const auto key = ApiKeySource().read(path_);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(key->equals("cd-secret"));
}

TEST_F(SecretFile, ThatOthersCanReadIsRefusedWithTheCure) {
  write("cd-secret\n", 0640);
  const auto key = ApiKeySource().read(path_);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, "secret.permissions");
  EXPECT_THAT(key.error().message, HasSubstr("chmod 0600"));
  EXPECT_THAT(key.error().message, ::testing::Not(HasSubstr("cd-secret")));
}

TEST_F(SecretFile, OfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  write("cd-secret\n", 0600);
  ASSERT_EQ(::chown(path_.c_str(), 4242, 4242), 0);
  const auto key = ApiKeySource().read(path_);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, "secret.permissions");
}

TEST_F(SecretFile, EmptyMissingOversizedOrOddIsNamed) {
  EXPECT_EQ(ApiKeySource().read(path_).error().code, "secret.missing");
  EXPECT_THAT(ApiKeySource().read(path_).error().message, HasSubstr("COLONY_API_KEY"));
  write("\n", 0600);
  EXPECT_EQ(ApiKeySource().read(path_).error().code, "secret.empty");
  write(std::string(5000, 'x'), 0600);
  EXPECT_EQ(ApiKeySource().read(path_).error().code, "secret.file");
  EXPECT_EQ(ApiKeySource().read(directory_).error().code, "secret.file");
}

TEST_F(SecretFile, TheVariableComesFirstAndIsTakenOutOfTheEnvironment) {
  write("from-file\n", 0600);
  ::setenv("COLONY_API_KEY", "from-variable", 1);
  const auto key = ApiKeySource().read(path_);
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->equals("from-variable"));
  EXPECT_EQ(std::getenv("COLONY_API_KEY"), nullptr);
}

TEST_F(SecretFile, TheVariableStillComesFirstWhenTheKeyIsReadAgain) {
  write("from-file\n", 0600);
  ::setenv("COLONY_API_KEY", "from-variable", 1);
  ApiKeySource source;
  for (int i = 0; i < 2; ++i) {
    const auto key = source.read(path_);
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->equals("from-variable")) << i;
  }
}

TEST_F(SecretFile, TheSystemdCredentialComesBeforeAll) {
  write("from-credential\n", 0440);
  ::setenv("CREDENTIALS_DIRECTORY", directory_.c_str(), 1);
  ::setenv("COLONY_API_KEY", "from-variable", 1);
  const auto key = ApiKeySource().read("/nonexistent");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_TRUE(key->equals("from-credential"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
  ::unsetenv("COLONY_API_KEY");
}

TEST_F(SecretFile, AMissingConfigurationIsOneFault) {
  const auto config = load_config(directory_ + "/none.yaml");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error().front().to_string(),
            directory_ +
                "/none.yaml: no such file; accepted: a readable colony.yaml; create it with `colony init`");
}

TEST(StoreKey, IsBesideTheConfiguration) {
  EXPECT_EQ(store_key_beside("/etc/colony/colony.yaml"), "/etc/colony/store.key");
  EXPECT_EQ(store_key_beside("colony.yaml"), "store.key");
}
