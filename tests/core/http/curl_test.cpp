// curl as a foreign client against the real server: what it makes of ranges, HEAD, keep-alive, limits, TLS.
#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/http/server.hpp"
#include "core/net/privileged.hpp"
#include "core/sha256.hpp"
#include "tests/temporary_directory.hpp"

extern char** environ;

using namespace colony;
using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

struct Ran {
  int status = -1;
  std::string output;
};

class CurlTest : public ::testing::Test {
 public:
  void SetUp() override {
    if (::access("/usr/bin/curl", X_OK) != 0) GTEST_SKIP() << "curl is not installed";
    content = std::string(3'000'001, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
    auto file = std::make_shared<FileDescriptor>(
        ::open(directory.write("big", content).c_str(), O_RDONLY | O_CLOEXEC));
    const std::uint64_t size = content.size();
    router.add(Method::get, "/big",
               [file, size](HttpRequest) -> Task<HttpResponse> { return big(file, size); });
    router.add(Method::post, "/echo",
               [](HttpRequest request) -> Task<HttpResponse> {
                 co_return text_response(Status::ok, "text/plain", std::move(request.body));
               },
               {.body_limit = 2 << 20});
    ServerLimits limits;
    limits.head_time = 100ms;
    limits.linger_time = 50ms;
    server.emplace(timers, log, router, limits, "test");
  }
  void TearDown() override {
    if (!server) return;
    bool stopped = false;
    const auto stop = [](Server& s, bool& done) -> Task<> {
      co_await s.stop();
      done = true;
    };
    TaskGroup group(timers);
    group.spawn("stop", stop(*server, stopped));
    loop.restart();
    while (!stopped) loop.run_one_for(1s);
  }

  static Task<HttpResponse> big(std::shared_ptr<FileDescriptor> file, std::uint64_t size) {
    HttpResponse response;
    static_cast<void>(response.headers.add("ETag", "\"v1\""));
    response.body = FileBody{file, size};
    co_return response;
  }

  void listen() {
    KernelSockets sockets;
    auto listener = sockets.listen({*Ipv4Address::parse("127.0.0.1"), 0, 16});
    ASSERT_TRUE(listener);
    port = std::to_string(*local_port(*listener));
    server->start(std::move(*listener));
  }

  /// Runs a program while the server's loop goes on.
  Ran run(std::vector<std::string> words) {
    const std::string output = directory.file("output");
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    EXPECT_EQ(::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    loop.restart();
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      loop.run_one_for(2ms);
      if (std::chrono::steady_clock::now() > give_up) ::kill(child, SIGKILL);
    }
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, directory.read("output")};
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return scheme + "://127.0.0.1:" + port + path;
  }
  /// Goes on until something is so.
  template <class Condition>
  [[nodiscard]] bool until(Condition is_so) {
    loop.restart();
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!is_so() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(2ms);
    return is_so();
  }
  [[nodiscard]] FileDescriptor connect() const {
    FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return fd;
  }
  /// Serves over TLS from now on; nothing where openssl is not installed.
  [[nodiscard]] std::optional<TlsServerConfig> use_tls() {
    if (::access("/usr/bin/openssl", X_OK) != 0) return std::nullopt;
    TlsServerConfig files{directory.file("cert.pem"), directory.file("key.pem")};
    EXPECT_EQ(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-keyout", files.key_file, "-out", files.cert_file, "-days", "2", "-subj",
                   "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-batch"})
                  .status,
              0);
    EXPECT_TRUE(server->use_tls(files));
    scheme = "https";
    listen();
    return files;
  }
  Ran curl(std::vector<std::string> words) {
    words.insert(words.begin(), {"curl", "-sS", "--max-time", "20"});
    return run(std::move(words));
  }

  boost::asio::io_context loop{1};
  SystemTimers timers{loop};
  std::string lines;
  Log log{LogLevel::info, LogFormat::text,
          [this](LogLevel, std::string_view line) { lines.append(line).append("\n"); }};
  Router router;
  std::optional<Server> server;
  test::TemporaryDirectory directory;
  std::string content, port, scheme = "http";
};

}  // namespace

TEST_F(CurlTest, GetsAFileWholeAndInRanges) {
  listen();
  EXPECT_EQ(curl({url("/big")}).output, content);
  EXPECT_EQ(curl({"-r", "100-199", url("/big")}).output, content.substr(100, 100));
  EXPECT_EQ(curl({"-r", "-5", url("/big")}).output, content.substr(content.size() - 5));
  EXPECT_EQ(curl({"-r", "2999990-", url("/big")}).output, content.substr(2'999'990));
  EXPECT_EQ(curl({"-r", "9999999-", "-w", "%{http_code}", url("/big")}).output, "416");
  // curl goes on where a cut download ended.
  const std::string part = directory.write("part", content.substr(0, 1'000'000));
  EXPECT_EQ(curl({"-C", "-", "-o", part, url("/big")}).status, 0);
  EXPECT_EQ(sha256(directory.read("part")), sha256(content));
}

TEST_F(CurlTest, HeadKeepAliveAndConditions) {
  listen();
  const auto head = curl({"-I", url("/big")});
  EXPECT_NE(head.output.find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  EXPECT_NE(head.output.find("Content-Length: 3000001\r\n"), std::string::npos);
  const auto twice = curl({"-o", directory.file("a"), url("/big"), "-o", directory.file("b"), url("/big"),
                           "-w", "%{num_connects} "});
  EXPECT_EQ(twice.output, "1 0 ");
  EXPECT_EQ(curl({"-H", "If-None-Match: \"v1\"", "-w", "%{http_code}", url("/big")}).output, "304");
  EXPECT_EQ(curl({"--http1.0", url("/big")}).output, content);
}

TEST_F(CurlTest, PostsWithAndWithoutExpectationAndChunked) {
  listen();
  const std::string body(1'500'000, 'x');
  const std::string file = "@" + directory.write("body", body);
  EXPECT_EQ(curl({"--data-binary", file, url("/echo")}).output, body);  // curl asks 100-continue above 1 MB
  EXPECT_EQ(curl({"-H", "Transfer-Encoding: chunked", "--data-binary", file, url("/echo")}).output, body);
  const std::string big = "@" + directory.write("body", std::string(3 << 20, 'x'));
  EXPECT_EQ(
      curl({"--data-binary", big, "-o", directory.file("a"), "-w", "%{http_code}", url("/echo")}).output,
      "413");
}

TEST_F(CurlTest, BadRequestsAreAnsweredAndClosed) {
  listen();
  const auto code = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"-w", "\n%{http_code}"});
    const auto output = curl(std::move(words)).output;
    return output.substr(output.rfind('\n') + 1);
  };
  EXPECT_EQ(code({url("/nothing")}), "404");
  EXPECT_EQ(code({"-X", "DELETE", url("/big")}), "405");
  EXPECT_EQ(code({"-X", "BREW", url("/big")}), "501");
  EXPECT_EQ(code({"--path-as-is", url("/files/../etc/passwd")}), "400");
  EXPECT_EQ(code({"-H", "X: " + std::string(20'000, 'x'), url("/big")}), "431");
  EXPECT_EQ(code({"-H", "Content-Length: 3", "-H", "Transfer-Encoding: chunked", "-d", "abc", url("/echo")}),
            "400");
}

TEST_F(CurlTest, ASlowLorisIsCutOff) {
  listen();
  const auto begun = std::chrono::steady_clock::now();
  const auto loris = run({"bash", "-c",
                          "exec 3<>/dev/tcp/127.0.0.1/" + port +
                              "; printf 'GET /big HTTP/1.1\\r\\nX: ' >&3; cat <&3; echo closed"});
  EXPECT_EQ(loris.output, "closed\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(server->counters().timeouts, 1U);
}

TEST_F(CurlTest, VerifiesOurCertificate) {
  const auto files = use_tls();
  if (!files) GTEST_SKIP() << "openssl is not installed";
  const auto& [cert, key] = *files;
  EXPECT_EQ(curl({"--cacert", cert, url("/big")}).output, content);
  EXPECT_EQ(curl({url("/big")}).status, 60);  // CURLE_PEER_FAILED_VERIFICATION
  EXPECT_NE(curl({"--tls-max", "1.1", "-k", url("/big")}).status, 0);
  EXPECT_EQ(server->use_tls({"/nonexistent", key}).error().code, "http.tls_certificate");
  EXPECT_EQ(server->use_tls({cert, "/nonexistent"}).error().code, "http.tls_key");
}

TEST_F(CurlTest, AnAddressBeginsSoManyHandshakesAndHoldsUpNobodyElse) {
  ServerLimits limits;
  limits.handshakes.rate = {3, 1h};
  server.emplace(timers, log, router, limits, "test");
  if (!use_tls()) GTEST_SKIP() << "openssl is not installed";
  // One connection that stays open; others beside it, from its address and from another.
  const auto ran = run({"bash", "-c", R"(exec 2> /dev/null
    coproc OPEN { openssl s_client -quiet -connect 127.0.0.1:$0; }
    echo_of() { # what the open connection answers
      printf 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s\n' $((${#1} + 1)) "$1" >&"${OPEN[1]}"
      while IFS= read -r -t 20 line <&"${OPEN[0]}"; do [ "$line" != "$1" ] || { echo "$line"; break; }; done
    }
    beside() { curl -sk -m 20 -o /dev/null -w '%{http_code}\n' "$@" "https://127.0.0.1:$port/nothing"; }
    port=$0
    echo_of one
    for _ in 1 2 3 4; do beside; done
    beside --interface 127.0.0.2
    echo_of two
    kill "$OPEN_PID")",
                        port});
  EXPECT_EQ(ran.output, "one\n404\n404\n000\n000\n404\ntwo\n");
  EXPECT_EQ(server->counters().handshakes, 4U);
  EXPECT_EQ(server->counters().handshakes_refused, 2U);
  const auto line = lines.find("http.handshakes_refused");
  ASSERT_NE(line, std::string::npos) << lines;
  EXPECT_EQ(lines.find("http.handshakes_refused", line + 1), std::string::npos) << "one line, not one each";
  EXPECT_NE(lines.find("peer=127.0.0.1 why=\"too often\""), std::string::npos) << lines;
}

TEST_F(CurlTest, AHandshakeThatDoesNotEndIsCutOffAndTakesItsPlaceMeanwhile) {
  ServerLimits limits;
  limits.handshakes.longest = 100ms;
  limits.handshakes.under_way_of_peer = 1;
  limits.connections = 1;
  server.emplace(timers, log, router, limits, "test");
  if (!use_tls()) GTEST_SKIP() << "openssl is not installed";
  const auto& counters = server->counters();
  const FileDescriptor half = connect();
  ASSERT_EQ(::send(half.get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);  // of a ClientHello
  const FileDescriptor another = connect();                           // both wait before the server looks
  ASSERT_TRUE(until([&] { return counters.handshakes_refused == 1; }));
  EXPECT_EQ(counters.shown_out, 0U) << "nobody gives way for one who is not let in";
  EXPECT_EQ(counters.handshakes, 1U);
  EXPECT_TRUE(until([&] { return counters.handshakes_failed == 1; }));
  EXPECT_TRUE(until([&] { return counters.open == 0; }));
  char byte{};
  EXPECT_LE(::recv(half.get(), &byte, 1, 0), 0) << "closed";
  const FileDescriptor after = connect();
  EXPECT_TRUE(until([&] { return counters.handshakes == 2; })) << "its place is free again";
}
