// Server and client over loopback and unix sockets, real time, ports chosen by the kernel.
#include "core/http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/async/task_group.hpp"
#include "core/async/wakeup.hpp"
#include "core/http/client.hpp"
#include "core/http/link.hpp"
#include "core/net/privileged.hpp"

using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t big = 9 * 1024 * 1024 + 17;

FileBody big_file() {
  auto file = std::make_shared<FileDescriptor>(::memfd_create("big", MFD_CLOEXEC));
  std::string block(1024, '\0');
  for (std::uint64_t at = 0; at < big; at += block.size()) {
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>((at + i) % 251);
    const auto size = std::min<std::uint64_t>(block.size(), big - at);
    EXPECT_EQ(::write(file->get(), block.data(), size), static_cast<ssize_t>(size));
  }
  return FileBody{file, big};
}

class ServerTest : public ::testing::Test {
 public:
  void add_routes() {
    router.add(Method::get, "/hello", [](HttpRequest) -> Task<HttpResponse> {
      co_return text_response(Status::ok, "text/plain", "hello");
    });
    router.add(Method::post, "/echo", [](HttpRequest request) -> Task<HttpResponse> {
      co_return text_response(Status::ok, "text/plain", request.body);
    });
    router.add(Method::get, "/big", [this](HttpRequest) { return serve(*this, file); });
    router.add(Method::get, "/program", [this](HttpRequest) {
      return serve(*this,
                   SharedBody{std::make_shared<const std::string>(std::string(300'000, 'x') + "the end")});
    });
    router.add(Method::get, "/count", [](HttpRequest) -> Task<HttpResponse> {
      HttpResponse response;
      const auto next = std::make_shared<int>(0);
      response.body = StreamBody{[next] {
        return [](std::shared_ptr<int> n) -> Task<std::optional<std::string>> {
          if (++*n > 3) co_return std::nullopt;
          co_return std::to_string(*n);
        }(next);
      }};
      co_return response;
    });
    router.add(Method::get, "/throws", [](HttpRequest) -> Task<HttpResponse> {
      throw std::runtime_error("oops");
      co_return HttpResponse{};
    });
    router.add(Method::get, "/secret/{token}", [](HttpRequest) -> Task<HttpResponse> {
      throw std::runtime_error("oops");
      co_return HttpResponse{};
    });
    router.add(Method::get, "/turn", [this](HttpRequest) -> Task<HttpResponse> {
      if (++turns == 1) boost::asio::post(loop, [this] { turns_before_others = turns; });
      co_return text_response(Status::ok, "text/plain", "x");
    });
    router.add(Method::get, "/who", [](HttpRequest request) -> Task<HttpResponse> {
      const auto* peer = std::get_if<UnixPeer>(&request.peer);
      const auto address = request.peer_address();
      co_return text_response(Status::ok, "text/plain",
                              peer != nullptr ? "uid " + std::to_string(peer->uid) : address->to_string());
    });
  }

  static Task<HttpResponse> serve(ServerTest& self, Body body) {
    HttpResponse response;
    response.body = std::move(body);
    response.on_delivered = [&self](Delivery delivery) {
      return [](ServerTest& test, Delivery d) -> Task<> {
        test.deliveries.push_back(d);
        test.delivered.wake();
        co_return;
      }(self, delivery);
    };
    co_return response;
  }

  void start(ServerLimits limits = {}) {
    add_routes();
    server.emplace(timers, log, router, limits, "test");
    KernelSockets sockets;
    auto listener = sockets.listen({*Ipv4Address::parse("127.0.0.1"), 0, 128});
    ASSERT_TRUE(listener);
    port = *local_port(*listener);
    server->start(std::move(*listener));
  }

  void TearDown() override {
    if (!server) return;
    run([](ServerTest& t) -> Task<> { co_await t.server->stop(); });
  }

  /// Runs one coroutine to its end.
  void run(Task<> (*body)(ServerTest&)) {
    TaskGroup group(timers);
    group.spawn("test", body(*this));
    loop.restart();  // it may have run out of work before
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (group.size() != 0 && std::chrono::steady_clock::now() < give_up) loop.run_one_for(1s);
    ASSERT_EQ(group.size(), 0U);
  }

  Task<Result<ClientResponse>> ask(ClientRequest request) {
    Client client(timers, TcpEndpoint{*Ipv4Address::parse("127.0.0.1"), port, std::nullopt});
    co_return co_await client.exchange(std::move(request), timers.now() + 10s);
  }
  Task<ClientResponse> get(std::string target) {
    ClientRequest request;
    request.target = std::move(target);
    request.body_limit = 64 << 20;
    auto response = co_await ask(std::move(request));
    EXPECT_TRUE(response) << response.error().message;
    co_return response ? std::move(*response) : ClientResponse{};
  }

  /// Until so many deliveries were told, or ten seconds are over.
  Task<> wait_for_deliveries(std::size_t count) {
    const auto deadline = timers.now() + 10s;
    while (deliveries.size() < count) {
      if (!co_await delivered.wait_until(deadline)) co_return;
    }
  }

  /// Sends raw bytes, returns everything up to the end of the connection.
  Task<std::string> raw(std::string bytes) {
    FileDescriptor fd = connect_raw();
    auto link = make_plain_link(timers, std::move(fd));
    std::uint64_t sent = 0;
    static_cast<void>(
        co_await link->write(bytes, {no_stall_limit, timers.now() + 5s}, Link::Flush::now, sent));
    co_return co_await read_all(*link);
  }
  Task<std::string> read_all(Link& link) {
    std::string all;
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto got = co_await link.read_some(buffer, timers.now() + 5s);
      if (!got || *got == 0) co_return all;
      all.append(buffer.data(), *got);
    }
  }
  FileDescriptor connect_raw() const {
    FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(::fcntl(fd.get(), F_SETFL, O_NONBLOCK), 0);
    return fd;
  }

  boost::asio::io_context loop{1};
  SystemTimers timers{loop};
  Log log{LogLevel::debug, LogFormat::text,
          [this](LogLevel, std::string_view line) { log_lines.emplace_back(line); }};
  Router router;
  std::optional<Server> server;
  std::uint16_t port = 0;
  FileBody file = big_file();
  std::vector<Delivery> deliveries;
  Wakeup delivered{timers};
  std::vector<std::string> log_lines;
  unsigned turns = 0;
  unsigned turns_before_others = 0;
};

}  // namespace

TEST_F(ServerTest, AnswersAndEchoes) {
  start();
  run([](ServerTest& t) -> Task<> {
    EXPECT_EQ((co_await t.get("/hello")).body, "hello");
    ClientRequest post;
    post.method = Method::post;
    post.target = "/echo";
    post.body = std::string(60'000, 'x');
    EXPECT_EQ((co_await t.ask(post))->body, post.body);
    post.body += std::string(10'000, 'x');
    EXPECT_EQ((co_await t.ask(post))->status, Status::content_too_large);
    EXPECT_EQ((co_await t.get("/who")).body, "127.0.0.1");
  });
}

TEST_F(ServerTest, SendsAFileAndKnowsThatItArrived) {
  start();
  run([](ServerTest& t) -> Task<> {
    const auto whole = co_await t.get("/big");
    EXPECT_EQ(whole.body.size(), big);
    bool same = true;
    for (std::size_t i = 0; i < whole.body.size(); ++i) {
      same = same && whole.body[i] == static_cast<char>(i % 251);
    }
    EXPECT_TRUE(same);
    ClientRequest part;
    part.target = "/big";
    static_cast<void>(part.headers.add("Range", "bytes=100-199"));
    const auto range = co_await t.ask(std::move(part));
    EXPECT_EQ(range->status, Status::partial_content);
    EXPECT_EQ(range->body, whole.body.substr(100, 100));
    co_await t.wait_for_deliveries(2);
  });
  ASSERT_EQ(deliveries.size(), 2U);
  EXPECT_TRUE(deliveries[0].complete());
  EXPECT_EQ(deliveries[0].bytes, big);
  EXPECT_TRUE(deliveries[1].acknowledged);
  EXPECT_FALSE(deliveries[1].complete());
}

TEST_F(ServerTest, ACutDeliveryIsNotComplete) {
  start();
  run([](ServerTest& t) -> Task<> {
    {
      auto link = make_plain_link(t.timers, t.connect_raw());
      std::uint64_t sent = 0;
      static_cast<void>(
          co_await link->write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n", {}, Link::Flush::now, sent));
      std::array<char, 4096> buffer{};
      static_cast<void>(co_await link->read_some(buffer, t.timers.now() + 5s));
    }
    co_await t.wait_for_deliveries(1);
  });
  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_FALSE(deliveries[0].acknowledged);
  EXPECT_LT(deliveries[0].bytes, big);
}

namespace {

enum class Read : bool { something, everything };

/// Reads, acknowledges what it has, then resets the connection, as EDK2 does.
Task<> read_then_reset(ServerTest& t, std::string_view target, Read how_much) {
  FileDescriptor fd = t.connect_raw();
  const int raw = fd.get();
  auto link = make_plain_link(t.timers, std::move(fd));
  std::uint64_t sent = 0;
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target);
  static_cast<void>(co_await link->write(request, {}, Link::Flush::now, sent));
  std::array<char, 4096> buffer{};
  std::string all;
  do {
    const auto got = co_await link->read_some(buffer, t.timers.now() + 5s);
    if (!got || *got == 0) break;
    all.append(buffer.data(), *got);
  } while (how_much == Read::everything && !all.ends_with("the end"));
  const int on = 1;
  const linger reset{1, 0};
  EXPECT_EQ(::setsockopt(raw, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on), 0);
  EXPECT_EQ(::setsockopt(raw, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
}

}  // namespace

TEST_F(ServerTest, AResetAfterTheWholeBodyTakesNothingBack) {
  start();
  run([](ServerTest& t) -> Task<> {
    for (int i = 0; i < 20; ++i) co_await read_then_reset(t, "/program", Read::everything);
    co_await t.wait_for_deliveries(20);
  });
  ASSERT_EQ(deliveries.size(), 20U);
  for (const auto& delivery : deliveries) EXPECT_TRUE(delivery.complete());
}

TEST_F(ServerTest, AResetBeforeTheEndIsACutDelivery) {
  start();
  run([](ServerTest& t) -> Task<> {
    co_await read_then_reset(t, "/big", Read::something);
    co_await t.wait_for_deliveries(1);
  });
  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_FALSE(deliveries[0].complete());
}

TEST_F(ServerTest, StreamsInChunks) {
  start();
  run([](ServerTest& t) -> Task<> {
    EXPECT_EQ((co_await t.get("/count")).body, "123");
    const auto old = co_await t.raw("GET /count HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.ends_with("\r\n\r\n123")) << old;
  });
}

TEST_F(ServerTest, AHandlerThatThrowsCostsItsRequestOnly) {
  start();
  run([](ServerTest& t) -> Task<> {
    EXPECT_EQ((co_await t.get("/throws")).status, Status::internal_error);
    EXPECT_EQ((co_await t.get("/hello")).status, Status::ok);
  });
}

TEST_F(ServerTest, ThePathOfAFailedRequestStaysOutOfTheLog) {
  start();
  run([](ServerTest& t) -> Task<> {
    EXPECT_EQ((co_await t.get("/secret/the-token")).status, Status::internal_error);
  });
  ASSERT_FALSE(log_lines.empty());
  EXPECT_NE(log_lines.back().find("/secret/{token}"), std::string::npos) << log_lines.back();
  for (const auto& line : log_lines) EXPECT_EQ(line.find("the-token"), std::string::npos) << line;
}

TEST_F(ServerTest, PipelinedRequestsLeaveOthersTheirTurn) {
  start();
  run([](ServerTest& t) -> Task<> {
    std::string many;
    for (int i = 0; i < 200; ++i) many += "GET /turn HTTP/1.1\r\nHost: a\r\n\r\n";
    static_cast<void>(co_await t.raw(many + "GET /turn HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  });
  EXPECT_EQ(turns, 201U);
  EXPECT_LE(turns_before_others, 2U);
}

TEST_F(ServerTest, ATransferThatNeverPausesLeavesOthersTheirTurn) {
  run([](ServerTest& t) -> Task<> {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const FileDescriptor writer(ends[1]);
    EXPECT_EQ(::write(ends[1], std::string(1000, 'x').data(), 1000), 1000);
    auto link = make_plain_link(t.timers, FileDescriptor(ends[0]));
    unsigned read = 0;
    unsigned read_before_others = 0;
    boost::asio::post(t.loop, [&] { read_before_others = read; });
    std::array<char, 1> byte{};
    while (read < 1000) {
      EXPECT_TRUE(co_await link->read_some(byte, t.timers.now() + 5s));
      ++read;
    }
    EXPECT_LE(read_before_others, 8U);
    EXPECT_GT(read_before_others, 0U);
  });
}

TEST_F(ServerTest, ADeadlineHoldsWhileBytesAreThere) {
  run([](ServerTest& t) -> Task<> {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const FileDescriptor writer(ends[1]);
    EXPECT_EQ(::write(ends[1], "xy", 2), 2);
    auto link = make_plain_link(t.timers, FileDescriptor(ends[0]));
    std::array<char, 1> byte{};
    const BootTime deadline = t.timers.now() + 20ms;
    EXPECT_TRUE(co_await link->read_some(byte, deadline));
    co_await t.timers.sleep_until(deadline);
    const auto late = co_await link->read_some(byte, deadline);
    EXPECT_FALSE(late);
  });
}

TEST_F(ServerTest, EveryAnswerSaysWhatBecameOfIt) {
  start();
  run([](ServerTest& t) -> Task<> {
    ClientRequest beyond;
    beyond.target = "/program";
    static_cast<void>(beyond.headers.add("Range", "bytes=99999999-"));
    EXPECT_EQ((co_await t.ask(std::move(beyond)))->status, Status::range_not_satisfiable);
    ClientRequest head;
    head.method = Method::head;
    head.target = "/program";
    EXPECT_EQ((co_await t.ask(std::move(head)))->status, Status::ok);
    co_await t.wait_for_deliveries(2);
  });
  ASSERT_EQ(deliveries.size(), 2U);
  for (const auto& delivery : deliveries) {
    EXPECT_FALSE(delivery.complete());
    EXPECT_EQ(delivery.bytes, 0U);
  }
}

TEST_F(ServerTest, ServesRequestsOfOneConnectionInOrder) {
  start();
  run([](ServerTest& t) -> Task<> {
    const auto both = co_await t.raw(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto first = both.find("one");
    const auto second = both.find("hello");
    EXPECT_NE(first, std::string::npos);
    EXPECT_NE(second, std::string::npos);
    EXPECT_LT(first, second);
  });
}

TEST_F(ServerTest, RefusesBadRequestsAndCloses) {
  start();
  run([](ServerTest& t) -> Task<> {
    EXPECT_TRUE((co_await t.raw("GARBAGE\r\n\r\n")).starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE((co_await t.raw("GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n")).starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE((co_await t.raw("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")).starts_with("HTTP/1.1 501 "));
    EXPECT_TRUE((co_await t.raw("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(30'000, 'x') + "\r\n\r\n"))
                    .starts_with("HTTP/1.1 431 "));
    const auto smuggled = co_await t.raw(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(smuggled.starts_with("HTTP/1.1 400 ")) << smuggled;
    EXPECT_EQ(smuggled.find("hello"), std::string::npos);
    // The body of a request that nobody takes is not read as the next request.
    const auto lost = co_await t.raw(
        "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET /hello HTTP/1.1\r\nHost: "
        "a\r\n\r\n");
    EXPECT_TRUE(lost.starts_with("HTTP/1.1 404 ")) << lost;
    EXPECT_EQ(lost.find("hello"), std::string::npos);
  });
}

TEST_F(ServerTest, SlowHeadsAndIdleConnectionsAreClosed) {
  ServerLimits limits;
  limits.head_time = 40ms;
  limits.idle_time = 60ms;
  limits.linger_time = 10ms;
  start(limits);
  run([](ServerTest& t) -> Task<> {
    const BootTime begun = t.timers.now();
    EXPECT_EQ(co_await t.raw("GET / HT"), "");
    EXPECT_EQ(co_await t.raw(""), "");
    EXPECT_LT(t.timers.now() - begun, 5s);
  });
  EXPECT_EQ(server->counters().timeouts, 2U);
}

TEST_F(ServerTest, AReaderThatStallsIsCutOff) {
  ServerLimits limits;
  limits.stall_time = 50ms;
  limits.linger_time = 10ms;
  start(limits);
  run([](ServerTest& t) -> Task<> {
    auto link = make_plain_link(t.timers, t.connect_raw());
    std::uint64_t sent = 0;
    static_cast<void>(
        co_await link->write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n", {}, Link::Flush::now, sent));
    co_await t.wait_for_deliveries(1);
  });
  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_FALSE(deliveries[0].acknowledged);
}

TEST_F(ServerTest, AFullHouseSaysSo) {
  ServerLimits limits;
  limits.connections_per_peer = 1;
  start(limits);
  run([](ServerTest& t) -> Task<> {
    auto first = make_plain_link(t.timers, t.connect_raw());
    while (t.server->counters().open == 0) co_await t.timers.sleep_for(1ms);
    const auto answer = co_await t.raw("");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    EXPECT_NE(answer.find("Retry-After"), std::string::npos);
  });
  EXPECT_EQ(server->counters().refused, 1U);
}

TEST_F(ServerTest, WhoHasSaidNothingForLongestGivesWayInAFullHouse) {
  ServerLimits limits;
  limits.connections = 4;
  start(limits);
  run([](ServerTest& t) -> Task<> {
    std::vector<std::unique_ptr<Link>> silent;
    for (std::size_t i = 0; i < 4; ++i) {
      silent.push_back(make_plain_link(t.timers, t.connect_raw()));
      while (t.server->counters().open <= i) co_await t.timers.sleep_for(1ms);
    }
    // Half a head is no request either.
    std::uint64_t sent = 0;
    static_cast<void>(co_await silent[0]->write("GET /hel", {}, Link::Flush::now, sent));
    EXPECT_EQ((co_await t.get("/hello")).body, "hello");
    EXPECT_EQ(co_await t.read_all(*silent[0]), "") << "it came longest ago";
    while (t.server->counters().open > 3) co_await t.timers.sleep_for(1ms);
    // One that has asked meanwhile waits again from then on.
    static_cast<void>(
        co_await silent[1]->write("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", {}, Link::Flush::now, sent));
    std::array<char, 4096> buffer{};
    EXPECT_TRUE(co_await silent[1]->read_some(buffer, t.timers.now() + 5s));
    auto last = make_plain_link(t.timers, t.connect_raw());
    while (t.server->counters().open < 4) co_await t.timers.sleep_for(1ms);
    EXPECT_EQ((co_await t.get("/hello")).body, "hello");
    EXPECT_EQ(co_await t.read_all(*silent[2]), "");
    EXPECT_TRUE(
        co_await silent[1]->write("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", {}, Link::Flush::now, sent));
    EXPECT_GT((co_await silent[1]->read_some(buffer, t.timers.now() + 5s)).value_or(0), 0U);
  });
  EXPECT_EQ(server->counters().shown_out, 2U);
  EXPECT_EQ(server->counters().refused, 0U);
  EXPECT_LE(server->counters().open, limits.connections);
}

TEST_F(ServerTest, ARequestInHandGivesWayToNobody) {
  ServerLimits limits;
  limits.connections = 2;
  start(limits);
  run([](ServerTest& t) -> Task<> {
    std::vector<std::unique_ptr<Link>> busy;
    std::uint64_t sent = 0;
    for (int i = 0; i < 2; ++i) {
      busy.push_back(make_plain_link(t.timers, t.connect_raw()));
      static_cast<void>(co_await busy.back()->write(
          "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {}, Link::Flush::now, sent));
    }
    while (t.server->counters().requests < 2) co_await t.timers.sleep_for(1ms);
    const auto answer = co_await t.raw("");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    for (auto& link : busy) EXPECT_GT((co_await t.read_all(*link)).size(), big);
  });
  EXPECT_EQ(server->counters().shown_out, 0U);
}

TEST_F(ServerTest, StopsWhileRequestsAreUnderWay) {
  start();
  run([](ServerTest& t) -> Task<> {
    auto idle = make_plain_link(t.timers, t.connect_raw());
    auto busy = make_plain_link(t.timers, t.connect_raw());
    std::uint64_t sent = 0;
    static_cast<void>(
        co_await busy->write("GET /big HTTP/1.1\r\nHost: a\r\n\r\n", {}, Link::Flush::now, sent));
    while (t.server->counters().open < 2) co_await t.timers.sleep_for(1ms);
    co_await t.server->stop();
    EXPECT_EQ(t.server->counters().open, 0U);
  });
}

TEST_F(ServerTest, ClientNamesWhyItFailed) {
  start();
  run([](ServerTest& t) -> Task<> {
    Client nobody(t.timers, TcpEndpoint{*Ipv4Address::parse("127.0.0.1"), 1, std::nullopt});
    EXPECT_EQ((co_await nobody.exchange({}, t.timers.now() + 1s)).error().code, "http.connect");
    Client missing(t.timers, UnixEndpoint{"/nonexistent/socket"});
    const auto absent = co_await missing.exchange({}, t.timers.now() + 1s);
    EXPECT_EQ(absent.error().code, "http.connect");
    EXPECT_EQ(absent.error().message, "/nonexistent/socket: No such file or directory");
    Client file(t.timers, UnixEndpoint{"/proc/self/status"});
    const auto no_socket = co_await file.exchange({}, t.timers.now() + 1s);
    EXPECT_EQ(no_socket.error().code, "http.not_a_socket") << no_socket.error().message;
    ClientRequest bounded;
    bounded.target = "/big";
    bounded.body_limit = 1000;
    EXPECT_EQ((co_await t.ask(std::move(bounded))).error().code, "http.body_too_large");
    ClientRequest sinking;
    sinking.target = "/big";
    std::uint64_t taken = 0;
    sinking.sink = [&taken](std::string_view piece) -> Result<> {
      taken += piece.size();
      return {};
    };
    const auto sunk = co_await t.ask(std::move(sinking));
    EXPECT_TRUE(sunk);
    EXPECT_EQ(taken, big);
  });
}

TEST_F(ServerTest, ServesAUnixSocketWithCredentials) {
  start();
  const std::string path = ::testing::TempDir() + "colony-http-" + std::to_string(::getpid()) + ".sock";
  auto listener = UnixListener::open(path);
  ASSERT_TRUE(listener) << listener.error().message;
  struct stat there{};
  ASSERT_EQ(::stat(path.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0660U);
  server->start(listener->take());
  EXPECT_EQ(UnixListener::open(path).error().code, "http.socket_in_use");
  static std::string where;
  where = path;
  run([](ServerTest& t) -> Task<> {
    Client client(t.timers, UnixEndpoint{where});
    ClientRequest request;
    request.target = "/who";
    const auto response = co_await client.exchange(std::move(request), t.timers.now() + 5s);
    EXPECT_TRUE(response);
    EXPECT_EQ(response->body, "uid " + std::to_string(::getuid()));
    co_await t.server->stop();
  });
  // Nobody answers any more: a new one may take the place.
  auto again = UnixListener::open(path);
  EXPECT_TRUE(again);
}
