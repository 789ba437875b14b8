#include "daemon/api/api_routes.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "daemon/api/event_stream.hpp"
#include "daemon/api/metrics.hpp"
#include "tests/daemon/fake_orders.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::core::http;
using namespace std::chrono_literals;

namespace {

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T18:00:00Z")};
  TaskGroup group{timers};
  Log log = Log::silent();
  test::FakeOrders orders;
  Router router;
  Peer peer = UnixPeer{0, 0, 1};

  Bench() {
    daemon::api::add_api_routes(
        router, {timers, log, orders, "0.1.0", [](Json& status) { status["address"] = "10.1.1.5"; },
                 [] {
                   return std::vector<daemon::api::Metric>{
                       {"http_requests_total", "Requests", daemon::api::Metric::Kind::counter, 7}};
                 },
                 [] {
                   return Json{{"mode", "server"},
                               {"leases",
                                {{{"address", "10.1.1.9"}, {"mac", "52:54:00:00:00:01"}},
                                 {{"address", "10.1.1.10"}, {"mac", "52:54:00:00:00:02"}}}}};
                 }});
  }
  ClientResponse ask(ClientRequest request) {
    std::optional<Result<ClientResponse>> out;
    RouterExchange exchange(router, peer);
    const auto run = [](Bench& b, RouterExchange& e, ClientRequest r,
                        std::optional<Result<ClientResponse>>& o) -> Task<> {
      o = co_await e.exchange(std::move(r), b.timers.now() + 1s);
    };
    group.spawn("ask", run(*this, exchange, std::move(request), out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
    return std::move(**out);
  }
  ClientResponse get(std::string target, std::string accept = {}) {
    ClientRequest request;
    request.target = std::move(target);
    if (!accept.empty()) static_cast<void>(request.headers.add("Accept", accept));
    return ask(std::move(request));
  }
  ClientResponse post(std::string target, std::string body, Method method = Method::post) {
    ClientRequest request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    return ask(std::move(request));
  }
  Json json(std::string target) { return Json::parse(get(std::move(target)).body); }
};

workflows::StoredEvent event(std::uint64_t seq) {
  return {EventSeq{seq},
          {"workflow.step", "w", *parse_utc("2026-11-20T18:00:00Z"), R"({"step":"power-off"})"}};
}

}  // namespace

TEST(ApiRoutes, ShowAssetsInTheDocumentedForm) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  asset.status = workflows::AssetStatus::available;
  auto& bmc = asset.bmc.emplace(workflows::AssetView::Bmc{});
  bmc.address = *Ipv4Address::parse("10.1.1.20");
  bmc.driver = "native";
  bmc.passport.suites = {3, 17};
  bmc.quiet.emplace(drivers::BmcQuiet{4, *parse_utc("2026-11-20T18:00:00Z"), "no_answer"});
  bmc.audit.emplace();
  bmc.audit->cipher_zero = drivers::Learnt::yes;
  bmc.boot_rung = "once/legacy";
  bmc.self_test = std::chrono::seconds(95);
  drivers::scout::Inventory inventory;
  inventory.cpu.cores = 16;
  inventory.memory_bytes = std::uint64_t{64} << 30;
  inventory.disks.resize(1);
  inventory.disks[0].size_bytes = 1'000'000'000'000;
  inventory.disks[0].device = "nvme0n1";
  asset.inventory = inventory;
  const Json list = bench.json("/api/v1/assets");
  ASSERT_EQ(list["assets"].size(), 1U);
  const Json& shown = list["assets"][0];
  EXPECT_EQ(shown["id"], "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(shown["hostname"], "web-1");
  EXPECT_EQ(shown["status"], "available");
  EXPECT_EQ(shown["ipmi"], "10.1.1.20");
  EXPECT_EQ(shown["specs"]["ram"], "64GB");
  EXPECT_EQ(shown["specs"]["disk"], "1 x up to 1TB");
  EXPECT_EQ(shown["cpu_cores"], 16);
  EXPECT_EQ(shown["storages"][0]["name"], "nvme0n1");
  EXPECT_EQ(shown["bmc"]["passport"]["cipher_suites"], Json({3, 17}));
  EXPECT_EQ(shown["bmc"]["passport"]["boot"], "once/legacy");
  EXPECT_EQ(shown["bmc"]["passport"]["self_test_seconds"], 95);
  EXPECT_EQ(shown["bmc"]["left_alone"]["failures"], 4);
  EXPECT_EQ(shown["bmc"]["left_alone"]["until"], "2026-11-20T18:00:00.000Z");
  EXPECT_EQ(shown["bmc"]["audit"]["cipher_zero"], true);
  EXPECT_TRUE(shown["bmc"]["audit"]["ipmi_15"].is_null()) << "not known is not no";
  EXPECT_EQ(shown["bmc"]["audit"]["findings"][0]["code"], "bmc.cipher_zero");
  EXPECT_EQ(bench.json("/api/v1/assets/web-1")["id"], shown["id"]);
}

TEST(ApiRoutes, ShowLeasesWithTheAssetThatHasThem) {
  Bench bench;
  auto& asset = bench.orders.add_asset("web-1");
  asset.macs = {*MacAddress::parse("52:54:00:00:00:02")};
  const auto body = bench.json("/api/v1/dhcp/leases");
  EXPECT_EQ(body["mode"], "server");
  ASSERT_EQ(body["leases"].size(), 2U);
  EXPECT_FALSE(body["leases"][0].contains("asset"));
  EXPECT_EQ(body["leases"][1]["asset"], "web-1");
}

TEST(ApiRoutes, AnswerErrorsInTheDocumentedForm) {
  Bench bench;
  const auto missing = bench.get("/api/v1/assets/nobody");
  EXPECT_EQ(missing.status, Status::not_found);
  const Json body = Json::parse(missing.body);
  EXPECT_EQ(body["code"], "ASSET_NOT_FOUND");
  EXPECT_EQ(body["error"], "no asset is named nobody");
  EXPECT_EQ(body["kind"], "not_found");
  EXPECT_EQ(bench.get("/api/v1/workflows/x").status, Status::bad_request);
  EXPECT_EQ(bench.get("/api/v1/workflows?limit=1001").status, Status::bad_request);
  EXPECT_EQ(bench.get("/api/v1/workflows?asset=nobody").status, Status::not_found);
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/wipe", "not json").status, Status::bad_request);
}

TEST(ApiRoutes, PassOrdersOn) {
  Bench bench;
  bench.orders.add_asset("web-1");
  EXPECT_EQ(bench.post("/api/v1/bmcs", R"({"ip":"10.1.1.20","username":"A","password":"p"})").status,
            Status::created);
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/accept", "").status, Status::ok);
  EXPECT_EQ(bench.post("/api/v1/discovery-window", R"({"for":"30m"})").body,
            R"({"until":"2026-11-20T18:30:00.000Z"})");
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/discover", "").status, Status::accepted);
  EXPECT_EQ(
      bench.post("/api/v1/assets/web-1/provision", R"({"config":"c","disk":"W","nics":["link=yes"]})").status,
      Status::accepted);
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/wipe", R"({"disks":["S1"],"minimum":"clear"})").status,
            Status::accepted);
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/power", R"({"action":"off"})").status, Status::accepted);
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/reboot", R"({"boot_device":"pxe"})").status, Status::accepted);
  EXPECT_EQ(bench.post("/api/v1/workflows/11111111-0000-4000-8000-000000000001", "", Method::del).status,
            Status::no_content);
  EXPECT_EQ(bench.orders.asked,
            (std::vector<std::string>{"enrol 10.1.1.20:623 - A p ", "accept web-1", "window 30m0s",
                                      "discover web-1", "provision web-1 c W 0 link=yes",
                                      "wipe web-1 S1 minimum clear", "power web-1 1", "reboot web-1 true",
                                      "cancel 11111111-0000-4000-8000-000000000001"}));
}

TEST(ApiRoutes, ShowABmcsPasswordToRootOnTheSocketOnly) {
  Bench bench;
  bench.orders.add_asset("web-1");
  const auto ask = [&bench](Peer peer) {
    bench.peer = peer;
    return bench.post("/api/v1/assets/web-1/bmc-password", "{}");
  };
  for (const Peer& other : {Peer(UnixPeer{1000, 1000, 7}), Peer(TcpPeer{})}) {
    const auto refused = ask(other);
    EXPECT_TRUE(refused.status == Status::forbidden || refused.status == Status::unauthorized);
    EXPECT_EQ(refused.body.find("of-now"), std::string::npos);
  }
  EXPECT_TRUE(bench.orders.asked.empty());
  const auto shown = ask(UnixPeer{0, 0, 7});
  EXPECT_EQ(shown.status, Status::ok);
  EXPECT_EQ(Json::parse(shown.body).at("password"), "of-now");
  EXPECT_FALSE(Json::parse(shown.body).contains("next_password"));
  EXPECT_EQ(bench.orders.asked, (std::vector<std::string>{"show password web-1 to uid 0, pid 7"}));
  EXPECT_EQ(bench.post("/api/v1/assets/web-1/bmc-rotate", "").status, Status::accepted);
  EXPECT_EQ(bench.orders.asked.back(), "rotate web-1");
}

TEST(ApiRoutes, ShowTheExactDisksOfAWipeWithoutOrderingIt) {
  Bench bench;
  bench.orders.add_asset("web-1");
  bench.orders.disks.resize(1);
  bench.orders.disks[0].id.serial = "S1";
  const auto plan = bench.post("/api/v1/assets/web-1/wipe-plan", "");
  EXPECT_EQ(plan.status, Status::ok);
  EXPECT_EQ(Json::parse(plan.body)["disks"].size(), 1U);
  EXPECT_TRUE(bench.orders.asked.empty());
}

TEST(ApiRoutes, SayWhyAndWhatWasSeen) {
  Bench bench;
  bench.orders.add_asset("web-1");
  workflows::TimelineEntry entry;
  entry.evidence.source = "pxe.dhcp";
  entry.evidence.fact = DhcpSeen{};
  entry.text = "asked for a boot program";
  bench.orders.all_timeline.push_back(entry);
  const Json why = bench.json("/api/v1/assets/web-1/why");
  EXPECT_EQ(why["waits_for"], "the machine to ask for a boot program");
  EXPECT_EQ(why["usual_seconds"], 90);
  EXPECT_EQ(why["evidence"][0]["fact"], "dhcp_seen");
  EXPECT_EQ(bench.json("/api/v1/assets/web-1/timeline")["timeline"][0]["text"], "asked for a boot program");
}

TEST(ApiRoutes, ListEventsOrStreamThem) {
  Bench bench;
  bench.orders.all_events = {event(1), event(2)};
  const Json list = Json::parse(bench.get("/api/v1/events?after=1", "application/json").body);
  ASSERT_EQ(list["events"].size(), 1U);
  EXPECT_EQ(list["events"][0]["seq"], 2);
  EXPECT_EQ(list["events"][0]["body"]["step"], "power-off");
  EXPECT_EQ(daemon::api::encode_event(event(7)),
            "id: 7\nevent: workflow.step\ndata: "
            "{\"at\":\"2026-11-20T18:00:00.000Z\",\"body\":{\"step\":\"power-off\"},"
            "\"seq\":7,\"subject\":\"w\",\"type\":\"workflow.step\"}\n\n");
}

TEST(ApiRoutes, AStreamGoesOnWhereItWasAndShowsThatItLives) {
  Bench bench;
  bench.orders.all_events = {event(1), event(2)};
  bench.orders.later = {event(3)};
  const auto stream = daemon::api::event_stream(bench.timers, bench.orders, EventSeq{1});
  std::vector<std::string> pieces;
  const auto read = [](const StreamBody& s, std::vector<std::string>& out) -> Task<> {
    for (int i = 0; i < 3; ++i) out.push_back((co_await s.next()).value_or("end"));
  };
  bench.group.spawn("read", read(stream, pieces));
  bench.timers.run_until([&bench] { return bench.group.size() == 0; }, bench.timers.now() + 1h);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_TRUE(pieces[0].starts_with("id: 2\n"));
  EXPECT_TRUE(pieces[1].starts_with("id: 3\n"));
  EXPECT_EQ(pieces[2], ": still here\n\n");
}

TEST(ApiRoutes, TellStatusReadinessAndMetrics) {
  Bench bench;
  EXPECT_EQ(bench.get("/healthz").status, Status::ok);
  EXPECT_EQ(bench.get("/readyz").status, Status::unavailable);
  bench.orders.shown_status.ready = true;
  bench.orders.shown_status.assets.available = 3;
  EXPECT_EQ(bench.get("/readyz").status, Status::ok);
  const Json status = bench.json("/api/v1/status");
  EXPECT_EQ(status["version"], "0.1.0");
  EXPECT_EQ(status["address"], "10.1.1.5");
  EXPECT_EQ(status["assets"]["available"], 3);
  const auto metrics = bench.get("/metrics").body;
  EXPECT_NE(metrics.find("colony_assets{status=\"available\"} 3\n"), std::string::npos);
  EXPECT_NE(metrics.find("# TYPE colony_http_requests_total counter\ncolony_http_requests_total 7\n"),
            std::string::npos);
  bench.orders.shown_status.store_full = Error{ErrorKind::exhausted, "store.full", "no room"};
  EXPECT_EQ(bench.get("/readyz").status, Status::ok);  // boots are served
  EXPECT_EQ(bench.json("/api/v1/status")["store_full"], "no room");
  EXPECT_NE(bench.get("/metrics").body.find("\ncolony_store_full 1\n"), std::string::npos);
  bench.orders.shown_status.store_failure = Error{ErrorKind::io, "store.io", "disk"};
  EXPECT_EQ(bench.get("/readyz").status, Status::unavailable);
}

TEST(ApiRoutes, CountTheTlsHandshakesThatWereKeptOut) {
  const ServerCounters counters{.refused = 2,
                                .shown_out = 1,
                                .handshakes = 40,
                                .handshakes_failed = 3,
                                .handshakes_refused = 1000,
                                .open = 5};
  const auto text = daemon::api::render_metrics({}, daemon::api::tls_metrics(counters));
  constexpr const char* whole =
      "# TYPE colony_api_tls_handshakes_refused_total counter\ncolony_api_tls_handshakes_refused_total "
      "1000\n";
  for (const auto* const line :
       {"colony_api_tls_connections 5\n", "colony_api_tls_connections_refused_total 2\n",
        "colony_api_tls_connections_shown_out_total 1\n", "colony_api_tls_handshakes_total 40\n",
        "colony_api_tls_handshakes_failed_total 3\n", whole})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(ApiRoutes, CheckAClusterInFullThenRefuseItByName) {
  Bench bench;
  EXPECT_EQ(bench.get("/api/v1/clusters").body, R"({"clusters":[]})");
  const auto ask = [&bench](std::string body) {
    auto answer = bench.post("/api/v1/clusters", std::move(body));
    return std::pair(answer.status, Json::parse(answer.body));
  };
  const auto [bad, faults] = ask(R"({"name":"C","type":"civo_stack","flavor":"talos"})");
  EXPECT_EQ(bad, Status::bad_request);
  EXPECT_EQ(faults["code"], "API_BODY");
  EXPECT_NE(faults["details"].get<std::string>().find("; credentials: required"), std::string::npos);
  const std::string body =
      R"({"name":"c","type":"k8s_stack","flavor":"talos","gateway":"10.1.1.1","controlPlanes":)"
      R"([{"assetId":"web-1","ip":"10.1.1.10","subnet":"24"}],"workers":[]})";
  EXPECT_EQ(ask(body).second["code"], "ASSET_NOT_FOUND");
  auto& asset = bench.orders.add_asset("web-1");
  asset.status = workflows::AssetStatus::provisioned;
  EXPECT_EQ(ask(body).second["code"], "ASSET_NOT_AVAILABLE");
  asset.status = workflows::AssetStatus::available;
  const auto [status, refused] = ask(body);
  EXPECT_EQ(status, Status::not_implemented);
  EXPECT_EQ(refused["code"], "CLUSTERS_UNSUPPORTED");
}

TEST(ApiRoutes, ListPageByPageAndTagWhatTheyShow) {
  Bench bench;
  for (const auto* name : {"c", "a", "b"}) bench.orders.add_workflow(bench.orders.add_asset(name), "power");
  EXPECT_EQ(bench.json("/api/v1/assets")["assets"].size(), 3U) << "as the reference has it";
  for (const auto* list : {"assets", "workflows"}) {
    const std::string path = std::string("/api/v1/") + list;
    const Json first = bench.json(path + "?limit=2");
    ASSERT_EQ(first[list].size(), 2U);
    const Json last = bench.json(path + "?limit=2&after=" + first["next"].get<std::string>());
    ASSERT_EQ(last[list].size(), 1U);
    EXPECT_FALSE(last.contains("next"));
    EXPECT_NE(last[list][0]["id"], first[list][0]["id"]);
    EXPECT_NE(last[list][0]["id"], first[list][1]["id"]);
    const auto tag = [&bench](const std::string& at) {
      return std::string(bench.get(at).headers.find("ETag").value_or(""));
    };
    const auto id = "/" + first[list][0]["id"].get<std::string>();
    for (const auto& at : {path, path + id}) {
      EXPECT_FALSE(tag(at).empty()) << at;
      EXPECT_EQ(tag(at), tag(at));
    }
    EXPECT_NE(tag(path), tag(path + id));
  }
  EXPECT_EQ(bench.get("/api/v1/assets?limit=x").status, Status::bad_request);
}

TEST(ApiRoutes, AWipeThatNeedsASecondPersonIsHeldAndNotOrdered) {
  Bench bench;
  auto& asset = bench.orders.add_asset("db-1");
  const Json held{{"id", "local-1"}, {"asset", asset.id.to_string()}};
  daemon::api::ApiServices services{bench.timers, bench.log, bench.orders, "0.1.0", {}, {}};
  services.held_orders = [held] { return Json::array({held, {{"id", "op-1"}, {"asset", "another"}}}); };
  services.hold = [held](workflows::WipeRequest& request,
                         const daemon::keys::Caller& caller) -> Result<std::optional<Json>> {
    if (request.asset != "db-1" || caller.uid != 0) return std::optional<Json>{};
    return held;
  };
  services.decide = [](std::string, daemon::api::ApiServices::Decision,
                       daemon::keys::Caller) -> Task<Result<Json>> {
    co_return fail(ErrorKind::refused, "policy.same_person", "somebody else");
  };
  bench.router = Router{};
  daemon::api::add_api_routes(bench.router, std::move(services));
  const auto answer = bench.post("/api/v1/assets/db-1/wipe", "{}");
  EXPECT_EQ(answer.status, Status::accepted);
  EXPECT_EQ(Json::parse(answer.body)["held"], held);
  EXPECT_TRUE(bench.orders.asked.empty());
  EXPECT_EQ(bench.json("/api/v1/assets/db-1/why")["held"], Json::array({held}));
  EXPECT_EQ(bench.post("/api/v1/operations/local-1/approve", "{}").status, Status::forbidden);
  bench.peer = UnixPeer{1000, 1000, 1};
  EXPECT_EQ(bench.post("/api/v1/assets/db-1/wipe", "{}").status, Status::accepted);
  EXPECT_EQ(bench.orders.asked.size(), 1U);
}
