// A key from each place that it may come from, with each thing that usually goes wrong.

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/config/files.hpp"
#include "daemon/init/api_key_form.hpp"

using namespace colony::daemon;

namespace {

const std::string good = "cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5";

enum class Place : std::uint8_t { file, variable, credential };

class KeySources : public ::testing::Test {
 protected:
  KeySources() {
    std::string pattern = ::testing::TempDir() + "colony-key-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~KeySources() override {
    ::unsetenv("COLONY_API_KEY");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove_all(directory_);
  }
  /// The fault's code; "ok", or "note" for an unknown form.
  std::string verdict(Place place, const std::string& text) {
    ::unsetenv("COLONY_API_KEY");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    std::filesystem::remove(directory_ + "/api-key");
    if (place == Place::variable) {
      ::setenv("COLONY_API_KEY", text.c_str(), 1);
    } else {
      std::ofstream(directory_ + "/api-key") << text;
      // systemd.exec(5): a credential's mode is systemd's own business.
      ::chmod((directory_ + "/api-key").c_str(), place == Place::file ? 0600 : 0440);
    }
    if (place == Place::credential) ::setenv("CREDENTIALS_DIRECTORY", directory_.c_str(), 1);
    const auto key = ApiKeySource().read(place == Place::file ? directory_ + "/api-key" : "/nonexistent");
    if (!key) return key.error().code;
    const auto form = check_api_key_form(key->reveal());
    if (!form) return form.error().code;
    return form->empty() ? "ok" : "note";
  }

  std::string directory_;
};

}  // namespace

TEST_F(KeySources, EachFaultIsNamedWhereverTheKeyComesFrom) {
  struct Row {
    std::string text;
    const char* verdict;
  };
  const Row table[] = {
      {good, "ok"},
      {" " + good, "key.blanks"},
      {good + " ", "key.blanks"},
      {good + "\t", "key.blanks"},
      {good.substr(0, 20) + " " + good.substr(20), "key.blanks"},
      {good + "\n\n", "key.newline"},
      {good + "\n" + good, "key.newline"},
      {"\n" + good, "key.newline"},
      {good.substr(0, 16), "key.truncated"},
      {good.substr(0, 55), "key.truncated"},
      {"\xef\xbb\xbf" + good, "key.characters"},  // a byte order mark of an editor
      {good + "\xc2\xa0", "key.characters"},
      {"\"" + good + "\"", "note"},
      {"col_4f2a", "note"},
      {std::string(600, 'k'), "key.too_long"},
  };
  for (const auto place : {Place::file, Place::variable, Place::credential}) {
    for (const auto& row : table) {
      EXPECT_EQ(verdict(place, row.text), row.verdict) << static_cast<int>(place) << " " << row.text;
    }
  }
  EXPECT_EQ(verdict(Place::file, good + "\n"), "ok") << "as every editor ends a file";
  EXPECT_EQ(verdict(Place::file, good + "\r\n"), "ok");
  EXPECT_EQ(verdict(Place::credential, good + "\n"), "ok");
  EXPECT_EQ(verdict(Place::variable, good + "\n"), "key.newline");
}
