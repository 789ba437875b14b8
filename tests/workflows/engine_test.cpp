// The engine with a toy recipe: open the door, ring the bell (not idempotent), close the door.

#include "workflows/engine/engine.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/async/virtual_timers.hpp"
#include "tests/workflows/memory_journal.hpp"
#include "workflows/engine/events.hpp"

namespace colony::workflows {

/// The world of the toy recipe: outside of the program, so that it survives a crash of it.
struct Tools {
  bool door_open = false;
  unsigned rings = 0;  // how often the bell was pushed
  bool bell_works = true;
  bool person_comes = true;
};

}  // namespace colony::workflows

using namespace colony;
using namespace colony::workflows;
using namespace std::chrono_literals;

namespace {

core::Task<StepOutcome> open_door(StepContext& step) {
  step.tools().door_open = true;
  co_return Next{};
}

core::Task<StepOutcome> ring(StepContext& step) {
  const IntentPtr earlier = step.newest("ring");
  if (earlier && earlier->state == IntentState::intended) {
    // Whether it rang is unknown; nobody rings twice for one intention.
    step.resolve_later(earlier->id, IntentState::indeterminate, core::Json::object());
    co_return Next{};
  }
  const auto intent = co_await step.intend("ring", core::Json{{"bell", "front"}});
  if (!intent) co_return Failed{intent.error()};
  if (!step.tools().bell_works) {
    step.resolve_later((*intent)->id, IntentState::failed, core::Json::object());
    co_return Again{5s, {core::ErrorKind::refused, "toy.no_bell", "the bell is broken"}};
  }
  ++step.tools().rings;
  step.resolve_later((*intent)->id, IntentState::done, core::Json::object());
  co_return Next{};
}

core::Task<StepOutcome> await_person(StepContext& step) {
  if (!step.tools().person_comes) {
    const bool seen = co_await step.wait_for(
        step.newest("ring"),
        [](const core::Evidence& evidence) {
          return std::holds_alternative<core::ScoutHello>(evidence.fact);
        },
        step.deadline());
    if (!seen) co_return Failed{{core::ErrorKind::timed_out, "toy.nobody", "nobody came"}};
  }
  step.edit_asset([](AssetRow& asset) { asset.name = "visited"; });
  co_return Next{};
}

core::Task<StepOutcome> close_door(StepContext& step) {
  step.tools().door_open = false;
  co_return Next{};
}

Recipe toy() {
  Recipe recipe;
  recipe.type = "toy";
  recipe.steps = {
      {.name = "open_door", .allowed = 1min, .run = open_door},
      {.name = "ring", .allowed = 1min, .tries = 3, .run = ring},
      {.name = "await_person", .allowed = 10min, .run = await_person},
      {.name = "close_door", .allowed = 1min, .run = close_door},
      {.name = "close_after_failure", .allowed = 1min, .run = close_door},
  };
  recipe.after_failure = "close_after_failure";
  recipe.begin = [](const WorkflowRow&, AssetRow& asset) { asset.status = AssetStatus::provisioning; };
  recipe.settle = [](const WorkflowRow&, const core::Json&, Ending ending, AssetRow& asset) {
    asset.status = ending == Ending::completed ? AssetStatus::provisioned : AssetStatus::available;
  };
  return recipe;
}

/// One run of the program on a disk that outlives it.
struct Life {
  Life(Disk& disk, Tools& world, Crash crash = {}, std::vector<Recipe> recipes = {toy()},
       const char* utc = "2026-11-20T00:00:00Z")
      : timers(loop, *core::parse_utc(utc)),
        random(disk.commits + 1),
        journal(disk, timers, crash),
        ledger(journal, timers, log),
        timelines(ledger, timers, log, [](const core::Evidence& evidence) { return evidence.asset; }),
        engine({ledger, timelines, timers, random, log, &world}, std::move(recipes)),
        tasks(timers) {
    call(ledger.open());
    call(engine.resume());
  }
  ~Life() {
    tasks.cancel();
    tasks.spawn("stop", stop(*this));
    timers.run_until([this] { return tasks.size() == 0; }, timers.now() + 1h);
  }
  static core::Task<> stop(Life& self) {
    co_await self.engine.stop();
    co_await self.ledger.abandon();
  }
  template <class T>
  std::optional<T> call(core::Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    const auto keep = [](core::Task<T> inner, std::shared_ptr<std::optional<T>> result) -> core::Task<> {
      result->emplace(co_await std::move(inner));
    };
    tasks.spawn("call", keep(std::move(task), out));
    timers.run_until([&] { return out->has_value() || journal.dead(); }, timers.now() + 1min);
    return std::move(*out);
  }
  core::AssetId make_asset() {
    AssetRow row;
    row.id = core::AssetId(random.uuid());
    Batch batch;
    const auto id = row.id;
    batch.writes.emplace_back(std::move(row));
    call(ledger.commit(std::move(batch)));
    return id;
  }
  std::optional<core::WorkflowId> submit(const core::AssetId& asset, const char* type = "toy") {
    auto row = call(engine.submit({asset, type, "{}", "", {}, {}}));
    return row && *row ? std::optional((**row)->id) : std::nullopt;
  }
  std::size_t logged(std::string_view id) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(log_lines, [id](const std::string& line) { return line.contains(id); }));
  }
  bool run_to_end() {
    return timers.run_until(
        [this] {
          if (journal.dead()) return true;
          return std::ranges::all_of(ledger.durable().workflows(),
                                     [](const auto& entry) { return is_finished(*entry.second); });
        },
        timers.now() + 24h);
  }

  boost::asio::io_context loop{1};
  core::VirtualTimers timers;
  core::SeededRandom random;
  std::vector<std::string> log_lines;
  core::Log log{core::LogLevel::info, core::LogFormat::text,
                [this](core::LogLevel, std::string_view line) { log_lines.emplace_back(line); }};
  MemoryJournal journal;
  Ledger ledger;
  Timelines timelines;
  Engine engine;
  core::TaskGroup tasks;
};

void expect_gapless(const Disk& disk) {
  for (std::size_t i = 0; i < disk.events.size(); ++i) EXPECT_EQ(disk.events[i].seq.value, i + 1);
}

}  // namespace

TEST(Engine, RunsTheStepsInOrderAndTellsEveryTransitionOnce) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  const auto id = run.submit(asset);
  ASSERT_TRUE(id);
  ASSERT_TRUE(run.run_to_end());
  const WorkflowRow& row = disk.workflows.at(*id);
  EXPECT_EQ(row.status, WorkflowStatus::completed);
  EXPECT_EQ(world.rings, 1U);
  EXPECT_FALSE(world.door_open);
  EXPECT_EQ(disk.assets.at(asset).status, AssetStatus::provisioned);
  EXPECT_EQ(disk.assets.at(asset).name, "visited");
  std::vector<std::string> told;
  for (const auto& event : disk.events) {
    if (event.event.subject != id->to_string()) continue;
    const auto body = core::parse_json(event.event.body_json);
    ASSERT_TRUE(body);
    told.push_back(event.event.type + " " + core::json_text(*body, "step").value_or("?"));
  }
  EXPECT_EQ(told, (std::vector<std::string>{"workflow.step ", "workflow.step open_door", "workflow.step ring",
                                            "workflow.step await_person", "workflow.step close_door",
                                            "workflow.finished close_door"}));
  expect_gapless(disk);
}

TEST(Engine, FinishesAfterACrashAtAnyCommitAndNeverRingsTwiceForOneIntention) {
  for (const auto when : {Crash::When::before, Crash::When::after}) {
    for (unsigned k = 2;; ++k) {
      Disk disk;
      Tools world;
      std::optional<core::WorkflowId> id;
      bool died = false;
      {
        Life run(disk, world, {k, when});
        const auto asset = run.make_asset();
        id = run.submit(asset);
        run.run_to_end();
        died = run.journal.dead();
      }
      if (died) {
        Life again(disk, world);
        ASSERT_TRUE(again.run_to_end()) << "k=" << k;
      }
      ASSERT_LE(world.rings, disk.intents.size()) << "k=" << k;
      for (const auto& [workflow, row] : disk.workflows) {
        EXPECT_EQ(row.status, WorkflowStatus::completed) << "k=" << k;
      }
      EXPECT_LE(world.rings, 1U);
      expect_gapless(disk);
      if (!died) {
        EXPECT_GT(k, 7U) << "the walk must have passed every transition";
        break;
      }
    }
  }
}

TEST(Engine, OneWorkflowPerAssetTheNextWaitsInOrder) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  const auto first = run.submit(asset);
  const auto second = run.submit(asset);
  ASSERT_TRUE(first && second);
  EXPECT_LT(disk.workflows.at(*first).created_at, disk.workflows.at(*second).created_at);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(world.rings, 2U);
  EXPECT_LE(disk.workflows.at(*first).updated_at, disk.workflows.at(*second).step_started_at);
}

TEST(Engine, AFullQueueRefusesWithAReason) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  Life run(disk, world);
  const auto asset = run.make_asset();
  unsigned taken = 0;
  while (run.submit(asset)) ++taken;
  EXPECT_EQ(taken, Engine::max_queued_per_asset);
  const auto refused = run.call(run.engine.submit({asset, "toy", "{}", "", {}, {}}));
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "asset.queue_full");
}

TEST(Engine, TriesAgainAsOftenAsAllowedThenCleansUpAndFails) {
  Disk disk;
  Tools world;
  world.bell_works = false;
  Life run(disk, world);
  const auto asset = run.make_asset();
  const auto id = run.submit(asset);
  ASSERT_TRUE(run.run_to_end());
  const WorkflowRow& row = disk.workflows.at(*id);
  EXPECT_EQ(row.status, WorkflowStatus::failed);
  EXPECT_EQ(row.error_code, "toy.no_bell");
  EXPECT_EQ(row.step, "close_after_failure");
  EXPECT_FALSE(world.door_open);
  EXPECT_EQ(disk.intents.size(), 3U);
  EXPECT_EQ(disk.assets.at(asset).status, AssetStatus::available);
}

TEST(Engine, AWaitEndsByEvidenceOrByItsDeadline) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  Life run(disk, world);
  const auto asset = run.make_asset();
  const auto met = run.submit(asset);
  run.timers.run_for(1min);
  EXPECT_EQ(disk.workflows.at(*met).step, "await_person");
  run.timelines.emit({asset, {}, {}, {}, run.timers.utc_now(), "test", core::ScoutHello{}});
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(disk.workflows.at(*met).status, WorkflowStatus::completed);

  const auto alone = run.submit(asset);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(disk.workflows.at(*alone).error_code, "toy.nobody");
}

TEST(Engine, EvidenceFromBeforeTheIntentionCountsForNothing) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  Life run(disk, world);
  const auto asset = run.make_asset();
  run.timelines.emit({asset, {}, {}, {}, run.timers.utc_now(), "test", core::ScoutHello{}});
  const auto id = run.submit(asset);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(disk.workflows.at(*id).error_code, "toy.nobody");
}

TEST(Engine, EvidenceIsReadFromTheIntentionOnAlsoAfterARestart) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  std::optional<core::WorkflowId> id;
  {
    Life run(disk, world);
    const auto asset = run.make_asset();
    id = run.submit(asset);
    run.timers.run_for(1s);
    // The visitor comes while nobody looks: the step is entered again only after the restart.
    Batch batch;
    batch.writes.emplace_back(run.timelines.row(asset, "test", core::ScoutHello{}));
    disk.timeline.push_back(std::get<TimelineRow>(batch.writes.front()));
  }
  Life again(disk, world);
  ASSERT_TRUE(again.run_to_end());
  EXPECT_EQ(disk.workflows.at(*id).status, WorkflowStatus::completed);
}

TEST(Engine, AWallClockThatJumpedTakesNoTimeFromAStepInHand) {
  for (const char* const jumped : {"2036-11-20T00:00:00Z", "2016-11-20T00:00:00Z"}) {
    Disk disk;
    Tools world;
    world.person_comes = false;
    std::optional<core::WorkflowId> id;
    core::AssetId asset;
    {
      Life run(disk, world);
      asset = run.make_asset();
      id = run.submit(asset);
      run.timers.run_for(1min);
    }
    Life again(disk, world, {}, {toy()}, jumped);
    again.timers.run_for(20s);
    ASSERT_EQ(disk.workflows.at(*id).status, WorkflowStatus::running) << jumped;
    again.timelines.emit({asset, {}, {}, {}, again.timers.utc_now(), "test", core::ScoutHello{}});
    ASSERT_TRUE(again.run_to_end());
    EXPECT_EQ(disk.workflows.at(*id).status, WorkflowStatus::completed) << jumped;
  }
}

TEST(Engine, WhatItCannotReadItHoldsAndNames) {
  struct Case {
    const char* code;
    void (*spoil)(WorkflowRow&);
  };
  const Case cases[] = {
      {"workflow.unknown_recipe", [](WorkflowRow& row) { row.recipe_version = 9; }},
      {"workflow.unknown_step", [](WorkflowRow& row) { row.step = "fly"; }},
      {"workflow.unknown_context", [](WorkflowRow& row) { row.context_json = R"({"v":7,"data":{}})"; }},
      {"workflow.unreadable_context", [](WorkflowRow& row) { row.context_json = R"({"v":1})"; }},
  };
  for (const auto& one : cases) {
    Disk disk;
    Tools world;
    world.person_comes = false;
    std::optional<core::WorkflowId> id;
    {
      Life run(disk, world);
      id = run.submit(run.make_asset());
      run.timers.run_for(1s);
    }
    one.spoil(disk.workflows.at(*id));
    const unsigned rings = world.rings;
    Life again(disk, world);
    again.timers.run_for(1h);
    const core::Error* const why = again.engine.held(*id);
    ASSERT_NE(why, nullptr) << one.code;
    EXPECT_EQ(why->code, one.code);
    EXPECT_EQ(world.rings, rings);
    // A person can give it up; the asset is then marked, and the lane is free again.
    ASSERT_TRUE(again.call(again.engine.cancel(*id)).value());
    EXPECT_EQ(disk.workflows.at(*id).status, WorkflowStatus::failed);
    EXPECT_EQ(disk.assets.begin()->second.condition, AssetCondition::indeterminate);
  }
}

TEST(Engine, CancelEndsAWaitingStepAndCleansUp) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  Life run(disk, world);
  const auto id = run.submit(run.make_asset());
  run.timers.run_for(1s);
  ASSERT_TRUE(world.door_open);
  const auto cancelled = run.call(run.engine.cancel(*id));
  ASSERT_TRUE(cancelled && *cancelled);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(disk.workflows.at(*id).error_code, "workflow.cancelled");
  EXPECT_FALSE(world.door_open);
}

TEST(Engine, CancelOfAWaitingOrderEndsItBeforeItBegins) {
  Disk disk;
  Tools world;
  world.person_comes = false;
  Life run(disk, world);
  const auto asset = run.make_asset();
  run.submit(asset);
  const auto second = run.submit(asset);
  ASSERT_TRUE(run.call(run.engine.cancel(*second)).value());
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(disk.workflows.at(*second).error_code, "workflow.cancelled");
  EXPECT_EQ(world.rings, 1U);
}

TEST(Ledger, AFullStoreMakesRepeatedOrdersWaitAndLosesNothing) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  run.journal.fail_from_now({core::ErrorKind::exhausted, "store.no_room", "disk full"});
  EXPECT_FALSE(run.call(run.engine.submit({asset, "toy", "{}", "operation-1", {}, {}})));  // no answer yet
  EXPECT_TRUE(run.ledger.full());
  run.journal.work_again();
  run.timers.run_for(5s);
  EXPECT_FALSE(run.ledger.full());
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(world.rings, 1U);
  expect_gapless(disk);
}

TEST(Ledger, AnOrderThatFindsTheStoreFullIsRefusedAndNeverDone) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  run.journal.fail_from_now({core::ErrorKind::exhausted, "store.no_room", "disk full"});
  const auto refused = run.call(run.engine.submit({asset, "toy", "{}", "", {}, {}}));
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "store.full");
  run.journal.work_again();
  run.timers.run_for(5s);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(world.rings, 0U);
  ASSERT_EQ(disk.workflows.size(), 1U);
  EXPECT_EQ(disk.workflows.begin()->second.status, WorkflowStatus::failed);
  EXPECT_EQ(disk.workflows.begin()->second.error_code, "store.full");
  expect_gapless(disk);
  const auto next = run.submit(asset);
  ASSERT_TRUE(next);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(world.rings, 1U);
}

TEST(Ledger, AnIoErrorEndsItAndEveryLaterCommitSaysSo) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  run.journal.fail_from_now({core::ErrorKind::io, "store.fsync", "Input/output error"});
  const auto refused = run.call(run.engine.submit({asset, "toy", "{}", "", {}, {}}));
  ASSERT_TRUE(refused && !*refused);
  EXPECT_EQ(refused->error().code, "store.fsync");
  run.journal.work_again();
  const auto later = run.call(run.engine.submit({asset, "toy", "{}", "", {}, {}}));
  ASSERT_TRUE(later && !*later);
  EXPECT_EQ(later->error().code, "store.fsync");
  EXPECT_EQ(world.rings, 0U);
}

TEST(Timelines, DropsRepetitionsAndFloodsButNotProgress) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const auto asset = run.make_asset();
  for (int i = 0; i < 1000; ++i) {
    run.timelines.emit({asset, {}, {}, {}, run.timers.utc_now(), "test", core::DhcpSeen{}});
    run.timelines.emit({asset,
                        {},
                        {},
                        {},
                        run.timers.utc_now(),
                        "test",
                        core::NbpSent{"file" + std::to_string(i), 1, true}});
    run.timelines.emit({asset,
                        {},
                        {},
                        {},
                        run.timers.utc_now(),
                        "test",
                        core::ScoutProgress{"SER1", "discard", static_cast<unsigned>(i / 10)}});
  }
  run.timers.run_for(1s);
  EXPECT_LE(disk.timeline.size(), Timelines::facts_per_window);
  EXPECT_GT(run.timelines.dropped(), 1900U);
  EXPECT_EQ(run.timelines.progress(asset).at("SER1").percent, 99U);
}

TEST(Timelines, NotesNothingWhileTooMuchWaitsForAFullStore) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  std::vector<core::AssetId> rack(200);
  for (auto& asset : rack) asset = run.make_asset();
  const auto boot_of_each = [&](const std::string& file) {
    for (const auto& asset : rack) {
      run.timelines.emit({asset, {}, {}, {}, run.timers.utc_now(), "test", core::NbpSent{file, 1, true}});
    }
  };
  run.journal.fail_from_now({core::ErrorKind::exhausted, "store.no_room", "disk full"});
  for (int file = 0; file < 60; ++file) boot_of_each("file" + std::to_string(file));
  EXPECT_EQ(run.ledger.waiting(), Timelines::most_waiting);
  run.timers.run_for(1min);
  EXPECT_GE(run.timelines.dropped(), 60 * rack.size() - Timelines::most_waiting);
  EXPECT_EQ(run.logged("evidence.dropped"), 1U);
  // Work is not turned away with them.
  EXPECT_FALSE(run.call(run.engine.submit({rack[0], "toy", "{}", "operation-1", {}, {}})));

  run.journal.work_again();
  run.timers.run_for(5s);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(world.rings, 1U);
  const auto noted = disk.timeline.size();
  boot_of_each("file0");  // seen again, and nothing stands in its way
  run.timers.run_for(1s);
  EXPECT_EQ(disk.timeline.size(), noted + rack.size());
  EXPECT_EQ(run.logged("evidence.dropped"), 1U);
  EXPECT_EQ(run.logged("evidence.noted_again"), 1U);
}

TEST(Timelines, RemembersStrangersWithinBounds) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  for (unsigned i = 0; i < 5000; ++i) {
    core::Evidence evidence{
        {},
        core::MacAddress({2, 0, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}),
        {},
        {},
        run.timers.utc_now(),
        "test",
        core::DhcpSeen{}};
    run.timelines.emit(std::move(evidence));
  }
  EXPECT_EQ(run.timelines.strangers().size(), Timelines::kept_strangers);
  EXPECT_TRUE(disk.timeline.empty());
}

TEST(Timelines, TheBootByWhichAStrangerIntroducedItselfIsKeptForItsTimeline) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const core::MacAddress mac({2, 0, 0, 0, 0, 1});
  const auto see = [&](core::Fact fact) {
    run.timelines.emit({{}, mac, {}, {}, run.timers.utc_now(), "pxe", std::move(fact)});
  };
  see(core::DhcpSeen{});
  run.timers.run_for(2h);
  const core::UtcTime asked = run.timers.utc_now();
  see(core::DhcpSeen{});
  see(core::DhcpSeen{});
  run.timers.run_for(3s);
  see(core::ScriptServed{"scout"});
  core::SeededRandom random(9);
  const core::AssetId asset(random.uuid());
  const auto rows = run.timelines.adopt(mac, asset);
  ASSERT_EQ(rows.size(), 2U) << "neither the repeated nor the old one";
  EXPECT_EQ(rows[0].asset, asset);
  EXPECT_EQ(rows[0].evidence.at, asked) << "when it was seen, not when it was understood";
  EXPECT_EQ(rows[0].evidence.source, "pxe");
  EXPECT_TRUE(std::holds_alternative<core::ScriptServed>(rows[1].evidence.fact));
  EXPECT_TRUE(run.timelines.adopt(mac, asset).empty()) << "in one batch only";
  run.timelines.settle_adoption(mac, true);
  EXPECT_TRUE(run.timelines.strangers().empty());
  EXPECT_TRUE(run.timelines.adopt(mac, asset).empty());
  for (unsigned i = 0; i < 500; ++i) {
    run.timers.run_for(2s);
    see(core::NbpSent{"f" + std::to_string(i), 1, true});
  }
  EXPECT_EQ(run.timelines.adopt(mac, asset).size(), Timelines::facts_of_stranger);
}

TEST(Timelines, WhatWasSeenOfAStrangerIsKeptWhenTheBatchThatNamesItIsNotStored) {
  Disk disk;
  Tools world;
  Life run(disk, world);
  const core::MacAddress mac({2, 0, 0, 0, 0, 1});
  const auto see = [&](core::Fact fact) {
    run.timelines.emit({{}, mac, {}, {}, run.timers.utc_now(), "pxe", std::move(fact)});
  };
  core::SeededRandom random(9);
  const core::AssetId asset(random.uuid());
  see(core::DhcpSeen{});
  ASSERT_EQ(run.timelines.adopt(mac, asset).size(), 1U);
  run.timelines.settle_adoption(mac, false);
  ASSERT_EQ(run.timelines.adopt(mac, asset).size(), 1U) << "scout tells again";
  see(core::ScriptServed{"scout"});
  run.timelines.settle_adoption(mac, true);
  const auto rows = run.timelines.adopt(mac, asset);
  ASSERT_EQ(rows.size(), 1U) << "came while the batch was written";
  EXPECT_TRUE(std::holds_alternative<core::ScriptServed>(rows[0].evidence.fact));
}
