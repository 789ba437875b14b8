// The link's own HTTP shell and then the whole link, over real sockets and TLS on loopback, against the
// stand-in. Certificates are made here, for this run.

#include "daemon/hosted/curl_exchange.hpp"

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "core/async/task_group.hpp"
#include "core/http/server.hpp"
#include "daemon/hosted/hosted_link.hpp"
#include "hw-sim/hosted/hosted_server.hpp"
#include "tests/daemon/hosted/certificates.hpp"
#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using core::Json;
using core::Task;
namespace store = colony::daemon::store;
namespace row = colony::daemon::store::test;

namespace {

core::FileDescriptor loopback_listener() {
  core::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) std::abort();
  if (::listen(socket.get(), 16) != 0) std::abort();
  return socket;
}

class NamingSink final : public OperationSink {
 public:
  std::vector<std::string> taken;
  Task<core::Result<std::string>> submit(Operation operation) override {
    taken.push_back(operation.id);
    co_return "workflow";
  }
};

enum class Wire : bool { plain, tls };

struct Bench {
  row::TemporaryDirectory directory;
  boost::asio::io_context loop{1};
  core::SystemTimers timers{loop};
  core::TaskGroup group{timers};
  core::SystemRandom random;
  core::Log log = core::Log::silent();
  hw_sim::HostedModel model{{.key = "api-key"}, random, {}};
  hw_sim::HostedServer hosted{timers, model, ""};
  core::http::Server server{timers, log, hosted.router(), {}, "hosted"};
  std::string url;
  std::string key = "api-key";

  explicit Bench(Wire wire, const char* certified = "127.0.0.1") {
    if (wire == Wire::tls) {
      test::make_certificate({.path = directory.file("server"), .address = certified});
      test::make_certificate({.path = directory.file("stranger"), .address = certified});
      if (!server.use_tls({directory.file("server.crt"), directory.file("server.key")})) std::abort();
    }
    auto listener = loopback_listener();
    const auto port = core::http::local_port(listener);
    url = (wire == Wire::tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port);
    server.start(std::move(listener));
  }

  /// Until `done`, at most ten seconds.
  void run_until(const std::function<bool()>& done) {
    const auto end = core::system_boot_time() + 10s;
    loop.restart();
    while (!done() && core::system_boot_time() < end) loop.run_one_for(100ms);
    EXPECT_TRUE(done());
  }
  void run(Task<> task) {
    group.spawn("script", std::move(task));
    run_until([this] { return group.size() == 0; });
  }
  std::unique_ptr<CurlExchange> exchange(const std::string& ca) {
    auto opened = CurlExchange::open(
        timers, {.url = url, .ca_file = ca.empty() ? "" : directory.file(ca), .read_key = [this] {
                   return core::Result<core::Secret>(core::Secret(key));
                 }});
    if (!opened) std::abort();
    return std::move(*opened);
  }
  core::Result<core::http::ClientResponse> ask(CurlExchange& from, core::http::ClientRequest request,
                                               core::Duration time = 5s) {
    core::Result<core::http::ClientResponse> out;
    const auto script = [](Bench& b, CurlExchange& e, core::http::ClientRequest r, core::Duration t,
                           auto& o) -> Task<> { o = co_await e.exchange(std::move(r), b.timers.now() + t); };
    run(script(*this, from, std::move(request), time, out));
    return out;
  }
  ~Bench() { run(server.stop()); }
};

core::http::ClientRequest get(std::string target) {
  core::http::ClientRequest request;
  request.target = std::move(target);
  return request;
}

}  // namespace

TEST(CurlExchange, SpeaksTlsWithAVerifiedPeer) {
  Bench bench(Wire::tls);
  const auto exchange = bench.exchange("server.crt");
  const auto answer = bench.ask(*exchange, get("/assets"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, core::http::Status::ok);
  EXPECT_EQ(answer->body, R"({"assets":[]})");
  EXPECT_EQ(answer->headers.find("content-type"), "application/json");
}

TEST(CurlExchange, RefusesACertificateOfSomebodyElse) {
  Bench bench(Wire::tls);
  for (const auto* ca : {"stranger.crt", ""}) {
    const auto exchange = bench.exchange(ca);
    const auto answer = bench.ask(*exchange, get("/assets"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, "hosted.tls_self_signed") << answer.error().message;
  }
  EXPECT_FALSE(bench.model.state()["requests"].contains("total")) << "the key was not sent";
}

TEST(CurlExchange, RefusesACertificateForAnotherName) {
  Bench bench(Wire::tls, "127.0.0.9");
  const auto exchange = bench.exchange("server.crt");
  EXPECT_EQ(bench.ask(*exchange, get("/assets")).error().code, "hosted.tls_wrong_host");
}

TEST(CurlExchange, SendsEveryMethodWithItsBody) {
  Bench bench(Wire::plain);
  const auto exchange = bench.exchange("");
  core::http::ClientRequest request;
  request.method = core::http::Method::post;
  request.target = "/agents";
  request.body = R"({"datacenter_id":"dc"})";
  const auto made = bench.ask(*exchange, request);
  ASSERT_TRUE(made);
  EXPECT_EQ(core::http::code(made->status), 201U);
  const std::string id = Json::parse(made->body)["data"]["id"];
  request.method = core::http::Method::patch;
  request.target = "/agents/" + id + "/heartbeat";
  request.body = R"({"state":{}})";
  EXPECT_EQ(core::http::code(bench.ask(*exchange, request)->status), 204U);
  request.method = core::http::Method::put;
  request.target = "/agents/" + id + "/assets";
  request.body = R"({"assets":[]})";
  EXPECT_EQ(core::http::code(bench.ask(*exchange, request)->status), 204U);
  request.method = core::http::Method::del;
  request.target = "/agents/" + id + "/clean-datacenter";
  request.body.clear();
  EXPECT_EQ(core::http::code(bench.ask(*exchange, request)->status), 204U);
}

TEST(CurlExchange, BoundsAnAnswerInSizeAndTime) {
  Bench bench(Wire::plain);
  const auto exchange = bench.exchange("");
  auto request = get("/assets");
  request.body_limit = 4;
  EXPECT_EQ(bench.ask(*exchange, request).error().code, "http.body_too_large");
  bench.model.faults().add(*hw_sim::parse_hosted_fault("assets.list:slow:1"));
  const auto late = bench.ask(*exchange, get("/assets"), 200ms);
  EXPECT_EQ(late.error().kind, core::ErrorKind::timed_out);
  bench.model.faults().add(*hw_sim::parse_hosted_fault("assets.list:truncated:1"));
  EXPECT_EQ(bench.ask(*exchange, get("/assets")).error().code, "http.closed");
}

TEST(CurlExchange, NamesAHostThatDoesNotListen) {
  Bench bench(Wire::plain);
  {
    auto gone = loopback_listener();
    bench.url = "http://127.0.0.1:" + std::to_string(*core::http::local_port(gone));
  }
  const auto exchange = bench.exchange("");
  EXPECT_EQ(bench.ask(*exchange, get("/assets")).error().code, "http.connect");
}

TEST(CurlExchange, EndsAtOnceWhenCancelled) {
  Bench bench(Wire::plain);
  bench.model.faults().add(*hw_sim::parse_hosted_fault("assets.list:slow:1"));
  const auto exchange = bench.exchange("");
  const auto script = [](Bench& b, CurlExchange& e) -> Task<> {
    (void)co_await e.exchange(get("/assets"), b.timers.now() + 1h);
  };
  bench.group.spawn("waits", script(bench, *exchange));
  bench.run_until([&] { return bench.model.state()["requests"].contains("total"); });
  bench.group.cancel();
  bench.run_until([&] { return bench.group.size() == 0; });
}

TEST(CurlExchange, TakesUpAnotherKey) {
  Bench bench(Wire::plain);
  bench.key = "wrong";
  const auto exchange = bench.exchange("");
  EXPECT_EQ(core::http::code(bench.ask(*exchange, get("/assets"))->status), 401U);
  EXPECT_FALSE(exchange->take_up_new_key());
  bench.key = "api-key";
  EXPECT_TRUE(exchange->take_up_new_key());
  EXPECT_EQ(core::http::code(bench.ask(*exchange, get("/assets"))->status), 200U);
}

TEST(CurlExchange, RefusesAMissingAuthorityFile) {
  boost::asio::io_context loop;
  core::SystemTimers timers(loop);
  const auto opened =
      CurlExchange::open(timers, {.url = "https://x", .ca_file = "/nowhere/ca.pem", .read_key = {}});
  EXPECT_EQ(opened.error().code, "hosted.ca_file");
}

TEST(HostedLinkOverTls, DeliversEventsAndOperations) {
  Bench bench(Wire::tls);
  const auto exchange = bench.exchange("server.crt");
  auto journal =
      store::Store::open(bench.timers, {row::options_in(bench.directory), store::Threading::own_thread, {}});
  ASSERT_TRUE(journal);
  NamingSink sink;
  HostedLink link(LinkPorts{bench.timers, bench.log, bench.random, **journal, *exchange, sink,
                            [] { return Json{{"status", "ready"}}; }},
                  LinkSettings{.datacenter_id = "dc", .agent_id = "", .limits = {}});
  link.start();
  workflows::Batch batch;
  batch.events = {row::event("{}"), row::event("{}")};
  (void)(*journal)->commit(std::move(batch));
  const auto acknowledged = [&]() -> std::uint64_t {
    const auto& agents = bench.model.state()["agents"];
    return agents.empty() ? 0 : agents.begin().value()["acked_seq"].get<std::uint64_t>();
  };
  bench.run_until([&] { return acknowledged() == 2; });
  const auto id = bench.model.order("wipe", "web-1", Json::object());
  bench.hosted.changed();
  bench.run_until([&] { return acknowledged() == 3; });
  EXPECT_EQ(sink.taken, std::vector<std::string>{id});
  bench.run(link.stop());
}
