// BMCs as they are (issue 3, acceptance 4): each ends well, or in a named failure, within its deadline. What
// a workflow makes of it is the closed loop's; here is what it is told.

#include "drivers/power.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::BootDevice;
using drivers::BootDeviceSetting;
using drivers::BootFirmware;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

namespace {

constexpr unsigned always = 1'000'000;

std::string code_of(const core::Result<>& result) {
  return result ? "" : result.error().code;
}

std::string set_boot_device(IpmiBench& bench, BootFirmware firmware) {
  const BootDeviceSetting setting{.device = BootDevice::pxe, .firmware = firmware};
  const auto deadline = bench.in(30s);
  const auto code = code_of(bench.run(bench.bmc->set_boot_device(setting, deadline)));
  EXPECT_LE(bench.timers.now(), deadline);
  return code;
}

}  // namespace

TEST(BmcFaults, ABootDeviceIgnoredOnceIsNamedAndTakenTheSecondTime) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore});
  EXPECT_EQ(set_boot_device(bench, BootFirmware::efi), "ipmi.boot_device_ignored");
  EXPECT_EQ(set_boot_device(bench, BootFirmware::efi), "");
}

TEST(BmcFaults, ABootDeviceIgnoredAlwaysIsNamedAlways) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore, .times = always});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(set_boot_device(bench, BootFirmware::efi), "ipmi.boot_device_ignored");
    EXPECT_EQ(set_boot_device(bench, BootFirmware::legacy), "ipmi.boot_device_ignored");
  }
}

TEST(BmcFaults, ABootDeviceIgnoredWithoutTheEfiBitIsTakenWithIt) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::bootdev, .kind = BmcFaultKind::ignore_legacy, .times = always});
  EXPECT_EQ(set_boot_device(bench, BootFirmware::legacy), "ipmi.boot_device_ignored");
  EXPECT_EQ(set_boot_device(bench, BootFirmware::efi), "");
  EXPECT_EQ(bench.chassis.boot_device().device, BootDevice::pxe);
}

TEST(BmcFaults, ABmcThatLiesAboutPowerIsNotBelievedForASingleLie) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::status, .kind = BmcFaultKind::lie});
  const auto seen =
      bench.run(drivers::confirm_power(*bench.bmc, core::PowerState::on, bench.in(5s), bench.timers));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, "bmc.power_not_seen");
}

TEST(BmcFaults, ABmcThatFreezesAfterSomeCommandsAnswersAgainWhenItThaws) {
  for (unsigned commands = 0; commands < 12; ++commands) {
    IpmiBench bench;
    bench.model.faults().add(
        {.at = BmcMoment::command, .kind = BmcFaultKind::freeze_after, .times = commands, .delay = 20s});
    bool froze = false;
    for (int i = 0; i < 12; ++i) {
      const auto deadline = bench.in(5s);
      const auto power = bench.run(bench.bmc->power_state(deadline));
      EXPECT_LE(bench.timers.now(), deadline);
      if (power) continue;
      froze = true;
      EXPECT_TRUE(power.error().kind == core::ErrorKind::unreachable ||
                  power.error().kind == core::ErrorKind::timed_out)
          << power.error().code;
    }
    EXPECT_TRUE(froze) << commands;
    bench.timers.run_for(2min);
    EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s)))) << commands;
  }
}

TEST(BmcFaults, AnActToABmcThatFreezesIsNeverSentTwice) {
  IpmiBench bench;
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(5s))));
  bench.model.faults().add(
      {.at = BmcMoment::power, .kind = BmcFaultKind::freeze_after, .times = 0, .delay = 3s});
  const auto done = bench.run(bench.bmc->power(PowerAction::on, bench.in(60s)));
  EXPECT_EQ(code_of(done), "ipmi.outcome_unknown");
  EXPECT_EQ(bench.model.counters().total_acts(), 0U);
}

TEST(BmcFaults, ABmcWithOneSessionThatSomebodyHasIsNamedInTimeAndFreeLater) {
  auto profile = some_profile();
  profile.max_sessions = 1;
  IpmiBench bench(std::move(profile));
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(5s))));  // this one has it
  auto other = bench.client.open(bench.address, {"ADMIN", core::Secret("secret")});
  const auto deadline = bench.in(10s);
  const auto refused = bench.run(other->power_state(deadline));
  EXPECT_LE(bench.timers.now(), deadline);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ipmi.no_free_session");
  bench.timers.run_for(1min);  // idle: given back
  EXPECT_TRUE(bench.run(other->power_state(bench.in(30s))));
}
