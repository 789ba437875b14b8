// Power first: what may wait at a BMC is passed, and its command put aside when the BMC does not answer it.

#include "drivers/bmc_records.hpp"
#include "drivers/serial_console.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

namespace {

using Sensors = core::Result<drivers::SensorReadings>;

core::Task<Sensors> sensors_of(IpmiBench& bench, core::Duration time) {
  return bench.bmc->records()->sensors(drivers::SensorDetail::thresholds, bench.in(time));
}

void read_sensors_beside(IpmiBench& bench, std::optional<Sensors>& out) {
  bench.tasks.spawn("sensors", IpmiBench::keep(sensors_of(bench, 2min), out));
  bench.timers.run_for(500ms);
}

core::Duration time_of_power_on(IpmiBench& bench) {
  const auto begin = bench.timers.now();
  EXPECT_TRUE(bench.run(bench.bmc->power(PowerAction::on, bench.in(30s))));
  return bench.timers.now() - begin;
}

}  // namespace

TEST(BmcTurns, APowerCommandPassesALongReadBetweenTwoOfItsCommands) {
  std::optional<Sensors> sensors;  // outlives the bench, which ends what writes it
  IpmiBench bench;
  read_sensors_beside(bench, sensors);
  ASSERT_FALSE(sensors);
  EXPECT_LT(time_of_power_on(bench), 1s);
  EXPECT_FALSE(sensors);
  EXPECT_TRUE(bench.timers.run_until([&] { return sensors.has_value(); }, bench.in(2min)));
  ASSERT_TRUE(*sensors) << sensors->error().message;
  EXPECT_EQ((*sensors)->sensors.size(), 5U);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(BmcTurns, ACommandThatStaysUnansweredIsPutAsideForAPowerCommand) {
  std::optional<Sensors> sensors;
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  bench.model.faults().add({.at = BmcMoment::records, .kind = BmcFaultKind::drop, .times = 3});
  read_sensors_beside(bench, sensors);
  EXPECT_LT(time_of_power_on(bench), 1500ms);  // without it: 7 s, and another session
  EXPECT_TRUE(bench.timers.run_until([&] { return sensors.has_value(); }, bench.in(2min)));
  EXPECT_TRUE(*sensors);
  EXPECT_EQ(bench.model.counters().total_acts(), 1U);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
}

TEST(BmcTurns, AConsolePassesALongReadToo) {
  std::optional<Sensors> sensors;  // outlives the bench, which ends what writes it
  IpmiBench bench;
  read_sensors_beside(bench, sensors);
  const auto begin = bench.timers.now();
  auto line = bench.run(bench.bmc->serial()->open_serial(drivers::Contention::refuse, bench.in(5s)));
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_LT(bench.timers.now() - begin, 1s);
  EXPECT_FALSE(sensors);
  bench.run([](drivers::SerialLine& open) -> core::Task<bool> {
    co_await open.close();
    co_return true;
  }(**line));
  EXPECT_LT(bench.timers.now() - begin, 3s);
  EXPECT_FALSE(sensors);
}

TEST(BmcTurns, WhatIsPassedWithoutEndEndsByItsOwnDeadline) {
  std::optional<Sensors> sensors;  // outlives the bench, which ends what writes it
  IpmiBench bench;
  bench.tasks.spawn("sensors", IpmiBench::keep(sensors_of(bench, 5s), sensors));
  const auto end = bench.in(10s);
  while (bench.timers.now() < end) {
    std::optional<core::Result<core::PowerState>> first, second;
    bench.tasks.spawn("one", IpmiBench::keep(bench.bmc->power_state(bench.in(30s)), first));
    bench.tasks.spawn("two", IpmiBench::keep(bench.bmc->power_state(bench.in(30s)), second));
    EXPECT_TRUE(bench.timers.run_until([&] { return first && second; }, bench.in(30s)));
  }
  ASSERT_TRUE(sensors);
  EXPECT_FALSE(*sensors);
}
