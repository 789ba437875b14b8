#include "daemon/init/rotate_key.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace colony::daemon;
using namespace colony::core;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const std::string old_key = "cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5";
const std::string new_key = "cd-c1d1e981b67e_9999999999999999999999999999999999999999";

/// Knows both keys, and one of another datacenter.
class Hosted final : public HostedRegistration {
 public:
  Result<Registered> register_agent(const HostedAccess&, const Word&) override {
    return fail(ErrorKind::internal, "test", "nothing is registered");
  }
  Result<bool> greet(const HostedAccess&, const Word&) override {
    return fail(ErrorKind::internal, "test", "its state is not touched");
  }
  Result<bool> prove(const HostedAccess& access, const Word& agent) override {
    asked.push_back(agent.text());
    if (before_answer) before_answer();
    if (access.key.equals("col_elsewhere")) return false;
    if (access.key.equals(new_key) || access.key.equals(old_key)) return true;
    return fail(ErrorKind::unauthorized, "hosted.unauthorized", "the API key was not accepted");
  }
  std::vector<std::string> asked;
  std::function<void()> before_answer;
};

class RotateKey : public ::testing::Test {
 protected:
  RotateKey() {
    std::string pattern = ::testing::TempDir() + "colony-rotate-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    write("colony.yaml",
          "datacenter_id: dc-1\nagent_id: agent-1\n"
          "load_balancer: { interface: eth1, ip: 10.1.1.5/24 }\nhosted: { api_key_file: " +
              directory_ + "/api-key }\n");
    write("api-key", old_key + "\n");
    ::chmod((directory_ + "/api-key").c_str(), 0600);
  }
  ~RotateKey() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ + "/" + name) << text;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ifstream in(directory_ + "/" + name);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::stat((directory_ + "/" + name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }
  Result<KeyRotation> rotate(const std::string& key) {
    return rotate_key(Secret(key), directory_, hosted_,
                      [this](const InitStep& step) { said_ += step.name + ": " + step.text + "\n"; });
  }
  /// The code of the refusal, after which everything is as it was.
  std::string refused(const std::string& key) {
    const auto done = rotate(key);
    EXPECT_EQ(file("api-key"), old_key + "\n");
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/api-key.old"));
    if (done) return "done";
    EXPECT_THAT(done.error().message, Not(HasSubstr("30204cc8")));
    return done.error().code;
  }

  std::string directory_, said_;
  Hosted hosted_;
};

}  // namespace

TEST_F(RotateKey, ProvesTheNewKeyBeforeTheOldOneIsTouched) {
  hosted_.before_answer = [this] { EXPECT_EQ(file("api-key"), old_key + "\n"); };
  const auto done = rotate(new_key);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(hosted_.asked, ::testing::ElementsAre("agent-1"));
  EXPECT_EQ(file("api-key"), new_key + "\n");
  EXPECT_EQ(file("api-key.old"), old_key + "\n") << "until the daemon uses the new one";
  EXPECT_EQ(mode("api-key"), 0600U);
  EXPECT_EQ(mode("api-key.old"), 0600U);
  EXPECT_TRUE(forget_old_key(*done));
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/api-key.old"));
  EXPECT_TRUE(forget_old_key(*done)) << "gone is gone";
  EXPECT_THAT(said_, Not(HasSubstr("99999999")));
}

TEST_F(RotateKey, NamesWhatIsWrongWithAKeyAndChangesNothing) {
  const std::pair<std::string, std::string> table[] = {
      {"", "key.empty"},
      {" " + new_key, "key.blanks"},
      {new_key + "\n", "key.newline"},
      {new_key.substr(0, 30), "key.truncated"},
      {new_key + "\xc2\xa0", "key.characters"},
      {std::string(600, 'a'), "key.too_long"},
      {"cd-c1d1e981b67e_0000000000000000000000000000000000000000", "hosted.unauthorized"},  // revoked
      {"col_elsewhere", "hosted.other_datacenter"},
  };
  for (const auto& [key, code] : table) EXPECT_EQ(refused(key), code) << key;
  EXPECT_EQ(hosted_.asked.size(), 2U) << "what is no key is not sent anywhere";
}

TEST_F(RotateKey, TakesAKeyOfAnUnknownFormWithANote) {
  EXPECT_EQ(refused("col_4f2a"), "hosted.unauthorized");
  EXPECT_THAT(said_, HasSubstr("the hosted side decides"));
}

TEST_F(RotateKey, TheSameKeyIsProvedAndLeftAlone) {
  const auto done = rotate(old_key);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->old_file, "");
  EXPECT_THAT(said_, HasSubstr("holds it already"));
}

TEST_F(RotateKey, AMissingOldKeyIsNoHindrance) {
  std::filesystem::remove(directory_ + "/api-key");
  ASSERT_TRUE(rotate(new_key));
  EXPECT_EQ(file("api-key"), new_key + "\n");
}

TEST_F(RotateKey, WithoutAHostedSideThereIsNothingToRotate) {
  write("colony.yaml", "load_balancer: { interface: eth1, ip: 10.1.1.5/24 }\nhosted: { enabled: false }\n");
  EXPECT_EQ(refused(new_key), "init.config");
  std::filesystem::remove(directory_ + "/colony.yaml");
  EXPECT_EQ(refused(new_key), "init.config");
}
