#include "daemon/init/init.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/config/config.hpp"

using namespace colony::daemon;
using namespace colony::core;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

const std::string key = "cd-c1d1e981b67e_30204cc8faf061722004fe7641ed381b94eae5b5";

class OneInterface final : public InterfaceAddresses {
 public:
  Result<std::vector<InterfaceState>> interfaces() override { return states; }
  Result<> add(unsigned /*index*/, const Ipv4Network& /*address*/) override { return touched(); }
  Result<> remove(unsigned /*index*/, const Ipv4Network& /*address*/) override { return touched(); }
  std::vector<InterfaceState> states{{.name = "eth1",
                                      .index = 3,
                                      .mac = *MacAddress::parse("52:54:00:12:34:56"),
                                      .up = true,
                                      .carrier = true,
                                      .arp = true,
                                      .addresses = {*Ipv4Network::parse("10.1.1.2/24")}}};

 private:
  static Result<> touched() {
    ADD_FAILURE() << "init changes no address";
    return {};
  }
};

class Hosted final : public HostedRegistration {
 public:
  Result<Registered> register_agent(const HostedAccess& access, const Word& /*datacenter*/) override {
    ++registrations;
    if (!access.key.equals(key)) return fail(ErrorKind::unauthorized, "hosted.unauthorized", "no");
    return Registered{*Word::parse("agent-1"), registrations == 1};
  }
  Result<bool> greet(const HostedAccess& access, const Word& agent) override {
    ++greetings;
    if (!access.key.equals(key)) return fail(ErrorKind::unauthorized, "hosted.unauthorized", "no");
    return agent.text() == "agent-1" || agent.text() == "agent-7";
  }
  Result<bool> prove(const HostedAccess& access, const Word& agent) override { return greet(access, agent); }
  int registrations = 0;
  int greetings = 0;
};

class Service final : public ServiceControl {
 public:
  std::optional<FileOwner> service_user() override { return std::nullopt; }
  Result<Started> start(bool changed) override {
    starts.push_back(changed);
    return Started::started;
  }
  std::vector<bool> starts;
};

class Probe final : public AddressProbe {
 public:
  Result<Answer> ask(const InterfaceState& interface, Ipv4Address address) override {
    asked.push_back(interface.name + " " + address.to_string());
    return answer;
  }
  Answer answer;
  std::vector<std::string> asked;
};

class InitTest : public ::testing::Test {
 protected:
  InitTest() {
    std::string pattern = ::testing::TempDir() + "colony-init-XXXXXX";
    base_ = ::mkdtemp(pattern.data());
    request_.config_dir = base_ + "/etc-colony";
    request_.api_key = Secret(key);
    request_.data_center_id = "dc-1";
    request_.interface = "eth1";
    request_.address = "10.1.1.5/24";
    request_.api_url = "https://hosted.example.org";
  }
  ~InitTest() override { std::filesystem::remove_all(base_); }

  Result<> init() {
    steps_.clear();
    return run_init(request_, {interfaces_, probe_, hosted_, service_},
                    [this](const InitStep& step) { steps_.push_back(step); });
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    std::ifstream in(request_.config_dir + "/" + name);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::stat((request_.config_dir + "/" + name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }
  [[nodiscard]] std::string outcomes() const {
    std::string out;
    for (const auto& step : steps_) out += "DU-"[static_cast<int>(step.outcome)];
    return out;
  }

  std::string base_;
  InitRequest request_;
  OneInterface interfaces_;
  Probe probe_;
  Hosted hosted_;
  Service service_;
  std::vector<InitStep> steps_;
};

}  // namespace

TEST_F(InitTest, WritesAConfigurationThatTheDaemonReads) {
  const auto done = init();
  ASSERT_TRUE(done) << done.error().message;
  const auto config = load_config(request_.config_dir + "/colony.yaml");
  ASSERT_TRUE(config) << config.error().front().to_string();
  EXPECT_EQ(config->agent_id.text(), "agent-1");
  EXPECT_EQ(config->load_balancer.ip.to_string(), "10.1.1.5/24");
  EXPECT_EQ(config->hosted.url.text(), "https://hosted.example.org");
  EXPECT_EQ(config->hosted.api_key_file.text(), request_.config_dir + "/api-key");
  EXPECT_EQ(file("api-key"), key + "\n");
  EXPECT_EQ(mode("colony.yaml"), 0640U);
  EXPECT_EQ(mode("api-key"), 0600U);
  EXPECT_EQ(mode("store.key"), 0600U);
  EXPECT_EQ(mode(""), 0750U);
  EXPECT_THAT(file("colony.yaml"), Not(HasSubstr("30204cc8")));
  std::vector<std::string> names;
  for (const auto& step : steps_) {
    names.push_back(step.name);
    EXPECT_THAT(step.text, Not(HasSubstr("30204cc8")));
  }
  EXPECT_THAT(names,
              ElementsAre("API key", "interface", "address", "agent", "keys", "configuration", "service"));
}

TEST_F(InitTest, RunAgainItChangesNothing) {
  ASSERT_TRUE(init());
  const std::string config = file("colony.yaml");
  const std::string store_key = file("store.key");
  ASSERT_TRUE(init());
  EXPECT_EQ(file("colony.yaml"), config);
  EXPECT_EQ(file("store.key"), store_key);
  EXPECT_EQ(hosted_.registrations, 1);
  EXPECT_EQ(hosted_.greetings, 1);
  EXPECT_EQ(outcomes(), "DDDUUU-");
}

TEST_F(InitTest, KeepsTheOperatorsEditsToOtherKeys) {
  ASSERT_TRUE(init());
  std::ofstream(request_.config_dir + "/colony.yaml", std::ios::app)
      << "# 8080 is taken\nhttp: { port: 8081 }\n";
  request_.address = "10.1.1.6/24";
  ASSERT_TRUE(init());
  const std::string text = file("colony.yaml");
  EXPECT_THAT(text, HasSubstr("# 8080 is taken\nhttp: { port: 8081 }\n"));
  EXPECT_THAT(text, HasSubstr("10.1.1.6/24"));
  EXPECT_EQ(hosted_.registrations, 1);
}

TEST_F(InitTest, AnotherDatacenterIsRegisteredAnew) {
  ASSERT_TRUE(init());
  request_.data_center_id = "dc-2";
  ASSERT_TRUE(init());
  EXPECT_EQ(hosted_.registrations, 2);
}

TEST_F(InitTest, AGivenAgentIdIsCheckedInsteadOfRegistered) {
  request_.agent_id = "agent-7";
  ASSERT_TRUE(init());
  EXPECT_EQ(hosted_.registrations, 0);
  EXPECT_THAT(file("colony.yaml"), HasSubstr("agent_id: agent-7"));
}

TEST_F(InitTest, AWrongKeyWritesNothing) {
  request_.api_key = Secret("cd-000000000000_0000000000000000000000000000000000000000");
  const auto done = init();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::unauthorized);
  EXPECT_FALSE(std::filesystem::exists(request_.config_dir));
}

TEST_F(InitTest, WrongFlagsAreNamedBeforeAnythingIsAsked) {
  const auto refused = [this](auto change, const char* text) {
    InitRequest saved{request_.api_key.clone(), request_.data_center_id, request_.interface,
                      request_.address,         request_.api_url,        request_.agent_id,
                      request_.ca_file,         request_.config_dir,     request_.start};
    change(request_);
    const auto done = init();
    EXPECT_FALSE(done);
    if (!done) {
      EXPECT_THAT(done.error().message, HasSubstr(text));
    }
    request_ = std::move(saved);
  };
  refused([](InitRequest& r) { r.data_center_id = ""; }, "--data-center-id: is empty");
  refused([](InitRequest& r) { r.data_center_id = "two words"; }, "--data-center-id: 'two words'");
  refused([](InitRequest& r) { r.interface = "eth9"; }, "there is no interface eth9; this machine has: eth1");
  refused([](InitRequest& r) { r.address = "10.1.1"; },
          "--load-balancer-ip: '10.1.1'; accepted: A.B.C.D/PREFIX");
  refused([](InitRequest& r) { r.address = "10.1.1.0/24"; }, "cannot be the address of a host");
  refused([](InitRequest& r) { r.address = "10.9.9.5"; }, "give its prefix too");
  refused([](InitRequest& r) { r.api_url = "http://hosted.example.org"; }, "--api-url");
  refused([](InitRequest& r) { r.ca_file = "/nonexistent.pem"; },
          "--ca-file: /nonexistent.pem: No such file");
  refused([](InitRequest& r) { r.config_dir = "relative"; }, "--config-dir");
  refused([](InitRequest& r) { r.api_key = Secret(""); }, "sudo -E");
  EXPECT_EQ(hosted_.registrations, 0);
  EXPECT_FALSE(std::filesystem::exists(request_.config_dir));
}

TEST_F(InitTest, AConfigurationWithFaultsIsLeftAlone) {
  std::filesystem::create_directory(request_.config_dir);
  std::ofstream(request_.config_dir + "/colony.yaml") << "htpp: {}\n";
  const auto done = init();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "init.config");
  EXPECT_THAT(done.error().message, HasSubstr("--check"));
  EXPECT_EQ(file("colony.yaml"), "htpp: {}\n");
}

TEST_F(InitTest, OutsideTheUnitsDirectoryItSaysHowToStart) {
  ASSERT_TRUE(init());
  EXPECT_TRUE(service_.starts.empty());
  EXPECT_THAT(steps_.back().text, HasSubstr("colonyd --config " + request_.config_dir + "/colony.yaml"));
}

TEST_F(InitTest, AnAddressThatAnotherMachineHasIsRefusedBeforeAnythingIsWritten) {
  probe_.answer.other = MacAddress::parse("02:00:00:00:00:99");
  const auto done = init();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "address.conflict");
  EXPECT_THAT(done.error().message, HasSubstr("02:00:00:00:00:99"));
  EXPECT_THAT(probe_.asked, ElementsAre("eth1 10.1.1.5"));
  EXPECT_EQ(hosted_.registrations, 0);
  EXPECT_FALSE(std::filesystem::exists(request_.config_dir));
}

TEST_F(InitTest, AnAddressThatTheServiceHoldsIsNotAskedFor) {
  interfaces_.states[0].addresses.push_back(*Ipv4Network::parse("10.1.1.5/24"));
  probe_.answer.other = MacAddress::parse("02:00:00:00:00:99");
  ASSERT_TRUE(init());
  EXPECT_TRUE(probe_.asked.empty());
}

TEST_F(InitTest, SaysWhyNobodyWasAskedForTheAddress) {
  probe_.answer.not_asked = "that needs root";
  ASSERT_TRUE(init());
  EXPECT_EQ(steps_[2].outcome, InitStep::Outcome::note);
  EXPECT_THAT(steps_[2].text, HasSubstr("was not probed: that needs root"));
}

TEST_F(InitTest, AnInterfaceWithoutNeighboursIsRefusedAndWhatIsAcceptedIsNamed) {
  const auto expect_refused = [this] {
    const auto done = init();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "init.interface");
    EXPECT_THAT(done.error().message, HasSubstr("eth1"));
    EXPECT_THAT(done.error().message, HasSubstr("accepted: an Ethernet interface"));
    EXPECT_FALSE(std::filesystem::exists(request_.config_dir));
  };
  interfaces_.states[0].arp = false;  // a loopback
  expect_refused();
  interfaces_.states[0].arp = true;
  interfaces_.states[0].mac = MacAddress();  // a tunnel
  expect_refused();
}

TEST_F(InitTest, NamesWhatIsLeftToTheOperator) {
  ASSERT_TRUE(init());
  EXPECT_EQ(steps_.back().next, "colonyd --config " + request_.config_dir + "/colony.yaml");
}
