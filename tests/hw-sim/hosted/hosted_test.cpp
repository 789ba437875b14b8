#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "hw-sim/hosted/hosted_keys.hpp"
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

namespace {

Json cluster(std::string_view asset) {
  return {{"name", "c"},
          {"type", "k8s_stack"},
          {"flavor", "talos"},
          {"gateway", "10.1.1.1"},
          {"controlPlanes", {{{"assetId", asset}, {"ip", "10.1.1.10"}, {"subnet", "24"}}}},
          {"workers", Json::array()}};
}

Json assets(std::string_view id, std::string_view status) {
  return {{"assets", {{{"id", id}, {"status", status}}}}};
}

}  // namespace

TEST(HostedSim, AnswersTheDocumentedClusterCalls) {
  Bench bench;
  const auto agent = "/agents/" + bench.agent();
  (void)bench.ask(Method::put, agent + "/assets", assets("a", "available"));
  EXPECT_EQ(bench.ask(Method::get, "/clusters").body(), Json::parse(R"({"clusters":[]})"));
  const auto made = bench.ask(Method::post, "/clusters", cluster("a"));
  ASSERT_EQ(made.status(), 201U) << made.body();
  const std::string id = made.body()["data"]["id"];
  EXPECT_EQ(bench.ask(Method::post, "/clusters", cluster("a")).body()["code"], "CLUSTER_EXISTS");
  EXPECT_EQ(bench.ask(Method::get, "/clusters").body()["clusters"].size(), 1U);
  EXPECT_EQ(bench.ask(Method::get, "/clusters/" + id).body()["name"], "c");
  EXPECT_EQ(bench.ask(Method::get, "/clusters/" + id + "/kubeconfig").status(), 404U);
  EXPECT_EQ(bench.ask(Method::del, "/clusters/" + id).status(), 204U);
  EXPECT_EQ(bench.ask(Method::get, "/clusters/" + id).body()["code"], "CLUSTER_NOT_FOUND");
  const auto given = bench.ask(Method::get, agent + "/operations?after=0").body()["operations"];
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0]["type"], "cluster-create");
  EXPECT_EQ(given[0]["body"], cluster("a")) << "as it was ordered";
  EXPECT_EQ(given[1]["type"], "cluster-delete");
  EXPECT_EQ(bench.ask(Method::get, "/workflows").body()["workflows"].size(), 0U);
}

TEST(HostedSim, NamesEveryFaultOfAClustersOrder) {
  Bench bench;
  (void)bench.ask(Method::put, "/agents/" + bench.agent() + "/assets", assets("a", "provisioned"));
  const auto said = [&bench](const Json& order) {
    const auto answer = bench.ask(Method::post, "/clusters", order);
    EXPECT_EQ(answer.status(), 400U);
    return answer.body()["details"].get<std::string>();
  };
  EXPECT_EQ(said(cluster("a")), "controlPlanes[0].assetId: is provisioned");
  EXPECT_EQ(said(cluster("b")), "controlPlanes[0].assetId: does not exist");
  struct Row {
    const char* pointer;
    Json value;
    const char* path;
  };
  const Row rows[] = {
      {"/name", "C", "name: "},
      {"/name", nullptr, "name: is missing"},
      {"/type", "big_stack", "type: "},
      {"/flavor", "k3d", "flavor: "},
      {"/gateway", "10.1.1", "gateway: "},
      {"/gateway", "10.2.1.1", "controlPlanes[0].subnet: "},
      {"/extraSANs", "a b", "extraSANs: "},
      {"/controlPlanes", Json::array(), "controlPlanes: "},
      {"/workers", "none", "workers: "},
      {"/workers/0", 1, "workers[0]: "},
      {"/workers/0", {{"assetId", "a"}, {"ip", "10.1.1.10"}, {"subnet", "24"}}, "workers[0].assetId: stands"},
      {"/workers/0", {{"assetId", "a"}, {"ip", "10.1.1.10"}, {"subnet", "24"}}, "workers[0].ip: stands"},
      {"/controlPlanes/0/ip", "10.1.1.255", "controlPlanes[0].ip: "},
      {"/controlPlanes/0/subnet", 24, "controlPlanes[0].subnet: "},
      {"/controlPlanes/0/dns", "dns.example", "controlPlanes[0].dns: "},
      {"/controlPlanes/0/ntp", "a,,b", "controlPlanes[0].ntp: "},
      {"/controlPlanes/0/diskDevice", "/etc/passwd", "controlPlanes[0].diskDevice: "},
      {"/controlPlanes/0/disk", "sda", "controlPlanes[0].disk: no such"},
      {"/cseInstallerImage", "a b", "cseInstallerImage: "},
      {"/type", "civo_stack", "credentials: is missing"},
      {"/credentials", {{"gitlabToken", 5}}, "credentials.gitlabToken: "},
  };
  for (const auto& row : rows) {
    auto order = cluster("a");
    order[Json::json_pointer(row.pointer)] = row.value;
    EXPECT_NE(said(order).find(row.path), std::string::npos) << row.pointer;
  }
}

TEST(HostedSim, ShowsARefusedClusterAndKeepsItsCredentialsNoLonger) {
  Bench bench;
  const auto agent = "/agents/" + bench.agent();
  (void)bench.ask(Method::put, agent + "/assets", assets("a", "available"));
  auto wanted = cluster("a");
  wanted["type"] = "civo_stack";
  wanted["credentials"] = {
      {"gitlabToken", "s3cret"}, {"imagePullSecret", "s3cret"}, {"civoApiToken", "s3cret"}, {"region", "r"}};
  const auto made = bench.ask(Method::post, "/clusters", wanted);
  EXPECT_FALSE(made.body()["data"].contains("credentials"));
  const auto given = bench.ask(Method::get, agent + "/operations").body()["operations"][0];
  EXPECT_EQ(given["body"]["credentials"]["gitlabToken"], "s3cret");
  auto post = events(1, 1);
  post["events"][0] = {{"seq", 1},
                       {"type", "operation.refused"},
                       {"subject", given["id"]},
                       {"body", {{"result", {{"code", "clusters.unsupported"}}}}}};
  (void)bench.ask(Method::post, agent + "/events", post);
  const auto shown = bench.ask(Method::get, "/clusters").body()["clusters"][0];
  EXPECT_EQ(shown["status"], "failed");
  EXPECT_EQ(shown["error"]["code"], "clusters.unsupported");
  EXPECT_EQ(bench.model.state().dump().find("s3cret"), std::string::npos);
}

TEST(HostedHub, KeepsItsDatacentersApart) {
  Bench bench(
      {.key = "", .per_minute = 1000, .datacenters = {{"k1", "dc-1"}, {"k2", "dc-2"}}, .steering = false});
  std::string agents[2];
  const std::string keys[2] = {"k1", "k2"};
  for (int i = 0; i < 2; ++i) {
    const Json body{{"datacenter_id", i == 0 ? "dc-1" : "dc-2"}, {"state", Json::object()}};
    agents[i] = bench.ask(Method::post, "/agents", body, keys[i]).body()["data"]["id"];
    const auto own = "/agents/" + agents[i];
    const auto asset = i == 0 ? "a1" : "a2";
    EXPECT_EQ(bench.ask(Method::put, own + "/assets", assets(asset, "available"), keys[i]).status(), 204U);
    EXPECT_EQ(bench.ask(Method::post, std::string("/assets/") + asset + "/wipe", {}, keys[i]).status(), 200U);
  }
  EXPECT_EQ(bench.ask(Method::post, "/agents", Json{{"datacenter_id", "dc-2"}}, "k1").body()["code"],
            "WRONG_DATACENTER");
  EXPECT_EQ(bench.ask(Method::get, "/assets", {}, "k3").status(), 401U);
  EXPECT_EQ(bench.ask(Method::post, "/sim/orders", Json{{"type", "wipe"}, {"target", "a1"}}).status(), 401U);
  EXPECT_EQ(bench.ask(Method::get, "/sim/state", {}, "k1").status(), 404U) << "nobody steers a hub";
  for (int i = 0; i < 2; ++i) {
    const auto other = "/agents/" + agents[1 - i];
    const auto theirs = i == 0 ? "a2" : "a1";
    const auto own = i == 0 ? "a1" : "a2";
    const auto& key = keys[i];
    EXPECT_EQ(bench.ask(Method::get, other + "/operations", {}, key).status(), 404U);
    EXPECT_EQ(bench.ask(Method::patch, other + "/heartbeat", Json{{"state", Json::object()}}, key).status(),
              404U);
    EXPECT_EQ(bench.ask(Method::post, other + "/events", events(1, 1), key).status(), 404U);
    EXPECT_EQ(bench.ask(Method::put, other + "/assets", assets("x", "available"), key).status(), 404U);
    EXPECT_EQ(bench.ask(Method::del, other + "/clean-datacenter", {}, key).status(), 404U);
    EXPECT_EQ(bench.ask(Method::post, std::string("/assets/") + theirs + "/wipe", {}, key).status(), 404U);
    EXPECT_EQ(bench.ask(Method::post, "/clusters", cluster(theirs), key).status(), 400U);
    const auto listed = bench.ask(Method::get, "/assets", {}, key).body()["assets"];
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["id"], own);
    const auto operations =
        bench.ask(Method::get, "/agents/" + agents[i] + "/operations?after=0", {}, key).body();
    ASSERT_EQ(operations["operations"].size(), 1U);
    EXPECT_EQ(operations["operations"][0]["target"], own);
    EXPECT_EQ(operations["last_seq"], operations["operations"][0]["seq"]);
    const auto made = bench.ask(Method::post, "/clusters", cluster(own), key);
    ASSERT_EQ(made.status(), 201U) << made.body();
    EXPECT_EQ(bench.ask(Method::get, "/clusters", {}, key).body()["clusters"].size(), 1U);
    EXPECT_EQ(
        bench.ask(Method::get, "/clusters/" + made.body()["data"]["id"].get<std::string>(), {}, keys[1 - i])
            .status(),
        404U);
  }
}

TEST(HostedHub, ReadsItsKeysAndNeverQuotesOne) {
  const auto keys = parse_datacenter_keys("# two\ncd-1 dc-1\n\n  cd-2\tdc-2\r\n");
  ASSERT_TRUE(keys);
  EXPECT_EQ(*keys, (std::map<std::string, std::string>{{"cd-1", "dc-1"}, {"cd-2", "dc-2"}}));
  for (const auto* bad : {"", "cd-1", "cd-1 dc-1 more", "cd-1 dc-1\ncd-1 dc-2"}) {
    const auto refused = parse_datacenter_keys(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message.find("cd-1"), std::string::npos);
  }
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
