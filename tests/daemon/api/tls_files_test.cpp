#include "daemon/api/tls_files.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/temporary_directory.hpp"

using namespace colony;
using colony::daemon::api::check_tls_files;
using colony::test::TemporaryDirectory;

namespace {

struct Files {
  TemporaryDirectory directory;
  std::string certificate = directory.path() + "/tls.pem";
  std::string key = directory.path() + "/tls.key";

  /// openssl writes a pair that is valid from now on for 30 days.
  void make(const std::string& cert, const std::string& secret) const {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=x "
        "-keyout " +
        secret + " -out " + cert + " 2> /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
  }
  [[nodiscard]] std::string code() const {
    const auto checked = check_tls_files(certificate, key, core::system_utc_time());
    return checked ? *checked : checked.error().code;
  }
};

}  // namespace

TEST(TlsFiles, AreNamedWhenSomethingIsWrongWithThem) {
  const Files files;
  EXPECT_EQ(files.code(), "api.tls_file");
  files.make(files.certificate, files.key);
  EXPECT_EQ(files.code(), "");
  ASSERT_EQ(::chmod(files.key.c_str(), 0644), 0);
  EXPECT_EQ(files.code(), "api.tls_key_rights");
  files.make(files.directory.path() + "/other.pem", files.key);
  EXPECT_EQ(files.code(), "http.tls_key") << "of another certificate";
  std::ofstream(files.certificate) << "no certificate\n";
  EXPECT_EQ(files.code(), "http.tls_certificate");
}

TEST(TlsFiles, AKeyWithAPassphraseIsNamedAndNotAskedFor) {
  const Files files;
  files.make(files.certificate, files.key);
  const std::string locked = files.directory.path() + "/locked.key";
  const std::string command =
      "openssl pkey -aes256 -passout pass:secret -in " + files.key + " -out " + locked;
  ASSERT_EQ(std::system(command.c_str()), 0);
  ASSERT_EQ(::chmod(locked.c_str(), 0600), 0);
  const auto checked = check_tls_files(files.certificate, locked, core::system_utc_time());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "http.tls_key");
  EXPECT_NE(checked.error().message.find("encrypted key"), std::string::npos) << checked.error().message;
}

TEST(TlsFiles, ACertificateThatIsOverIsNoted) {
  const Files files;
  files.make(files.certificate, files.key);
  const auto later = core::system_utc_time() + std::chrono::days(31);
  EXPECT_NE(check_tls_files(files.certificate, files.key, later)->find("was valid until"), std::string::npos);
  const auto earlier = core::system_utc_time() - std::chrono::days(1);
  EXPECT_NE(check_tls_files(files.certificate, files.key, earlier)->find("is valid from"), std::string::npos);
}
