// The link against the hosted stand-in, both in memory under virtual time. Verdicts come from the stand-in's
// state: what arrived, how often, in which order.

#include "daemon/hosted/hosted_link.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "tests/daemon/hosted/memory_bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace std::chrono_literals;
using colony::daemon::hosted::test::Bench;
using core::Json;
using core::Task;
namespace store = colony::daemon::store;
namespace row = colony::daemon::store::test;

TEST(HostedLink, RegistersBeatsAndStreams) {
  Bench bench;
  bench.commit_asset(1);
  bench.commit(3);
  bench.run(10s);
  EXPECT_EQ(bench.agent()["datacenter_id"], "dc");
  EXPECT_EQ(bench.agent()["state"]["status"], "ready");
  EXPECT_EQ(bench.distinct(), 3U);
  EXPECT_EQ(bench.agent()["assets"].size(), 1U);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::linked);
  bench.run(10min);
  EXPECT_GE(bench.agent()["heartbeats"], 10);
  EXPECT_EQ(bench.agent()["event_posts"]["raw"], 3) << "once";
}

TEST(HostedLink, SendsWhatHappensSoonAndInBatches) {
  Bench bench;
  bench.run(10s);
  for (int i = 0; i < 500; ++i) {
    bench.commit(2);
    bench.run(100ms);
  }
  bench.run(15s);
  EXPECT_EQ(bench.distinct(), 1000U);
  EXPECT_EQ(bench.agent()["event_posts"]["raw"], 1000);
  EXPECT_LE(bench.agent()["event_posts"]["posts"], 40);
}

TEST(HostedLink, KeepsItsAgentOverARestartAndSendsNothingTwice) {
  Bench bench;
  bench.commit(5);
  bench.run(10s);
  bench.restart();
  bench.commit(2);
  bench.run(10s);
  EXPECT_EQ(bench.model.state()["agents"].size(), 1U);
  EXPECT_EQ(bench.distinct(), 7U);
  EXPECT_EQ(bench.agent()["event_posts"]["raw"], 7);
}

TEST(HostedLink, AdoptsTheAgentThatA409Names) {
  Bench bench({.key = "good"});
  bench.run(10s);
  const auto first = bench.link->status().agent_id;
  // The database is lost; the datacenter still has its agent.
  std::vector<std::string> writes;
  (void)bench.journal->set("hosted.agent_id", "");
  bench.run(1s);
  bench.restart();
  bench.run(10s);
  EXPECT_EQ(bench.link->status().agent_id, first);
}

TEST(HostedLink, TakesAnOperationOnceAndSaysWhatBecameOfIt) {
  Bench bench;
  bench.run(10s);
  const auto id = bench.order("wipe");
  bench.run(5s);
  ASSERT_EQ(bench.sink.taken.size(), 1U);
  EXPECT_EQ(bench.sink.taken[0].id, id);
  EXPECT_EQ(bench.sink.taken[0].body_json, R"({"config":"c"})");
  ASSERT_EQ(bench.agent()["events"].size(), 1U);
  EXPECT_EQ(bench.agent()["events"][0]["type"], "operation.accepted");
  EXPECT_EQ(bench.agent()["events"][0]["body"]["result"]["workflow_id"], "workflow-of-" + id);
  std::optional<store::OperationRow> kept;
  const auto look = [](store::Store& s, std::string which,
                       std::optional<store::OperationRow>& out) -> Task<> {
    const auto found = co_await s.operation(std::move(which));
    if (found) out = *found;
  };
  bench.group.spawn("look", look(*bench.journal, id, kept));
  bench.run(1s);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state, store::OperationState::accepted);
  EXPECT_EQ(kept->body_json, "") << "it may hold a cluster's keys, and nobody reads it again";
  bench.restart();
  bench.run(5min);
  EXPECT_EQ(bench.sink.taken.size(), 1U);
}

TEST(HostedLink, AnswersARepeatedOperationWithItsStoredResult) {
  Bench bench;
  bench.run(10s);
  (void)bench.order("wipe");
  bench.run(5s);
  // The hosted side forgets that we asked: everything again.
  (void)bench.journal->set("hosted.operations_seq", "0");
  bench.run(1s);
  bench.restart();
  bench.run(10s);
  EXPECT_EQ(bench.sink.taken.size(), 1U) << "not acted on again";
  EXPECT_EQ(bench.agent()["events"].size(), 2U) << "but answered again";
  EXPECT_EQ(bench.agent()["events"][1]["type"], "operation.accepted");
}

TEST(HostedLink, RefusesForGoodOrTriesAgainAsTheReasonIs) {
  Bench bench;
  bench.run(10s);
  bench.sink.answer = core::Error{core::ErrorKind::unsupported, "orders.unsupported", "no k3s here"};
  (void)bench.order("os-provision");
  bench.run(1min);
  EXPECT_EQ(bench.sink.taken.size(), 1U);
  EXPECT_EQ(bench.agent()["events"][0]["type"], "operation.refused");
  EXPECT_EQ(bench.agent()["events"][0]["body"]["result"]["code"], "orders.unsupported");
  bench.sink.answer = core::Error{core::ErrorKind::exhausted, "store.disk_full", "full"};
  (void)bench.order("wipe");
  bench.run(1min);
  EXPECT_GE(bench.sink.taken.size(), 5U);
  EXPECT_LE(bench.sink.taken.size(), 10U);
  bench.sink.answer.reset();
  bench.run(1min);
  EXPECT_EQ(bench.agent()["events"].back()["type"], "operation.accepted");
}

TEST(HostedLink, OperationsThatWaitHideNoneBehindThem) {
  Bench bench;
  bench.run(10s);
  bench.sink.waits = "wipe";
  for (int i = 0; i < 120; ++i) (void)bench.order("wipe");
  bench.run(10s);
  (void)bench.order("reboot");
  bench.run(1min);
  ASSERT_FALSE(bench.agent()["events"].empty());
  EXPECT_EQ(bench.agent()["events"].back()["type"], "operation.accepted");
  EXPECT_EQ(bench.logged("hosted.operation_waits"), 120U) << "each once";
  bench.sink.waits.clear();
  bench.run(5min);
  EXPECT_EQ(bench.agent()["events"].size(), 121U);
}

TEST(HostedLink, SubmitsAfterARestartWhatItHadOnlyReceived) {
  Bench bench;
  bench.run(10s);
  bench.sink.answer = core::Error{core::ErrorKind::cancelled, "x", "stopping"};
  (void)bench.order("wipe");
  bench.run(1s);
  bench.sink.answer.reset();
  bench.restart();
  bench.run(10s);
  EXPECT_EQ(bench.agent()["events"].back()["type"], "operation.accepted");
}

TEST(HostedLink, SpoolsWhileUnpluggedAndLosesNothing) {
  Bench bench;
  bench.exchange.unplugged = true;
  for (int i = 0; i < 72; ++i) {
    bench.commit(10);
    bench.run(1h);
  }
  EXPECT_LE(bench.exchange.attempts, 72U * 60U / 3U) << "every few minutes";
  EXPECT_EQ(bench.logged("hosted.unreachable"), 1U) << "told once";
  bench.exchange.unplugged = false;
  bench.run(10min);
  EXPECT_EQ(bench.distinct(), 720U);
  EXPECT_EQ(bench.agent()["event_posts"]["raw"], 720);
  EXPECT_FALSE(bench.agent()["event_posts"].contains("out_of_order"));
  EXPECT_EQ(bench.logged("hosted.back"), 1U);
}

TEST(HostedLink, IsBackWithTheFirstCallThatGetsThroughThoughAPollIsHeld) {
  Bench bench;
  bench.run(10s);
  bench.exchange.unplugged = true;
  bench.commit(1);
  bench.run(2min);
  EXPECT_EQ(bench.link->status().problem, "http.connect");
  bench.exchange.unplugged = false;
  ASSERT_TRUE(bench.timers.run_until([&] { return bench.distinct() == 1; }, bench.timers.now() + 10min));
  bench.run(1s);
  EXPECT_EQ(bench.link->status().problem, "");
}

TEST(HostedLink, OneCallThatFailsIsNotForgottenBecauseAnotherSucceeds) {
  Bench bench;
  bench.run(10s);
  bench.fault("agents.events:500:1000");
  bench.commit(1);
  bench.run(20min);
  EXPECT_EQ(bench.link->status().problem, "hosted.unavailable");
  EXPECT_EQ(bench.logged("hosted.unreachable"), 1U) << "once, not with every heartbeat";
  EXPECT_EQ(bench.logged("hosted.back"), 0U);
}

TEST(HostedLink, NamesAWrongKeyOnceAndResumesWithTheNewFile) {
  Bench bench;
  bench.run(10s);
  bench.model.set_key("rotated");
  bench.commit(5);
  bench.run(10min);
  EXPECT_EQ(bench.logged("hosted.key_refused"), 1U);
  EXPECT_LE(bench.model.state()["requests"]["by_status"]["401"].get<int>(), 3) << "no hot loop";
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::locked_out);
  // Also after the poll that was held when it happened has come back well.
  EXPECT_EQ(bench.link->status().problem, "hosted.key_refused");
  EXPECT_NE(bench.link->status().reason.find("401"), std::string::npos) << bench.link->status().reason;
  bench.exchange.key_file = "rotated";
  bench.run(30s);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(bench.link->status().problem, "");
  EXPECT_EQ(bench.distinct(), 5U);
}

TEST(HostedLink, FallsBackWhenThereIsNoAgentPart) {
  Bench bench({.key = "good", .agent_part = false});
  bench.commit(5);
  bench.run(10min);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::documented);
  EXPECT_GE(bench.agent()["heartbeats"], 9);
  EXPECT_GE(bench.model.state()["requests"]["by_call"]["workflows.list"], 8);
  EXPECT_LE(bench.model.state()["requests"]["by_call"].value("unknown", 0), 3);
  EXPECT_EQ(bench.journal->marks().last_event.value, 5U) << "the outbox keeps them";
}

TEST(HostedLink, KeepsBoundedlyManyEventsForAHostedSideThatHasNoCallForThem) {
  Bench bench({.key = "good", .agent_part = false});
  bench.settings.kept_without_receiver = 300;
  bench.restart();
  bench.run(10s);
  ASSERT_EQ(bench.link->status().mode, LinkPlan::Mode::documented);
  for (int i = 0; i < 399; ++i) bench.commit(1);
  bench.run(1s);
  EXPECT_EQ(bench.link->status().acknowledged.value, 0U);
  for (int i = 0; i < 500; ++i) {
    bench.commit(1);
    bench.run(10ms);
  }
  const auto waiting = bench.journal->marks().last_event.value - bench.link->status().acknowledged.value;
  EXPECT_GE(waiting, 300U);
  EXPECT_LT(waiting, 400U);
}

TEST(HostedLink, KeepsEveryEventWhileTheHostedSideIsOnlyAway) {
  Bench bench;
  bench.settings.kept_without_receiver = 10;
  bench.restart();
  bench.run(10s);
  bench.exchange.unplugged = true;
  for (int i = 0; i < 300; ++i) bench.commit(1);
  bench.run(1h);
  bench.exchange.unplugged = false;
  bench.run(1h);
  EXPECT_EQ(bench.distinct(), 300U);
}

TEST(HostedLink, StaysBelowTheDocumentedLimits) {
  Bench bench;
  for (int i = 0; i < 4 * 3600; ++i) {
    bench.commit(1);
    if (i % 10 == 0) bench.commit_asset(static_cast<unsigned>(i % 40));
    bench.run(1s);
  }
  EXPECT_FALSE(bench.model.state()["requests"]["by_status"].contains("429"));
  bench.run(1min);
  EXPECT_EQ(bench.distinct(), 4U * 3600U);
}

TEST(HostedLink, ARestartIsNoFreshHour) {
  Bench bench;
  for (int i = 0; i < 400; ++i) {
    bench.commit(1);
    bench.run(5s);
    bench.restart();
  }
  EXPECT_LE(bench.model.state()["requests"]["total"].get<int>(), 1000);
  EXPECT_FALSE(bench.model.state()["requests"]["by_status"].contains("429"));
}

TEST(HostedLink, SurvivesEveryFaultOnEveryCall) {
  for (const std::string call :
       {"agents.create", "agents.heartbeat", "agents.operations", "agents.events", "agents.assets"}) {
    for (const std::string kind : {"drop", "drop_after_apply", "truncated", "slow", "500", "503", "429"}) {
      Bench bench;
      bench.fault(call + ":" + kind + ":2");
      bench.commit_asset(1);
      bench.commit(4);
      bench.run(30s);
      (void)bench.order("wipe");
      bench.commit(4);
      bench.run(5min);
      const auto when = call + " " + kind;
      ASSERT_EQ(bench.distinct(), 9U) << when;
      EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting")) << when;
      EXPECT_FALSE(bench.agent()["event_posts"].contains("out_of_order")) << when;
      EXPECT_EQ(bench.sink.taken.size(), 1U) << when;
      EXPECT_EQ(bench.model.state()["agents"].size(), 1U) << when;
      EXPECT_EQ(bench.agent()["assets"].size(), 1U) << when;
    }
  }
}

TEST(HostedLink, SendsTheNewestStateWithEveryPost) {
  Bench bench;
  workflows::Batch batch;
  batch.writes.emplace_back(row::asset_row(1));
  batch.writes.emplace_back(row::workflow_row(3, 1));
  batch.events = {row::event("{}")};
  (void)bench.journal->commit(std::move(batch));
  bench.run(10s);
  ASSERT_EQ(bench.agent()["snapshot"].size(), 1U);
  EXPECT_EQ(bench.agent()["snapshot"][0]["status"], "running");
  EXPECT_EQ(bench.agent()["snapshot"][0]["operation_id"], "op-3");
}

TEST(HostedLink, ShowsEveryEndAtOnceBehindABacklog) {
  Bench bench;
  bench.run(10s);
  bench.exchange.unplugged = true;
  constexpr unsigned ended = 300;
  for (unsigned number = 1; number <= ended; ++number) {
    workflows::Batch batch;
    batch.writes.emplace_back(row::asset_row(number));
    auto workflow = row::workflow_row(number, number);
    workflow.status = workflows::WorkflowStatus::completed;
    batch.events.push_back({"workflow.finished", workflow.id.to_string(), row::at(10), "{}"});
    batch.writes.emplace_back(std::move(workflow));
    if (number == 1) batch.events.insert(batch.events.begin(), 20'000, row::event("{}"));
    (void)bench.journal->commit(std::move(batch));
  }
  bench.run(1min);
  bench.exchange.unplugged = false;
  const auto before = bench.agent()["event_posts"]["posts"].get<int>();
  bench.timers.run_until([&] { return bench.agent()["event_posts"]["posts"].get<int>() > before; },
                         bench.timers.now() + 10min);
  EXPECT_LE(bench.distinct(), 1000U) << "it is still at the beginning";
  EXPECT_EQ(bench.agent()["workflows"].size(), ended);
  EXPECT_EQ(bench.agent()["workflows"].begin().value()["status"], "completed");
  bench.run(2min);
  EXPECT_EQ(bench.distinct(), 20'300U);
  EXPECT_LE(bench.agent()["snapshot"].size(), 32U) << "each end was shown once";
}

// ---- Either side comes back from a backup ----

TEST(HostedLink, SendsAgainWhatAHostedSideFromABackupHasLost) {
  Bench bench;
  bench.commit(300);
  bench.run(20s);
  const auto backup = bench.model.state();
  bench.commit(500);
  bench.run(1min);
  ASSERT_EQ(bench.distinct(), 800U);
  bench.model.restore(backup);
  bench.run(2h);  // nothing happens here meanwhile
  EXPECT_EQ(bench.distinct(), 800U);
  EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting"));
  EXPECT_FALSE(bench.agent()["event_posts"].contains("out_of_order"));
  EXPECT_EQ(bench.logged("hosted.resend"), 1U);
}

TEST(HostedLink, GoesOnWithAHostedSideThatLostMoreThanIsKeptHere) {
  Bench bench;
  bench.retention.acknowledged_events = 100;
  bench.restart();
  bench.commit(50);
  bench.run(20s);
  const auto backup = bench.model.state();
  for (int i = 0; i < 20; ++i) {
    bench.commit(100);
    bench.run(10s);
  }
  ASSERT_EQ(bench.distinct(), 2050U);
  bench.model.restore(backup);
  bench.commit(1);
  bench.run(2min);
  EXPECT_EQ(bench.distinct(), 2051U);
  EXPECT_EQ(bench.agent()["lost_events"], 1950 - 50);
  // One that insists on what is gone is named, and not answered in a loop.
  bench.exchange.acknowledge = 60;
  const auto attempts = bench.exchange.attempts;
  bench.commit(1);
  bench.run(10min);
  EXPECT_GE(bench.logged("hosted.events_lost"), 1U);
  EXPECT_LE(bench.exchange.attempts - attempts, 120U);
  bench.exchange.acknowledge.reset();
  bench.run(10min);
  EXPECT_EQ(bench.distinct(), 2052U);
}

TEST(HostedLink, DoesNothingAgainForAHostedSideFromABackupAndStillTakesItsNewOrders) {
  Bench bench;
  bench.run(10s);
  const auto first = bench.order("wipe");
  bench.run(10s);
  const auto backup = bench.model.state();
  for (int i = 0; i < 4; ++i) (void)bench.order("wipe");
  bench.run(1min);
  ASSERT_EQ(bench.sink.taken.size(), 5U);
  bench.model.restore(backup);
  bench.server.changed();
  bench.run(2min);
  EXPECT_EQ(bench.sink.taken.size(), 5U) << "what it lists again is answered, not done";
  EXPECT_EQ(bench.logged("hosted.orders_reset"), 1U);
  // Its numbers begin again below ours.
  const auto again = bench.order("reboot");
  bench.run(2min);
  ASSERT_EQ(bench.sink.taken.size(), 6U);
  EXPECT_EQ(bench.sink.taken.back().id, again);
  EXPECT_NE(first, again);
}

TEST(HostedLink, AnOldCopyOfTheDatabaseIsNamedAndTouchesNothing) {
  Bench bench;
  bench.commit(10);
  bench.run(20s);
  const auto copy = bench.copy_database();
  (void)bench.order("wipe");
  bench.run(20s);
  ASSERT_EQ(bench.sink.taken.size(), 1U);
  const auto known = bench.distinct();
  bench.end();
  bench.put_back(copy);
  bench.restart();
  bench.run(1h);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::outdated);
  EXPECT_EQ(bench.sink.taken.size(), 1U) << "the order that this copy does not remember is not done again";
  EXPECT_EQ(bench.distinct(), known);
  EXPECT_EQ(bench.logged("hosted.ahead"), 1U) << "told once";
  ASSERT_TRUE(finding(bench.link->status()));
  EXPECT_EQ(finding(bench.link->status())->find("hosted.ahead"), 0U);
  EXPECT_GE(bench.agent()["heartbeats"], 55);

  // A person says that this is the newest copy there is.
  bench.end();
  row::write_bytes(bench.directory.file("colony.db.restored"), "");
  bench.restart();
  bench.commit(3);
  bench.run(1min);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::linked);
  EXPECT_FALSE(finding(bench.link->status()));
  EXPECT_EQ(bench.sink.taken.size(), 1U) << "the order is answered";
  const auto& events = bench.agent()["events"];
  EXPECT_EQ(events.size(), 14U) << "ten, three, and the refusal";
  const auto refusal = std::find_if(events.begin(), events.end(),
                                    [](const Json& event) { return event["type"] == "operation.refused"; });
  ASSERT_NE(refusal, events.end());
  EXPECT_EQ((*refusal)["body"]["result"]["code"], "hosted.order_before_restore");
  EXPECT_EQ(bench.agent()["superseded"].size(), known - 10) << "the history that was lost here";
  EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting"));
  // And what is ordered now is done.
  (void)bench.order("wipe");
  bench.run(1min);
  EXPECT_EQ(bench.sink.taken.size(), 2U);
}

TEST(HostedLink, WhatWaitedInABackupIsNotDoneAfterItsRestore) {
  Bench bench;
  bench.run(10s);
  bench.sink.waits = "wipe";
  (void)bench.order("wipe");
  bench.run(10s);
  const auto before = bench.sink.taken.size();
  bench.end();
  row::write_bytes(bench.directory.file("colony.db.restored"), "");
  bench.sink.waits.clear();
  bench.restart();
  bench.run(1min);
  EXPECT_EQ(bench.sink.taken.size(), before);
  EXPECT_EQ(bench.agent()["events"].back()["type"], "operation.refused");
}

TEST(HostedLink, AFreshDatabaseBeginsAHistoryOfItsOwnWithTheSameAgent) {
  Bench bench;
  bench.commit(50);
  bench.run(20s);
  bench.end();
  for (const auto* file : {"colony.db", "colony.db-wal"}) std::remove(bench.directory.file(file).c_str());
  bench.restart();
  bench.commit(3);
  bench.run(1min);
  EXPECT_EQ(bench.link->status().mode, LinkPlan::Mode::linked);
  EXPECT_EQ(bench.model.state()["agents"].size(), 1U);
  EXPECT_EQ(bench.agent()["events"].size(), 3U);
  EXPECT_EQ(bench.agent()["superseded"].size(), 50U);
}

TEST(HostedLink, BelievesNoAcknowledgementOfWhatItDidNotSend) {
  Bench bench;
  bench.run(10s);
  // A hosted side that answers every post with a number far beyond it, though one that exists here.
  bench.exchange.acknowledge = 900;
  bench.commit(1000);
  bench.run(5min);
  bench.exchange.acknowledge.reset();
  bench.run(5min);
  EXPECT_EQ(bench.distinct(), 1000U) << "none was left out";
}

TEST(HostedLink, KeepsAMillionEventsAtMostAndSaysWhichAreGone) {
  Bench bench;
  bench.settings.kept_at_most = 500;
  bench.restart();
  bench.commit(5);
  bench.run(20s);
  bench.exchange.unplugged = true;
  for (int i = 0; i < 30; ++i) {
    bench.commit(100);
    bench.run(10s);
  }
  EXPECT_GE(bench.link->status().given_up, 2400U);
  EXPECT_LE(bench.link->status().given_up, 2500U);
  ASSERT_TRUE(finding(bench.link->status()));
  EXPECT_EQ(finding(bench.link->status())->find("hosted.given_up"), 0U);
  bench.exchange.unplugged = false;
  bench.run(10min);
  EXPECT_EQ(bench.distinct(), 3005U);
  EXPECT_EQ(bench.logged("hosted.given_up"), 1U);
}

TEST(HostedLink, GivesUpTheOldestWhileAPostIsMadeAndPostsWhatItRead) {
  const auto after_turns = [](Bench& bench, int turns) -> Task<> {
    for (int turn = 0; turn < turns; ++turn) {
      co_await boost::asio::post(bench.loop, boost::asio::use_awaitable);
    }
    bench.commit(200);
  };
  // At each turn of the loop while a post of the first ones is put together from several reads.
  for (int turns = 0; turns < 60; ++turns) {
    Bench bench;
    bench.settings.kept_at_most = 10;
    bench.threading = store::Threading::next_turn;
    bench.restart();
    bench.run(10s);
    bench.commit(20);
    bench.group.spawn("after turns", after_turns(bench, turns));
    bench.run(1min);
    ASSERT_EQ(bench.distinct(), 220U) << turns;
    EXPECT_FALSE(bench.agent()["event_posts"].contains("contradicting")) << turns;
    EXPECT_LE(bench.link->status().given_up, 210U) << turns;
  }
}

TEST(HostedLink, KeepsSecretsOutOfItsLogAndPosts) {
  Bench bench;
  bench.commit_asset(1);
  bench.exchange.key_file = "very-secret-key";
  bench.run(1min);
  (void)bench.order("wipe");
  bench.run(1min);
  for (const auto& line : bench.log_lines) {
    EXPECT_EQ(line.find("very-secret-key"), std::string::npos) << line;
    EXPECT_EQ(line.find("bmc-password"), std::string::npos) << line;
  }
  EXPECT_EQ(bench.model.state().dump().find("bmc-password"), std::string::npos);
}
