// How much of the hosted side's orders is kept here, and that none is done twice, whatever it gives and
// whenever it gives it again.

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/daemon/hosted/memory_bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using colony::daemon::hosted::test::Bench;
using core::Json;

namespace store = colony::daemon::store;

namespace {

/// What the hosted side was told of its orders, by id: the last word of each.
std::map<std::string, std::string> answers(Bench& bench) {
  std::map<std::string, std::string> told;
  for (const Json& event : bench.agent()["events"]) {
    const Json& result = event["body"]["result"];
    told[event["subject"]] = result.contains("code") ? result["code"].get<std::string>() : "accepted";
  }
  return told;
}

std::size_t with_answer(Bench& bench, std::string_view answer) {
  const auto told = answers(bench);
  return static_cast<std::size_t>(
      std::ranges::count_if(told, [answer](const auto& entry) { return entry.second == answer; }));
}

std::set<std::string> distinct_taken(const Bench& bench) {
  std::set<std::string> ids;
  for (const auto& operation : bench.sink.taken) ids.insert(operation.id);
  return ids;
}

void limit(Bench& bench, OperationLimits limits) {
  bench.settings.operations = limits;
  bench.restart();
  bench.run(10s);
}

void give_all_again(Bench& bench) {
  (void)bench.journal->set("hosted.operations_seq", "0");
  bench.run(1s);
  bench.restart();
}

}  // namespace

TEST(LinkOperations, WhatWaitsForLongIsBoundedAndTheRestIsRefusedByName) {
  Bench bench;
  limit(bench, {.waiting = 10});
  bench.sink.waits = "wipe";
  for (int i = 0; i < 30; ++i) (void)bench.order("wipe");
  (void)bench.order("reboot");
  bench.run(1min);
  EXPECT_EQ(with_answer(bench, "hosted.too_many_waiting"), 20U);
  EXPECT_EQ(with_answer(bench, "accepted"), 1U) << "what need not wait goes past those that do";
  EXPECT_EQ(bench.sink.given_up.size(), 20U) << "nobody is asked about them any more";
  // An answer stands, also when there would be room now.
  bench.sink.waits.clear();
  give_all_again(bench);
  bench.run(5min);
  EXPECT_EQ(with_answer(bench, "hosted.too_many_waiting"), 20U);
  EXPECT_EQ(with_answer(bench, "accepted"), 11U);
}

TEST(LinkOperations, TheBodiesOfWhatWaitsAreBoundedToo) {
  Bench bench;
  limit(bench, {.waiting_bytes = 64});
  bench.sink.waits = "wipe";
  for (int i = 0; i < 10; ++i) (void)bench.order("wipe");  // 14 bytes each
  bench.run(1min);
  EXPECT_EQ(with_answer(bench, "hosted.too_many_waiting"), 6U);
}

TEST(LinkOperations, WhatPassesForAllAtOnceRefusesNone) {
  Bench bench;
  limit(bench, {.waiting = 2});
  bench.sink.answer = core::Error{core::ErrorKind::exhausted, "store.full", "full"};
  for (int i = 0; i < 10; ++i) (void)bench.order("wipe");
  bench.run(1min);
  bench.sink.answer.reset();
  bench.run(1min);
  EXPECT_EQ(with_answer(bench, "accepted"), 10U);
}

TEST(LinkOperations, WhatThereIsNoRoomForStaysOverThereAndComesInItsOrder) {
  for (const bool by_bytes : {false, true}) {
    Bench bench;
    limit(bench, by_bytes ? OperationLimits{.received_bytes = 7 * 14} : OperationLimits{.received = 5});
    bench.sink.answer = core::Error{core::ErrorKind::exhausted, "store.full", "full"};
    std::vector<std::string> given;
    for (int i = 0; i < 40; ++i) given.push_back(bench.order("wipe"));
    bench.run(10min);
    EXPECT_GE(distinct_taken(bench).size(), 5U);
    EXPECT_LE(distinct_taken(bench).size(), 9U);
    EXPECT_EQ(bench.logged("hosted.orders_held_back"), 1U) << "told once";
    ASSERT_TRUE(finding(bench.link->status()));
    EXPECT_EQ(finding(bench.link->status())->find("hosted.orders_held_back"), 0U);
    EXPECT_LE(bench.model.state()["requests"]["by_call"]["agents.operations"].get<int>(), 15)
        << "once a minute";

    bench.sink.answer.reset();
    bench.sink.taken.clear();
    bench.run(30min);
    EXPECT_EQ(with_answer(bench, "accepted"), given.size());
    std::vector<std::string> taken;
    for (const auto& operation : bench.sink.taken) taken.push_back(operation.id);
    EXPECT_EQ(taken, given);
    EXPECT_FALSE(finding(bench.link->status()));
  }
}

TEST(LinkOperations, NewOnesAreTakenAtABoundedRate) {
  Bench bench;
  limit(bench, {.new_ones = 10, .refill = 1min});
  for (int i = 0; i < 60; ++i) (void)bench.order("wipe");
  bench.run(30s);
  EXPECT_LE(bench.sink.taken.size(), 11U);
  bench.run(20min);
  EXPECT_GE(bench.sink.taken.size(), 25U);
  EXPECT_LE(bench.sink.taken.size(), 33U);
  bench.run(1h);
  EXPECT_EQ(bench.sink.taken.size(), 60U);
  EXPECT_EQ(with_answer(bench, "accepted"), 60U);
}

TEST(LinkOperations, NothingIsDoneTwiceHoweverOftenItIsGivenAndWheneverWeDie) {
  Bench bench;
  bench.threading = store::Threading::next_turn;
  limit(bench, {.waiting = 4, .received = 8, .new_ones = 12, .refill = 20s});
  bench.sink.waits = "wipe";
  // A list that grows, of which everything is given every time, under numbers that change every time.
  unsigned round = 0;
  bench.exchange.instead =
      [&](const core::http::ClientRequest& request) -> std::optional<test::MemoryExchange::Answer> {
    if (request.target.find("/operations?") == std::string::npos) return std::nullopt;
    ++round;
    Json list = Json::array();
    for (unsigned i = 0; i < std::min(round, 40U); ++i) {
      list.push_back(Json{{"seq", round * 1000 + i},
                          {"id", fmt::format("op-{}", i)},
                          {"generation", 1},
                          {"type", i % 3 == 0 ? "wipe" : "reboot"},
                          {"target", "web-1"},
                          {"body", Json{{"config", "c"}}}});
    }
    core::http::ClientResponse response;
    response.body = Json{{"operations", std::move(list)}}.dump();
    return response;
  };
  for (int life = 1; life <= 60; ++life) {
    // Each one dies a little later in its work; at the end nothing waits any more.
    bench.timers.run_for(20s + life * 7ms);
    if (life == 50) bench.sink.waits.clear();
    bench.restart();
  }
  bench.run(1h);
  EXPECT_EQ(distinct_taken(bench).size(), 40U);
  std::map<std::string, std::set<std::string>> words;  // all that was said of each
  for (const Json& event : bench.agent()["events"]) {
    if (event["type"] == "operation.received") continue;
    words[event["subject"]].insert(event["type"].get<std::string>() + event["body"]["result"].dump());
  }
  EXPECT_EQ(words.size(), 40U);
  for (const auto& [id, said] : words) EXPECT_EQ(said.size(), 1U) << id << " was answered in two ways";
}
