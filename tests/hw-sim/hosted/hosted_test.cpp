#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "hw-sim/hosted/hosted_server.hpp"

using namespace colony;
using namespace colony::hw_sim;
using namespace std::chrono_literals;
using core::Json;
using core::Task;
using core::http::Method;

namespace {

struct Answered {
  core::Result<core::http::ClientResponse> result = core::fail(core::ErrorKind::internal, "none", "");
  core::BootTime at;
  bool done = false;
  [[nodiscard]] unsigned status() const { return result ? core::http::code(result->status) : 0; }
  [[nodiscard]] Json body() const { return result ? Json::parse(result->body) : Json(); }
};

/// The stand-in in memory under virtual time, and one who asks.
struct Bench {
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, *core::parse_utc("2026-11-20T00:00:00Z")};
  core::TaskGroup group{timers};
  core::SeededRandom random{1};
  HostedModel model;
  HostedServer server;
  core::http::RouterExchange exchange{server.router(), core::http::TcpPeer{}};

  explicit Bench(HostedOptions options = {.key = "good"}, std::string file = {}, Json state = {})
      : model(std::move(options), random, std::move(state)), server(timers, model, std::move(file)) {}
  ~Bench() {
    group.cancel();
    timers.run_for(1s);
  }

  void start(Answered& out, Method method, std::string target, const Json& body = {},
             std::string key = "good", std::string idempotency = "k") {
    core::http::ClientRequest request;
    request.method = method;
    request.target = "/api/v1" + target;
    request.headers.add("Authorization", "Bearer " + key);
    request.headers.add("Idempotency-Key", idempotency);
    if (!body.is_null()) request.body = body.dump();
    const auto ask = [](Bench& b, core::http::ClientRequest r, Answered& o) -> Task<> {
      o.result = co_await b.exchange.exchange(std::move(r), core::BootTime::max());
      o.at = b.timers.now();
      o.done = true;
    };
    group.spawn("ask", ask(*this, std::move(request), out));
  }
  Answered ask(Method method, std::string target, const Json& body = {}, std::string key = "good") {
    Answered out;
    start(out, method, std::move(target), body, std::move(key));
    timers.run_until([&] { return out.done; }, timers.now() + 2h);
    return out;
  }
  std::string agent() {
    return ask(Method::post, "/agents", Json{{"datacenter_id", "dc"}, {"state", Json::object()}})
        .body()["data"]["id"];
  }
  const Json& agent_state(const std::string& id) { return model.state()["agents"][id]; }
};

Json events(std::uint64_t first, std::uint64_t last) {
  Json list = Json::array();
  for (auto seq = first; seq <= last; ++seq) list.push_back(Json{{"seq", seq}, {"type", "t"}});
  return Json{{"first_seq", first}, {"events", list}, {"snapshot", Json::array()}};
}

}  // namespace

TEST(HostedSim, RegistersADatacenterOnce) {
  Bench bench;
  const auto first = bench.ask(Method::post, "/agents", Json{{"datacenter_id", "dc"}});
  EXPECT_EQ(first.status(), 201U);
  const auto second = bench.ask(Method::post, "/agents", Json{{"datacenter_id", "dc"}});
  EXPECT_EQ(second.status(), 409U);
  EXPECT_EQ(second.body()["code"], "AGENT_EXISTS");
  EXPECT_EQ(second.body()["data"]["id"], first.body()["data"]["id"]);
}

TEST(HostedSim, RefusesAnotherKeyWithTheDocumentedBody) {
  Bench bench;
  const auto answer = bench.ask(Method::get, "/assets", {}, "bad");
  EXPECT_EQ(answer.status(), 401U);
  EXPECT_TRUE(answer.body().contains("error") && answer.body().contains("code") &&
              answer.body().contains("details"));
  EXPECT_EQ(bench.model.state()["requests"]["by_status"]["401"], 1);
}

TEST(HostedSim, TakesHeartbeats) {
  Bench bench;
  const auto id = bench.agent();
  EXPECT_EQ(bench.ask(Method::patch, "/agents/" + id + "/heartbeat", Json{{"state", {{"status", "ready"}}}})
                .status(),
            204U);
  EXPECT_EQ(bench.agent_state(id)["heartbeats"], 1);
  EXPECT_EQ(bench.agent_state(id)["state"]["status"], "ready");
  EXPECT_EQ(bench.ask(Method::patch, "/agents/nobody/heartbeat", Json{{"state", Json::object()}}).status(),
            404U);
}

TEST(HostedSim, LimitsRequestsAMinuteAndSaysWhenToComeBack) {
  Bench bench({.key = "good", .per_minute = 3, .per_hour = 5});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.ask(Method::get, "/assets").status(), 200U);
  const auto over = bench.ask(Method::get, "/assets");
  EXPECT_EQ(over.status(), 429U);
  EXPECT_EQ(over.result->headers.find("Retry-After"), "60");
  bench.timers.run_for(60s);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(bench.ask(Method::get, "/assets").status(), 200U);
  EXPECT_EQ(bench.ask(Method::get, "/assets").result->headers.find("Retry-After"), "3540");
}

TEST(HostedSim, CountsRawAndDistinctEventsApart) {
  Bench bench;
  const auto path = "/agents/" + bench.agent() + "/events";
  const auto id = path.substr(8, 36);
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 3)).body()["acked_seq"], 3);
  EXPECT_EQ(bench.ask(Method::post, path, events(2, 4)).body()["acked_seq"], 4);
  EXPECT_EQ(bench.ask(Method::post, path, events(7, 8)).body()["acked_seq"], 4);
  const auto& posts = bench.agent_state(id)["event_posts"];
  EXPECT_EQ(posts["posts"], 3);
  EXPECT_EQ(posts["raw"], 8);
  EXPECT_EQ(posts["distinct"], 4);
  EXPECT_EQ(posts["repeated"], 2);
  EXPECT_EQ(posts["out_of_order"], 1);
  EXPECT_FALSE(posts.contains("contradicting"));
  auto other = events(2, 2);
  other["events"][0]["type"] = "another";
  (void)bench.ask(Method::post, path, other);
  EXPECT_EQ(bench.agent_state(id)["event_posts"]["contradicting"], 1);
}

TEST(HostedSim, HoldsAPollUntilAnOrderComes) {
  Bench bench;
  const auto id = bench.agent();
  Answered poll;
  bench.start(poll, Method::get, "/agents/" + id + "/operations?after=0&wait=50");
  bench.timers.run_for(10s);
  EXPECT_FALSE(poll.done);
  const auto order = bench.ask(Method::post, "/sim/orders", Json{{"type", "wipe"}, {"target", "asset-1"}});
  bench.timers.run_for(1s);
  ASSERT_TRUE(poll.done);
  EXPECT_EQ(poll.body()["operations"][0]["id"], order.body()["id"]);
  EXPECT_EQ(poll.body()["operations"][0]["seq"], 1);
}

TEST(HostedSim, EndsAPollWithoutOrdersInTime) {
  Bench bench;
  Answered poll;
  bench.start(poll, Method::get, "/agents/" + bench.agent() + "/operations?after=0&wait=50");
  bench.timers.run_for(60s);
  ASSERT_TRUE(poll.done);
  EXPECT_EQ(poll.at.time_since_epoch(), 50s);
  EXPECT_TRUE(poll.body()["operations"].empty());
}

TEST(HostedSim, OrdersOnlyWhatIsAvailable) {
  Bench bench;
  const auto id = bench.agent();
  const Json assets{
      {"assets", {{{"id", "a"}, {"status", "available"}}, {{"id", "b"}, {"status", "provisioned"}}}}};
  EXPECT_EQ(bench.ask(Method::put, "/agents/" + id + "/assets", assets).status(), 204U);
  EXPECT_EQ(bench.ask(Method::get, "/assets").body()["assets"].size(), 2U);
  EXPECT_EQ(bench.ask(Method::post, "/assets/a/provision", Json{{"config", "x"}}).status(), 200U);
  EXPECT_EQ(bench.ask(Method::post, "/assets/b/provision").status(), 409U);
  EXPECT_EQ(bench.ask(Method::post, "/assets/b/wipe").status(), 200U);
  EXPECT_EQ(bench.ask(Method::post, "/assets/c/wipe").body()["code"], "ASSET_NOT_FOUND");
  EXPECT_EQ(bench.model.state()["operations"].size(), 2U);
  EXPECT_EQ(bench.model.state()["operations"][0]["body"]["config"], "x");
}

TEST(HostedSim, AnswersTheDocumentedClusterCalls) {
  Bench bench;
  const auto made =
      bench.ask(Method::post, "/clusters", Json{{"name", "c"}, {"type", "k8s_stack"}, {"flavor", "talos"}});
  ASSERT_EQ(made.status(), 201U);
  const std::string id = made.body()["data"]["id"];
  EXPECT_EQ(bench.ask(Method::get, "/clusters").body()["clusters"].size(), 1U);
  EXPECT_EQ(bench.ask(Method::get, "/clusters/" + id).body()["name"], "c");
  EXPECT_EQ(bench.ask(Method::get, "/clusters/" + id + "/kubeconfig").status(), 404U);
  EXPECT_EQ(bench.ask(Method::del, "/clusters/" + id).status(), 204U);
  EXPECT_EQ(bench.ask(Method::post, "/clusters", Json{{"name", "c"}}).status(), 400U);
  EXPECT_EQ(bench.ask(Method::get, "/workflows").body()["workflows"].size(), 0U);
}

TEST(HostedSim, IsAHostedSideWithoutTheAgentPartWhenAsked) {
  Bench bench({.key = "good", .agent_part = false});
  EXPECT_EQ(bench.ask(Method::get, "/agents/" + bench.agent() + "/operations").status(), 404U);
}

TEST(HostedSim, FailsByNameAndCount) {
  Bench bench;
  const auto id = bench.agent();
  const auto path = "/agents/" + id + "/events";
  const auto fault = [&](const std::string& kind) {
    EXPECT_EQ(
        bench.ask(Method::post, "/sim/faults", Json{{"fault", "agents.events:" + kind + ":1"}}).status(),
        204U);
  };
  fault("500");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).status(), 500U);
  fault("503");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).result->headers.find("Retry-After"), "1");
  fault("429");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).status(), 429U);
  fault("401");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).status(), 401U);
  fault("drop");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).status(), 0U);
  EXPECT_EQ(bench.agent_state(id)["acked_seq"], 0) << "nothing was applied so far";
  fault("drop_after_apply");
  EXPECT_EQ(bench.ask(Method::post, path, events(1, 1)).status(), 0U);
  EXPECT_EQ(bench.agent_state(id)["acked_seq"], 1);
  fault("truncated");
  EXPECT_EQ(bench.ask(Method::post, path, events(2, 2)).status(), 0U);
  fault("slow");
  const auto before = bench.timers.now();
  EXPECT_EQ(bench.ask(Method::post, path, events(3, 3)).status(), 200U);
  EXPECT_EQ(bench.timers.now() - before, 5s);
  EXPECT_EQ(bench.ask(Method::post, path, events(4, 4)).status(), 200U);
  EXPECT_EQ(bench.agent_state(id)["event_posts"]["distinct"], 4);
}

TEST(HostedSim, KeepsItsStateInAFileAcrossRestarts) {
  const auto file =
      (std::filesystem::temp_directory_path() / ("hosted-" + std::to_string(::getpid()) + ".json")).string();
  std::string id;
  {
    Bench bench({.key = "good"}, file);
    id = bench.agent();
    (void)bench.ask(Method::post, "/agents/" + id + "/events", events(1, 2));
  }
  std::ifstream stream(file);
  const Json state = Json::parse(stream);
  EXPECT_EQ(state["agents"][id]["acked_seq"], 2);
  Bench again({.key = "good"}, file, state);
  EXPECT_EQ(again.ask(Method::post, "/agents/" + id + "/events", events(3, 3)).body()["acked_seq"], 3);
  std::filesystem::remove(file);
}

TEST(HostedFault, IsReadFromItsTextForm) {
  const auto fault = parse_hosted_fault("agents.events:drop_after_apply:2");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->at, "agents.events");
  EXPECT_EQ(name(fault->kind), "drop_after_apply");
  EXPECT_EQ(fault->times, 2U);
  for (const auto* text : {"", ":", "a:b", "a:500", "a:500:", "a:500:x", ":500:1", "a:501:1", "a:500:1x"}) {
    EXPECT_FALSE(parse_hosted_fault(text)) << text;
  }
}
