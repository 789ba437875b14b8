// The boot server's routes in memory, under virtual time.
#include "pxe/http/boot_routes.hpp"

#include <map>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "core/async/task_group.hpp"
#include "core/async/virtual_timers.hpp"
#include "core/http/exchange.hpp"
#include "tests/temporary_directory.hpp"

using namespace colony;
using namespace colony::core;
using namespace colony::core::http;
using namespace colony::pxe;
using namespace std::chrono_literals;

namespace {

const MacAddress machine = *MacAddress::parse("52:54:00:00:00:01");
const MacAddress other = *MacAddress::parse("52:54:00:00:00:02");
const Ipv4Address address = *Ipv4Address::parse("10.77.0.21");

struct FakePolicy final : BootPolicy {
  bool serves(const BootRequest& request) const override { return decisions.contains(request.mac); }
  bool knows(MacAddress mac) const override { return decisions.contains(mac); }
  BootDecision decide(const BootRequest& request) override {
    asked.push_back(request);
    return decisions.at(request.mac);
  }
  std::map<MacAddress, BootDecision> decisions;
  std::vector<BootRequest> asked;
};

struct FakeAddresses final : ClientAddresses {
  std::optional<MacAddress> find(Ipv4Address whose) const override {
    const auto found = known.find(whose);
    if (found == known.end()) return std::nullopt;
    return found->second;
  }
  std::optional<MacAddress> holder(Ipv4Address whose) const override {
    return strangers.contains(whose) ? std::optional(strangers.at(whose)) : find(whose);
  }
  std::map<Ipv4Address, MacAddress> known;
  std::map<Ipv4Address, MacAddress> strangers;  // on our link, and not served
};

struct FakeSink final : EvidenceSink {
  void emit(Evidence evidence) override { all.push_back(std::move(evidence)); }
  std::vector<Evidence> all;
};

struct FakeConfigs final : ConfigDelivery {
  Task<Result<ConfigGrant>> open(std::string token, Ipv4Address peer,
                                 std::optional<MacAddress> mac) override {
    seen_peer = peer;
    seen_mac = mac;
    if (token == "early") co_return fail(ErrorKind::exhausted, "config.not_open", "not yet");
    if (token == "theirs") co_return fail(ErrorKind::conflict, "config.other_machine", "not yours");
    if (token != "good") co_return fail(ErrorKind::not_found, "config.unknown", "unknown");
    co_return ConfigGrant{"grant-1", Secret("machine: config")};
  }
  Task<> delivered(std::string grant_id, bool complete, std::uint64_t bytes) override {
    deliveries.push_back(grant_id + (complete ? " complete " : " cut ") + std::to_string(bytes));
    co_return;
  }
  Ipv4Address seen_peer;
  std::optional<MacAddress> seen_mac;
  std::vector<std::string> deliveries;
};

struct Bench {
  boost::asio::io_context loop{1};
  VirtualTimers timers{loop, *parse_utc("2026-11-20T00:00:00Z")};
  TaskGroup group{timers};
  Log log = Log::silent();
  InlinePool pool;
  test::TemporaryDirectory directory;
  ArtifactCache artifacts{timers, pool, directory.file("artifacts")};
  BootPrograms programs;
  FakePolicy policy;
  FakeAddresses addresses;
  FakeSink sink;
  FakeConfigs configs;
  Result<SiteFiles> files = SiteFiles::open(directory.path());
  BootRoutes routes{{timers, log, policy, addresses, sink, artifacts, programs, configs,
                     [](const BootDecision& decision, const BootRequest& request) -> Result<std::string> {
                       if (const auto* hold = std::get_if<Hold>(&decision))
                         return "#!ipxe hold " + hold->reason;
                       if (const auto* disk = std::get_if<LocalDisk>(&decision);
                           disk != nullptr && disk->handover == LocalHandover::not_found) {
                         return fail(ErrorKind::not_found, "ipxe.no_script", "none");
                       }
                       if (request.uuid) return "#!ipxe " + request.uuid->to_string();
                       return "#!ipxe";
                     },
                     &*files}};
  Router router;
  RouterExchange exchange{router, TcpPeer{address, 4711}};

  Bench() {
    routes.add_to(router);
    routes.set_ready(true);
    addresses.known.emplace(address, machine);
    policy.decisions.emplace(machine, LocalDisk{});
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    const auto body = [](Task<T> t, std::optional<T>& o) -> Task<> { o.emplace(co_await std::move(t)); };
    group.spawn("test", body(std::move(task), out));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
    return std::move(*out);
  }
  ClientResponse get(std::string target, Method method = Method::get) {
    ClientRequest request;
    request.method = method;
    request.target = std::move(target);
    return *run(exchange.exchange(std::move(request), timers.now() + 1s));
  }
};

}  // namespace

TEST(BootRoutes, AnswerNothingUntilReady) {
  Bench bench;
  bench.routes.set_ready(false);
  const auto answer = bench.get("/boot.ipxe?mac=52:54:00:00:00:01");
  EXPECT_EQ(answer.status, Status::unavailable);
  EXPECT_EQ(answer.headers.find("Retry-After"), "2");
  EXPECT_TRUE(bench.policy.asked.empty());
  bench.routes.set_ready(true);
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:01").status, Status::ok);
}

TEST(BootRoutes, HandOutTheScriptThatPolicyDecides) {
  Bench bench;
  const auto answer =
      bench.get("/boot.ipxe?mac=52-54-00-00-00-01&uuid=aa872c72-cbe1-498b-9b83-37a19e578d34&arch=efi-x64");
  EXPECT_EQ(answer.body, "#!ipxe aa872c72-cbe1-498b-9b83-37a19e578d34");
  EXPECT_EQ(answer.headers.find("Cache-Control"), "no-store");
  ASSERT_EQ(bench.policy.asked.size(), 1U);
  EXPECT_EQ(bench.policy.asked[0].stage, BootStage::ipxe);
  EXPECT_EQ(bench.policy.asked[0].address, address);
  ASSERT_EQ(bench.sink.all.size(), 1U);
  EXPECT_EQ(std::get<ScriptServed>(bench.sink.all[0].fact).script, "local-disk");
  EXPECT_EQ(bench.sink.all[0].mac, machine);
  EXPECT_EQ(bench.sink.all[0].source, "pxe.http");
}

TEST(BootRoutes, TakeNotFoundForAHandoverToTheDiskWherePolicyWantsIt) {
  Bench bench;
  bench.policy.decisions.insert_or_assign(machine, LocalDisk{LocalHandover::not_found});
  const auto answer = bench.get("/boot.ipxe?mac=52:54:00:00:00:01");
  EXPECT_EQ(answer.status, Status::not_found);
  EXPECT_NE(answer.body.find("BOOT_LOCAL_DISK"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.headers.find("Cache-Control"), "no-store");
  ASSERT_EQ(bench.sink.all.size(), 1U) << "workflows wait for this handover";
  EXPECT_EQ(std::get<ScriptServed>(bench.sink.all[0].fact).script, "local-disk");
}

TEST(BootRoutes, AMachineThatIsGoneToItsDiskBeforeItAcknowledgedTheScriptWasSentThere) {
  Bench bench;
  const auto deliver = [&bench](BootDecision decision, Delivery how) {
    bench.policy.decisions.insert_or_assign(machine, std::move(decision));
    bench.sink.all.clear();
    HttpRequest request;
    request.path = "/boot.ipxe";
    request.query.emplace("mac", machine.to_string());
    request.peer = TcpPeer{address, 4711};
    auto response = bench.run(bench.router.handle(std::move(request)));
    bench.timers.run_for(15s);  // as long as the server waits for the peer
    bench.group.spawn("delivered", response.on_delivered(how));
    bench.timers.run_until([&bench] { return bench.group.size() == 0; }, bench.timers.now() + 1s);
    return bench.sink.all.size();
  };
  const UtcTime asked = bench.timers.utc_now();
  ASSERT_EQ(deliver(LocalDisk{LocalHandover::sanboot}, {0, 64, 64, false}), 1U);
  EXPECT_EQ(bench.sink.all[0].at, asked) << "the wait is no time of the machine's";
  EXPECT_EQ(deliver(LocalDisk{LocalHandover::sanboot}, {0, 32, 64, false}), 0U) << "cut";
  for (const auto stays : {LocalHandover::exit, LocalHandover::not_found}) {
    EXPECT_EQ(deliver(LocalDisk{stays}, {0, 64, 64, false}), 0U) << "iPXE goes on to live and acknowledges";
  }
  EXPECT_EQ(deliver(Hold{"x"}, {0, 64, 64, false}), 0U) << "who stays acknowledges";
}

TEST(BootRoutes, NeverGiveAScriptToAnotherMachine) {
  Bench bench;
  bench.policy.decisions.emplace(other, Hold{"x"});
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:02").status, Status::forbidden);
  EXPECT_TRUE(bench.policy.asked.empty());
}

TEST(BootRoutes, NeverGiveAScriptToAStrangerWhoNamesAMachineOfOurs) {
  Bench bench;
  bench.addresses.known.clear();
  bench.addresses.strangers.emplace(address, other);
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:01").status, Status::forbidden);
  // Nor to somebody of whom nothing is known.
  bench.addresses.strangers.clear();
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:01").status, Status::forbidden);
  EXPECT_TRUE(bench.policy.asked.empty());
  EXPECT_TRUE(bench.sink.all.empty()) << "what a stranger fetches is no evidence of a machine's boot";
}

TEST(BootRoutes, RefuseStrangersAndBadRequests) {
  Bench bench;
  bench.addresses.known.insert_or_assign(address, *MacAddress::parse("52:54:00:00:00:99"));
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:99").status, Status::not_found);
  EXPECT_EQ(bench.get("/boot.ipxe").status, Status::bad_request);
  EXPECT_EQ(bench.get("/boot.ipxe?mac=ff:ff:ff:ff:ff:ff").status, Status::bad_request);
  EXPECT_EQ(bench.get("/boot.ipxe?mac=52:54:00:00:00:01&uuid=x").status, Status::bad_request);
  EXPECT_EQ(bench.get("/elsewhere").status, Status::not_found);
  EXPECT_TRUE(bench.sink.all.empty());
}

TEST(BootRoutes, ServeArtifactsByDigestWithEvidence) {
  Bench bench;
  ASSERT_TRUE(bench.run(bench.artifacts.open()));
  const auto artifact =
      bench.run(bench.artifacts.import_file(bench.directory.write("k", "kernel"), std::nullopt));
  const std::string path = "/artifacts/sha256/" + artifact->digest.to_string();
  const auto answer = bench.get(path);
  EXPECT_EQ(answer.body, "kernel");
  EXPECT_EQ(answer.headers.find("ETag"), "\"" + artifact->digest.to_string() + "\"");
  ASSERT_EQ(bench.sink.all.size(), 1U);
  const auto& served = std::get<ArtifactServed>(bench.sink.all[0].fact);
  EXPECT_EQ(served.digest, artifact->digest.to_string());
  EXPECT_TRUE(served.complete);
  EXPECT_EQ(bench.get("/artifacts/sha256/" + sha256("other").to_string()).status, Status::not_found);
  EXPECT_EQ(bench.get("/artifacts/sha256/abc").status, Status::bad_request);
  // A stranger may fetch, but leaves no evidence.
  bench.addresses.known.clear();
  EXPECT_EQ(bench.get(path).body, "kernel");
  EXPECT_EQ(bench.sink.all.size(), 1U);
}

TEST(BootRoutes, ServeBootProgramsAndSiteFiles) {
  Bench bench;
  ASSERT_TRUE(bench.programs.load({"snponly.efi", bench.directory.write("p", "MZ")}));
  EXPECT_EQ(bench.get("/nbp/snponly.efi").body, "MZ");
  EXPECT_EQ(std::get<NbpSent>(bench.sink.all.at(0).fact).file, "snponly.efi");
  EXPECT_EQ(bench.get("/nbp/other.efi").status, Status::not_found);
  EXPECT_EQ(bench.get("/files/p").body, "MZ");
  EXPECT_EQ(bench.get("/files/missing").status, Status::not_found);
}

TEST(BootRoutes, DelegateConfigsAndReportTheirDelivery) {
  Bench bench;
  EXPECT_EQ(bench.get("/config/good").body, "machine: config");
  EXPECT_EQ(bench.configs.seen_peer, address);
  EXPECT_EQ(bench.configs.seen_mac, machine);
  EXPECT_EQ(bench.configs.deliveries, (std::vector<std::string>{"grant-1 complete 15"}));
  const auto early = bench.get("/config/early");
  EXPECT_EQ(early.status, Status::unavailable);
  EXPECT_TRUE(early.headers.find("Retry-After"));
  EXPECT_EQ(bench.get("/config/theirs").status, Status::forbidden);
  EXPECT_EQ(bench.get("/config/spent").status, Status::not_found);
  EXPECT_EQ(bench.get("/config/good", Method::head).status, Status::method_not_allowed);
  EXPECT_EQ(bench.configs.deliveries.size(), 1U);
}

TEST(BootRoutes, GiveConfigsOnlyWhole) {
  Bench bench;
  HttpRequest request;
  request.path = "/config/good";
  request.peer = TcpPeer{address, 4711};
  EXPECT_TRUE(bench.run(bench.router.handle(std::move(request))).whole_only);
}
