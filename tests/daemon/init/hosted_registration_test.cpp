// CurlRegistration against a socket that answers one request.

#include "daemon/init/hosted_registration.hpp"

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace colony::daemon;
using colony::core::Secret;
using ::testing::HasSubstr;

namespace {

class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    url = *ApiUrl::parse("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    thread_ = std::thread([this, text = std::move(answer)] { serve(text); });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  /// What the client had sent.
  std::string request() {
    thread_.join();
    return request_;
  }
  ApiUrl url;

 private:
  void serve(const std::string& answer) {
    const int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 4096> buffer{};
    // Every body here ends with '}'.
    while (!request_.ends_with("}")) {
      const ssize_t count = ::recv(client, buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      request_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    (void)::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(client);
  }

  int fd_;
  std::string request_;
  std::thread thread_;
};

const Secret key("cd-secret");
const Word datacenter = *Word::parse("dc-1");

}  // namespace

TEST(CurlRegistration, SendsWhatIsDocumented) {
  OneAnswer hosted("HTTP/1.1 201 Created\r\nContent-Length: 25\r\n\r\n{\"data\":{\"id\":\"agent-1\"}}");
  CurlRegistration registration;
  const auto registered = registration.register_agent({hosted.url, FilePath(), key}, datacenter);
  ASSERT_TRUE(registered) << registered.error().message;
  EXPECT_EQ(registered->agent_id.text(), "agent-1");
  const std::string request = hosted.request();
  EXPECT_THAT(request, HasSubstr("POST /api/v1/agents HTTP/1.1"));
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer cd-secret\r\n"));
  EXPECT_THAT(request, HasSubstr(R"({"datacenter_id":"dc-1","state":{"status":"initializing"}})"));
}

TEST(CurlRegistration, GreetsAKnownAgent) {
  OneAnswer hosted("HTTP/1.1 204 No Content\r\n\r\n");
  CurlRegistration registration;
  const auto known = registration.greet({hosted.url, FilePath(), key}, *Word::parse("a/b"));
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_TRUE(*known);
  EXPECT_THAT(hosted.request(), HasSubstr("PATCH /api/v1/agents/a%2Fb/heartbeat HTTP/1.1"));
}

TEST(CurlRegistration, DoesNotCarryTheKeyToAnotherPlace) {
  OneAnswer hosted("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
  CurlRegistration registration;
  const auto registered = registration.register_agent({hosted.url, FilePath(), key}, datacenter);
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, "hosted.refused");
}

TEST(CurlRegistration, TakesNoEndlessBody) {
  OneAnswer hosted("HTTP/1.1 200 OK\r\n\r\n" + std::string(200 * 1024, 'x'));
  CurlRegistration registration;
  const auto registered = registration.register_agent({hosted.url, FilePath(), key}, datacenter);
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, "http.body_too_large");
}

TEST(CurlRegistration, NobodyThereIsNamed) {
  std::string url;
  {
    OneAnswer gone("");
    url = gone.url.text();
    // Connect once, so that its thread ends.
    CurlRegistration registration;
    (void)registration.register_agent({gone.url, FilePath(), key}, datacenter);
  }
  CurlRegistration registration;
  const auto registered = registration.register_agent({*ApiUrl::parse(url), FilePath(), key}, datacenter);
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, "http.connect");
  EXPECT_THAT(registered.error().message, ::testing::Not(HasSubstr("cd-secret")));
}

TEST(CurlRegistration, AnAuthorityFileThatIsNoneIsNamed) {
  CurlRegistration registration;
  const auto registered = registration.register_agent(
      {*ApiUrl::parse("https://127.0.0.1:1"), *FilePath::parse("/dev/null"), key}, datacenter);
  ASSERT_FALSE(registered);
  EXPECT_THAT(registered.error().code, ::testing::AnyOf("hosted.tls", "http.connect"));
}

class ProxyFault : public ::testing::TestWithParam<const char*> {};

TEST_P(ProxyFault, IsNamedWithoutItsPassword) {
  ::setenv("https_proxy", GetParam(), 1);
  CurlRegistration registration;
  const auto registered =
      registration.register_agent({*ApiUrl::parse("https://colony.invalid"), FilePath(), key}, datacenter);
  ::unsetenv("https_proxy");
  ASSERT_FALSE(registered);
  EXPECT_EQ(registered.error().code, "hosted.proxy");
  EXPECT_EQ(registered.error().kind, colony::core::ErrorKind::unreachable) << "exit code 3";
  EXPECT_THAT(registered.error().message, HasSubstr("https_proxy"));
  EXPECT_THAT(registered.error().message, ::testing::Not(HasSubstr("proxy-secret")));
}

INSTANTIATE_TEST_SUITE_P(
    CurlRegistration, ProxyFault,
    ::testing::Values(
        "http://user:proxy-secret@", "gopher://user:proxy-secret@127.0.0.1:1",
        "http://user:proxy-secret@a-label-of-more-than-sixty-three-characters-is-not-a-name-that-"
        "any-server-knows.invalid:1",
        "user:proxy-secret@a-label-of-more-than-sixty-three-characters-is-not-a-name-that-any-"
        "server-knows.invalid:1"));
