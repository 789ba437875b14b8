// A look at all sensors: how many commands it costs, of which BMC, and what there is when the time is over.

#include "drivers/bmc_records.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::SensorDetail;
using drivers::SensorReadings;

namespace {

SensorReadings look(IpmiBench& bench, SensorDetail detail, core::Duration time = 5min) {
  auto readings = bench.run(bench.bmc->records()->sensors(detail, bench.in(time)));
  EXPECT_TRUE(readings) << readings.error().message;
  return readings.value_or(SensorReadings{});
}

}  // namespace

TEST(SensorLook, CostsThreeCommandsASensorWhereOnlyItsStateIsWanted) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  const unsigned before = bench.model.counters().commands;
  const auto states = look(bench, SensorDetail::states);
  ASSERT_EQ(states.sensors.size(), 5U);
  EXPECT_FALSE(states.cut);
  EXPECT_FALSE(states.sensors[1].thresholds.upper_critical);
  EXPECT_EQ(bench.model.counters().commands - before, 1 + 5 * 3U) << "a reservation; two parts, a reading";
  EXPECT_TRUE(look(bench, SensorDetail::thresholds).sensors[1].thresholds.upper_critical);
}

TEST(SensorLook, ABmcThatGivesLittleAtOnceIsAskedForLess) {
  for (const std::uint8_t piece : std::initializer_list<std::uint8_t>{16, 31, 63}) {
    auto profile = some_profile();
    profile.sdr_piece = piece;
    IpmiBench bench(std::move(profile));
    const auto readings = look(bench, SensorDetail::states);
    ASSERT_EQ(readings.sensors.size(), 5U) << unsigned{piece};
    EXPECT_EQ(readings.sensors[0].name, "CPU Temp");
    EXPECT_EQ(readings.sensors[4].name, "PS1 Status");
  }
}

TEST(SensorLook, GivesWhatItReadUntilTheDeadline) {
  auto profile = some_profile();
  profile.more_sensors = 100;
  IpmiBench bench(std::move(profile));
  const auto some = look(bench, SensorDetail::states, 20s);
  EXPECT_TRUE(some.cut);
  EXPECT_GT(some.sensors.size(), 20U);
  EXPECT_LT(some.sensors.size(), 105U);
  const auto all = look(bench, SensorDetail::states, 2min);
  EXPECT_FALSE(all.cut);
  EXPECT_EQ(all.sensors.size(), 105U);
  const auto none = bench.run(bench.bmc->records()->sensors(SensorDetail::states, bench.in(300ms)));
  ASSERT_FALSE(none) << "nothing is no answer";
  EXPECT_EQ(none.error().code, "ipmi.deadline");
}
