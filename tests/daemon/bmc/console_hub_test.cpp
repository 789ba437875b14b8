// Serial lines, shared and captured: who gets the line, who gets it back, and that power never waits for it.

#include "daemon/bmc/console_hub.hpp"

#include "tests/daemon/bmc/bmc_house.hpp"

using namespace colony;
using namespace colony::testing;
using daemon::ConsoleHub;
using daemon::ConsoleView;
using drivers::Contention;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;
using workflows::WorkflowStatus;

namespace {

constexpr std::string_view greeting = "hw-sim: power-on self test";
using View = std::shared_ptr<ConsoleView>;

struct HubHouse : BmcHouse {
  explicit HubHouse(bool capture = true, hw_sim::BmcProfile profile = some_profile())
      : BmcHouse(std::move(profile)), hub({timers, log, ledger, seen, directory}, capture) {
    on_rows = [this](const workflows::StagedBatch& rows) { hub.on_rows(rows); };
  }
  ~HubHouse() {
    on_rows = {};
    stop();
  }
  void stop() {
    run([](ConsoleHub& ending) -> core::Task<bool> {
      co_await ending.stop();
      co_return true;
    }(hub));
  }
  core::Result<View> view(std::string name, Contention contention = Contention::refuse) {
    return run(hub.open(asset, std::move(name), contention, in(30s)));
  }
  std::string read(ConsoleView& from) { return run(from.next(in(5s))).output; }
  core::Result<std::unique_ptr<drivers::SerialLine>> open_elsewhere(Contention contention) {
    if (!other) other = client.open(address, {"ADMIN", core::Secret("secret")});
    return run(other->serial()->open_serial(contention, in(30s)));
  }

  std::unique_ptr<drivers::Bmc> other;
  ConsoleHub hub;
};

}  // namespace

TEST(ConsoleHub, CapturesABootWhileAWorkflowHasTheMachineAndGivesTheLineBackLater) {
  HubHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  house.power(PowerAction::on);
  house.timers.run_for(5s);
  EXPECT_NE(house.seen.console().find(greeting), std::string::npos);
  house.workflow(WorkflowStatus::completed);
  house.timers.run_for(1min);
  EXPECT_FALSE(house.open_elsewhere(Contention::refuse));  // the machine may still be starting
  house.timers.run_for(90s);
  EXPECT_TRUE(house.open_elsewhere(Contention::refuse));
  EXPECT_EQ(house.model.counters().sol_activations, 2U);
}

TEST(ConsoleHub, EachBootIsNamedByItsPowerOn) {
  HubHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  std::vector<core::UtcTime> starts;
  for (int boot = 0; boot < 2; ++boot) {
    starts.push_back(house.timers.utc_now());
    house.power(PowerAction::on);
    house.timers.run_for(20s);
  }
  std::vector<core::UtcTime> boots;
  for (const auto& evidence : house.seen.all) {
    const auto* const printed = std::get_if<core::ConsoleOutput>(&evidence.fact);
    if (printed != nullptr && printed->text.find(greeting) != std::string::npos)
      boots.push_back(printed->boot);
  }
  EXPECT_EQ(boots, starts);
}

TEST(ConsoleHub, ACaptureTakesTheLineFromNobodyAndGivesUpAfterThreeTries) {
  HubHouse house;
  const auto theirs = house.open_elsewhere(Contention::refuse);
  ASSERT_TRUE(theirs);
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(2min);
  const unsigned commands = house.model.counters().commands;
  EXPECT_EQ(house.model.counters().sol_activations, 1U);
  EXPECT_TRUE((*theirs)->write(core::as_bytes("x")));
  house.timers.run_for(30s);
  EXPECT_LE(house.model.counters().commands - commands, 2U);  // nothing but sessions kept alive
}

TEST(ConsoleHub, AViewerIsToldWhoHasTheLineAndTakesItWhenAsked) {
  HubHouse house(false);
  const auto theirs = house.open_elsewhere(Contention::refuse);
  ASSERT_TRUE(theirs);
  const auto refused = house.view("first");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ipmi.sol_busy");
  EXPECT_NE(refused.error().message.find("--take"), std::string::npos);
  const auto taken = house.view("second", Contention::take);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE((*theirs)->write(core::as_bytes("x")));
}

TEST(ConsoleHub, SeveralViewersShareOneLineAndTheLastGivesItBack) {
  HubHouse house(false);
  auto first = house.view("first");
  auto second = house.view("second");
  ASSERT_TRUE(first && second);
  house.power(PowerAction::on);
  house.timers.run_for(1s);
  EXPECT_NE(house.read(**first).find(greeting), std::string::npos);
  EXPECT_NE(house.read(**second).find(greeting), std::string::npos);
  EXPECT_EQ(house.model.counters().sol_activations, 1U);
  EXPECT_TRUE(house.hub.type(house.asset, "first", "root\r"));
  house.timers.run_for(1s);
  EXPECT_NE(house.read(**second).find("you typed \"root\""), std::string::npos);
  first->reset();
  house.timers.run_for(5s);
  EXPECT_FALSE(house.open_elsewhere(Contention::refuse));
  second->reset();
  house.timers.run_for(5s);
  const auto given_back = house.open_elsewhere(Contention::refuse);
  EXPECT_TRUE(given_back) << given_back.error().message;
  EXPECT_EQ(house.hub.type(house.asset, "second", "x").error().code, "console.not_open");
  EXPECT_EQ(house.hub.send_break(house.asset, "nobody").error().code, "console.not_open");
}

TEST(ConsoleHub, AViewerWhoseLineIsTakenIsToldSo) {
  HubHouse house(false);
  const auto view = house.view("first");
  ASSERT_TRUE(view);
  EXPECT_TRUE(house.open_elsewhere(Contention::take));
  const auto news = house.run((*view)->next(house.in(30s)));
  ASSERT_TRUE(news.end);
  EXPECT_EQ(news.end->code, "ipmi.sol_ended");
}

TEST(ConsoleHub, AViewerWhoDoesNotReadLosesTheOldestCounted) {
  HubHouse house(false);
  const auto view = house.view("first");
  ASSERT_TRUE(view);
  const std::string line(200, 'x');
  for (unsigned i = 0; i < 2'000; ++i) {
    house.chassis.serial()->print(line);
    house.timers.run_for(10ms);
  }
  house.timers.run_for(60s);
  const auto news = house.run((*view)->next(house.in(5s)));
  EXPECT_LE(news.output.size(), ConsoleView::max_unread);
  EXPECT_GT(news.lost, 0U);
}

TEST(ConsoleHub, ABmcThatOpensNoLineHoldsUpNoPowerCommand) {
  HubHouse house;
  EXPECT_TRUE(house.run(house.directory.bmc->power_state(house.in(30s))));
  house.model.faults().add({.at = BmcMoment::payload, .kind = BmcFaultKind::drop, .times = 1000});
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(500ms);  // the activation is out, and stays unanswered
  const auto begin = house.timers.now();
  house.power(PowerAction::on);
  EXPECT_LT(house.timers.now() - begin, 1500ms);  // it was 5 s
  EXPECT_GT(house.model.faults().struck(), 0U);
}

TEST(ConsoleHub, SwitchedOffItOpensNothing) {
  HubHouse house(false);
  house.workflow(WorkflowStatus::running);
  house.power(PowerAction::on);
  house.timers.run_for(1min);
  EXPECT_EQ(house.model.counters().sol_activations, 0U);
  EXPECT_EQ(house.seen.console(), "");
}

TEST(ConsoleHub, StoppingGivesTheLineBackAndWritesWhatItHad) {
  HubHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  house.power(PowerAction::on);
  house.timers.run_for(500ms);
  house.stop();
  EXPECT_NE(house.seen.console().find(greeting), std::string::npos);
  EXPECT_TRUE(house.open_elsewhere(Contention::refuse));
  EXPECT_EQ(house.view("late").error().code, "console.closing");
}
