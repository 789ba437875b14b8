// What BMCs write down, as evidence: after power acts, at failures, and never in the way of either.

#include "daemon/bmc/event_watch.hpp"

#include "tests/daemon/bmc/bmc_house.hpp"

using namespace colony;
using namespace colony::testing;
using daemon::EventWatch;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;
using workflows::WorkflowStatus;

namespace {

constexpr hw_sim::ChassisEvent supply_lost{.sensor_type = 0x08, .sensor = 0x05, .offset = 0x03};
constexpr hw_sim::ChassisEvent corrected{.sensor_type = 0x0c, .sensor = 0x83, .offset = 0x00};

struct WatchHouse : BmcHouse {
  explicit WatchHouse(hw_sim::BmcProfile profile = some_profile()) : BmcHouse(std::move(profile)) {
    on_rows = [this](const workflows::StagedBatch& rows) { watch.on_rows(rows); };
  }
  ~WatchHouse() {
    on_rows = {};
    run([](EventWatch& ending) -> core::Task<bool> {
      co_await ending.stop();
      co_return true;
    }(watch));
  }
  EventWatch watch{{timers, log, ledger, seen, directory}};
};

void start_for_a_wipe(WatchHouse& house) {
  house.workflow(WorkflowStatus::running, "disk-wipe");
  house.timers.run_for(5s);
  house.power(PowerAction::on);
}

}  // namespace

TEST(EventWatch, NotesWhatTheBmcWroteDownSinceThePowerActAndWhyItStarted) {
  WatchHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  EXPECT_EQ(house.seen.notes("bmc.event"), "");  // from before: not news
  house.chassis.report(supply_lost);
  house.power(PowerAction::on);
  house.timers.run_for(1min);
  EXPECT_EQ(house.seen.notes("bmc.event"),
            "Power Supply #0x05: Power Supply AC lost|System Boot Initiated #0x81: Initiated by power up|");
  EXPECT_EQ(house.seen.notes("bmc.restart_cause"),
            "the BMC says why it started: chassis power control command|");
  EXPECT_EQ(house.seen.all.front().asset, house.asset);
}

TEST(EventWatch, LooksAtOnceWhenTheWorkflowFails) {
  WatchHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  for (int i = 0; i < 3; ++i) house.chassis.report(corrected);
  house.workflow(WorkflowStatus::running, "discovery", "boot.not_seen");
  house.timers.run_for(5s);
  EXPECT_EQ(house.seen.notes("bmc.event"), "Memory #0x83: Correctable ECC, 3 times|");
  house.workflow(WorkflowStatus::failed, "discovery", "boot.not_seen");
  house.timers.run_for(5s);
  EXPECT_EQ(house.seen.notes("bmc.event"), "Memory #0x83: Correctable ECC, 3 times|");
}

TEST(EventWatch, WhatHappenedBetweenTwoWorkflowsIsNotedAtTheSecond) {
  WatchHouse house;
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  house.workflow(WorkflowStatus::completed);
  house.chassis.report(supply_lost);
  house.timers.run_for(24h);
  EXPECT_EQ(house.seen.notes("bmc.event"), "");
  workflows::WorkflowRow next;
  next.id = *core::WorkflowId::parse("11111111-0000-4000-8000-000000000002");
  next.asset = house.asset;
  next.status = WorkflowStatus::running;
  house.commit(std::move(next));
  house.timers.run_for(5s);
  EXPECT_EQ(house.seen.notes("bmc.event"), "Power Supply #0x05: Power Supply AC lost|");
}

TEST(EventWatch, TellsThatTheLogWasClearedOrIsFull) {
  auto profile = some_profile();
  profile.sel_capacity = 3;
  profile.sel_when_full = hw_sim::SelWhenFull::stop;
  WatchHouse house(std::move(profile));
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  EXPECT_TRUE(house.run(house.bmc->records()->clear_sel(house.in(30s))));
  for (int round = 0; round < 3; ++round) {
    house.power(PowerAction::off);
    house.power(PowerAction::on);
    house.timers.run_for(1min);
  }
  EXPECT_EQ(house.seen.notes("bmc.log_begun_anew"),
            "the BMC's event log was cleared, or has wrapped, since the last look|");
  EXPECT_EQ(house.seen.notes("bmc.log_full"),
            "the BMC's event log is full and loses events: colony bmc sel clear|");
}

TEST(EventWatch, ABmcThatTellsNothingIsLeftAloneAndPowerIsNotHeldUp) {
  WatchHouse house;
  house.model.faults().add({.at = BmcMoment::records, .kind = BmcFaultKind::drop, .times = 1000});
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(200ms);
  const auto begin = house.timers.now();
  house.power(PowerAction::on);
  EXPECT_LT(house.timers.now() - begin, 2s);
  house.timers.run_for(10min);
  const unsigned struck = house.model.faults().struck();
  for (int i = 0; i < 5; ++i) {
    house.power(PowerAction::off);
    house.timers.run_for(1min);
  }
  EXPECT_EQ(house.model.faults().struck(), struck);
}

TEST(EventWatch, ACriticalSensorIsNotedWhenADiskIsToBeWritten) {
  for (const std::string type : {"disk-wipe", "discovery"}) {
    auto profile = some_profile();
    profile.readings[1] = 96;  // CPU Temp, upper critical 95
    WatchHouse house(std::move(profile));
    house.workflow(WorkflowStatus::running, type);
    house.timers.run_for(5s);
    house.power(PowerAction::on);
    house.timers.run_for(2min);
    EXPECT_EQ(house.seen.notes("bmc.sensor_critical"),
              type == "disk-wipe" ? "CPU Temp is critical: 96 degrees C|" : "");
  }
}

TEST(EventWatch, ACriticalSensorIsFoundAmongThoseOfALargeServer) {
  for (const std::uint8_t more : {std::uint8_t{150}, std::uint8_t{250}}) {
    auto profile = some_profile();
    profile.more_sensors = more;
    profile.readings[155] = 96;
    WatchHouse house(std::move(profile));
    start_for_a_wipe(house);
    house.timers.run_for(5min);
    EXPECT_EQ(house.seen.notes("bmc.sensor_critical"), "DIMM Temp is critical: 96 degrees C|");
    // There is no time for the last of 255, and that is said.
    EXPECT_EQ(house.seen.notes("bmc.sensors_cut").empty(), more == 150);
  }
}

TEST(EventWatch, SensorsThatCouldNotBeReadAreLookedAtAfterTheNextStart) {
  auto profile = some_profile();
  profile.readings[1] = 96;
  WatchHouse house(std::move(profile));
  start_for_a_wipe(house);
  house.timers.run_for(10600ms);  // the log is read, the sensors are next
  house.model.faults().add({.at = BmcMoment::records, .kind = BmcFaultKind::refuse, .times = 1});
  house.timers.run_for(1min);
  EXPECT_EQ(house.seen.notes("bmc.sensor_critical"), "");
  house.power(PowerAction::off);
  house.power(PowerAction::on);
  house.timers.run_for(2min);
  EXPECT_EQ(house.seen.notes("bmc.sensor_critical"), "CPU Temp is critical: 96 degrees C|");
}

TEST(EventWatch, CatchesUpWithALogOfHundredsOfNewRecords) {
  auto profile = some_profile();
  profile.sel_capacity = 1024;
  WatchHouse house(std::move(profile));
  house.workflow(WorkflowStatus::running);
  house.timers.run_for(5s);
  for (int i = 0; i < 300; ++i) house.chassis.report(corrected);
  house.chassis.report(supply_lost);
  house.power(PowerAction::on);
  house.timers.run_for(5min);
  EXPECT_NE(house.seen.notes("bmc.event").find("Power Supply AC lost"), std::string::npos)
      << house.seen.notes("bmc.event");
  const unsigned commands = house.model.counters().commands;
  house.timers.run_for(10min);
  EXPECT_LE(house.model.counters().commands - commands, 1U) << "and is done then";
}

TEST(EventLines, KeepTheNewestAndSayRepetitionsOnce) {
  const auto at = core::parse_utc("2026-11-20T18:00:00Z");
  std::vector<drivers::SelEntry> entries;
  for (std::uint16_t i = 0; i < 5; ++i) entries.push_back({i, at, "Memory #0x01", "Correctable ECC ", true});
  entries.push_back({6, {}, "Fan #0x02", "Lower Critical going low ", false});
  EXPECT_EQ(daemon::event_lines(entries, 2),
            (std::vector<std::string>{
                "Memory #0x01: Correctable ECC, 5 times (2026-11-20T18:00:00.000Z by the BMC's clock)",
                "Fan #0x02: Lower Critical going low, no longer"}));
  EXPECT_EQ(daemon::event_lines(entries, 1).size(), 1U);
  EXPECT_TRUE(daemon::event_lines({}, 1).empty());
}
