// The key of a living link is replaced: under load, by bad keys, by revocation. Virtual time; the verdicts
// come from the stand-in's state and from what became of the orders.

#include <algorithm>
#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/virtual_timers.hpp"
#include "daemon/hosted/hosted_link.hpp"
#include "daemon/hosted/key_pair.hpp"
#include "hw-sim/hosted/hosted_server.hpp"
#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using core::Json;
using core::Task;
namespace store = colony::daemon::store;
namespace row = colony::daemon::store::test;

namespace {

/// Keys as CurlExchange holds them; each call takes a while, during which the world goes on.
class KeyedExchange final : public HostedExchange {
 public:
  KeyedExchange(core::Timers& timers, const core::http::Router& router)
      : timers_(timers), exchange_(router, core::http::TcpPeer{}) {}
  std::string key_file = "key-0";
  std::optional<core::Error> read_fault;
  core::Duration each_way = 40ms;

  Task<core::Result<core::http::ClientResponse>> exchange(core::http::ClientRequest request,
                                                          core::BootTime deadline) override {
    request.target = "/api/v1" + request.target;
    (void)request.headers.add("Authorization", "Bearer " + std::string(keys_.current().reveal()));
    co_await timers_.sleep_for(each_way);
    auto answer = co_await exchange_.exchange(std::move(request), deadline);
    co_await timers_.sleep_for(each_way);
    co_return answer;
  }
  bool take_up_new_key() override { return !read_fault && keys_.offer(core::Secret(key_file)); }
  void settle_key() override { keys_.settle(); }
  bool go_back_to_old_key() override { return keys_.go_back(); }
  void ask_for_key_again() override { keys_.ask_again(); }
  KeyIdentity key() const override { return KeyIdentity::of(keys_.current()); }
  std::optional<core::Error> key_fault() const override { return read_fault; }

 private:
  core::Timers& timers_;
  core::http::RouterExchange exchange_;
  KeyPair keys_{core::Secret("key-0")};
};

class CountingSink final : public OperationSink {
 public:
  unsigned taken = 0;
  Task<core::Result<std::string>> submit(Operation operation) override {
    ++taken;
    co_return "workflow-of-" + operation.id;
  }
};

struct Site {
  store::test::TemporaryDirectory directory;
  boost::asio::io_context loop{1};
  core::VirtualTimers timers{loop, row::at(0)};
  core::TaskGroup group{timers};
  core::SeededRandom random, server_random;
  std::vector<std::string> log_lines;
  core::Log log{core::LogLevel::debug, core::LogFormat::text,
                [this](core::LogLevel, std::string_view line) { log_lines.emplace_back(line); }};
  hw_sim::HostedModel model{{.key = "key-0"}, server_random, {}};
  hw_sim::HostedServer server{timers, model, ""};
  KeyedExchange exchange{timers, server.router()};
  CountingSink sink;
  std::unique_ptr<store::Store> journal;
  std::unique_ptr<HostedLink> link;

  explicit Site(std::uint64_t seed = 5) : random(seed), server_random(seed + 1) {
    auto options = row::options_in(directory);
    options.durability = store::Durability::simulation;
    auto opened = store::Store::open(timers, {options, store::Threading::inline_calls, {}});
    if (!opened) std::abort();
    journal = std::move(*opened);
    link = std::make_unique<HostedLink>(
        LinkPorts{timers, log, random, *journal, exchange, sink, [] { return Json{{"status", "ready"}}; }},
        LinkSettings{.datacenter_id = "dc", .agent_id = "", .limits = {}});
    link->start();
    run(10s);
  }
  ~Site() {
    const auto stop = [](HostedLink& l) -> Task<> { co_await l.stop(); };
    group.spawn("stop", stop(*link));
    timers.run_until([this] { return group.size() == 0; }, timers.now() + 1h);
  }
  void run(core::Duration span) { timers.run_for(span); }
  void commit(unsigned events) {
    workflows::Batch batch;
    for (unsigned i = 0; i < events; ++i) batch.events.push_back(row::event(R"({"n":1})"));
    (void)journal->commit(std::move(batch));
  }
  void fault(const std::string& text) { model.faults().add(*hw_sim::parse_hosted_fault(text)); }
  void order() {
    (void)model.order("discover", "web-1", Json::object());
    server.changed();
  }
  const Json& agent() const { return model.state()["agents"].begin().value(); }
  unsigned answered(const std::string& status) const {
    return model.state()["requests"]["by_status"].value(status, 0U);
  }
  unsigned logged(std::string_view id) const {
    return static_cast<unsigned>(
        std::count_if(log_lines.begin(), log_lines.end(),
                      [id](const std::string& line) { return line.find(id) != std::string::npos; }));
  }
  LinkStatus status() const { return link->status(); }
};

std::string id_of(const std::string& key) {
  return KeyIdentity::of(core::Secret(key)).text();
}

}  // namespace

TEST(KeyRotation, AThousandUnderLoadFailNoOperation) {
  constexpr std::uint64_t seed = 20261128;
  constexpr unsigned rotations = 1000;
  Site site(seed);
  core::SeededRandom dice(seed);
  unsigned orders = 0, at_once = 0;
  std::uint64_t events = 0;
  const auto work = [&](core::Duration longest) {
    const auto parts = 1 + dice.below(3);
    for (std::uint64_t i = 0; i < parts; ++i) {
      const auto some = static_cast<unsigned>(1 + dice.below(20));
      site.commit(some);
      events += some;
      if (dice.below(3) == 0) {
        site.order();
        ++orders;
      }
      site.run(core::Duration(
          static_cast<core::Duration::rep>(dice.below(static_cast<std::uint64_t>(longest.count())))));
    }
  };
  for (unsigned n = 1; n <= rotations; ++n) {
    const auto key = fmt::format("key-{}", n);
    site.model.add_key(key);
    work(5s);
    site.exchange.key_file = key;
    // The old one is revoked when the new one is seen in use, or by an impatient person at any moment.
    if (dice.below(2) == 0) {
      ++at_once;
      site.run(std::chrono::milliseconds(dice.below(5000)));
    } else {
      site.run(6s);
      ASSERT_EQ(site.status().key, id_of(key)) << "taken up by itself, rotation " << n;
    }
    site.model.set_key(key);
    work(20s);
    ASSERT_NE(site.status().mode, LinkPlan::Mode::locked_out) << "rotation " << n;
  }
  site.run(5min);
  EXPECT_EQ(site.status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(site.status().key, id_of(fmt::format("key-{}", rotations)));
  EXPECT_EQ(site.sink.taken, orders) << "each order, once";
  events += orders;  // operation.accepted
  EXPECT_EQ(site.agent()["acked_seq"], events);
  EXPECT_FALSE(site.agent()["event_posts"].contains("out_of_order"));
  EXPECT_FALSE(site.agent()["event_posts"].contains("contradicting"));
  EXPECT_EQ(site.agent()["event_posts"]["raw"], events) << "no event was sent twice";
  EXPECT_EQ(site.logged("hosted.key_refused"), 0U);
  EXPECT_EQ(site.logged("hosted.key_not_taken"), 0U);
  EXPECT_EQ(site.answered("429"), 0U);
  EXPECT_LE(site.answered("401"), 2 * at_once) << "a call on its way with the old key, in each lane";
  const auto hours =
      std::chrono::duration<double, std::ratio<3600>>(site.timers.now().time_since_epoch()).count();
  std::printf(
      "seed %llu: %u rotations in %.1f virtual hours, %u of them revoked without waiting; %u orders and %llu "
      "events, none lost, none twice; %u calls met a revoked key and were made again\n",
      static_cast<unsigned long long>(seed), rotations, hours, at_once, orders,
      static_cast<unsigned long long>(events), site.answered("401"));
}

TEST(KeyRotation, AKeyThatIsRefusedGivesWayToTheOldOneAndIsNamed) {
  Site site;
  site.exchange.key_file = "wrong";
  site.commit(5);
  site.run(1min);
  EXPECT_EQ(site.status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(site.status().key, id_of("key-0"));
  EXPECT_EQ(site.agent()["acked_seq"], 5U);
  EXPECT_EQ(site.answered("401"), 1U) << "it is not tried again and again";
  const auto told = finding(site.status());
  ASSERT_TRUE(told);
  EXPECT_NE(told->find("hosted.key_not_taken: hosted.key_refused"), std::string::npos) << *told;
  site.model.add_key("wrong");  // whoever made it had forgotten to enable it
  site.run(15min);
  EXPECT_EQ(site.status().key, id_of("wrong"));
  EXPECT_FALSE(finding(site.status()));
}

TEST(KeyRotation, AKeyOfAnotherDatacenterGivesWayToTheOldOneAndRegistersNothing) {
  Site site;
  site.model.add_key("elsewhere");
  site.fault("agents.heartbeat:404:1");
  site.exchange.key_file = "elsewhere";
  site.run(90s);
  EXPECT_EQ(site.status().key, id_of("key-0"));
  EXPECT_EQ(site.model.state()["agents"].size(), 1U);
  ASSERT_TRUE(finding(site.status()));
  EXPECT_NE(finding(site.status())->find("hosted.agent_unknown"), std::string::npos);
}

TEST(KeyRotation, AKeyThatCannotBeReadChangesNothingAndIsNamed) {
  Site site;
  site.exchange.read_fault =
      core::Error{core::ErrorKind::invalid_input, "key.truncated", "the key is cut off"};
  site.commit(3);
  site.run(1min);
  EXPECT_EQ(site.status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(site.agent()["acked_seq"], 3U);
  EXPECT_EQ(site.logged("hosted.key_not_taken"), 1U) << "told once";
  ASSERT_TRUE(finding(site.status()));
  EXPECT_NE(finding(site.status())->find("key.truncated"), std::string::npos);
  site.exchange.read_fault.reset();
  site.run(6s);
  EXPECT_FALSE(finding(site.status()));
}

TEST(KeyRotation, ARevokedKeySilencesTheLinkUntilAGoodOneComes) {
  Site site;
  site.model.set_key("another");
  site.commit(4);
  site.run(10min);
  EXPECT_EQ(site.status().mode, LinkPlan::Mode::locked_out);
  EXPECT_LE(site.answered("401"), 3U) << "nothing is sent";
  EXPECT_EQ(site.logged("hosted.key_refused"), 1U);
  // A bad one first, twice: each is tried once and nothing else is sent.
  for (const auto* bad : {"bad-1", "bad-2"}) {
    const auto before = site.answered("401");
    site.exchange.key_file = bad;
    site.run(5min);
    EXPECT_EQ(site.status().mode, LinkPlan::Mode::locked_out) << bad;
    EXPECT_LE(site.answered("401"), before + 2) << bad;
  }
  site.exchange.key_file = "another";
  site.run(30s);
  EXPECT_EQ(site.status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(site.agent()["acked_seq"], 4U);
}
