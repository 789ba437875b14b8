#include "drivers/sweep.hpp"

#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;

TEST(Probe, TellsIdentityPowerAndBootDeviceAndClosesTheSession) {
  IpmiBench bench;
  const auto probe = bench.run(drivers::probe(*bench.bmc, bench.in(60s)));
  ASSERT_TRUE(probe) << probe.error().message;
  EXPECT_EQ(probe->identity.product_serial, "SIMS000001");
  EXPECT_EQ(probe->power, core::PowerState::off);
  EXPECT_EQ(probe->boot_device->device, drivers::BootDevice::none);
  EXPECT_EQ(bench.model.open_sessions(), 0U);
}

TEST(Probe, NamesWhatIsWrong) {
  IpmiBench bench(some_profile(), "wrong");
  EXPECT_EQ(bench.run(drivers::probe(*bench.bmc, bench.in(60s))).error().code, "ipmi.bad_password");
}

TEST(SweepPower, AsksEveryBmcAndADeadOneHoldsUpOnlyItsPlace) {
  IpmiBench bench;
  constexpr unsigned count = 60;
  std::vector<std::unique_ptr<hw_sim::PlainChassis>> machines;
  std::vector<std::unique_ptr<hw_sim::BmcModel>> models;
  std::vector<drivers::SweepTarget> targets;
  for (unsigned i = 0; i < count; ++i) {
    const drivers::BmcEndpoint at{core::Ipv4Address(0x0a020000 + i), 623};
    machines.push_back(std::make_unique<hw_sim::PlainChassis>());
    models.push_back(std::make_unique<hw_sim::BmcModel>(some_profile(), *machines.back(), bench.random));
    if (i != 5) bench.network.add(at, *models.back());
    targets.push_back({at, {"ADMIN", core::Secret("secret")}});
  }
  unsigned good = 0;
  unsigned bad = 0;
  bool over = false;
  const auto sweep = [](core::Task<> task, bool& done) -> core::Task<> {
    co_await std::move(task);
    done = true;
  };
  bench.tasks.spawn("sweep",
                    sweep(drivers::sweep_power(
                              bench.timers, bench.tasks, std::move(targets),
                              [&](drivers::BmcEndpoint endpoint, drivers::BmcCredentials credentials) {
                                return bench.client.open(endpoint, std::move(credentials));
                              },
                              [&](const drivers::SweepRow& row) { ++(row.power ? good : bad); }, 8, 5s),
                          over));
  bench.timers.run_for(4s);
  EXPECT_EQ(good, count - 1);
  EXPECT_EQ(bad, 0U);
  bench.timers.run_for(2s);
  EXPECT_EQ(bad, 1U);
  EXPECT_TRUE(over);
  for (const auto& model : models) EXPECT_EQ(model->open_sessions(), 0U);
}
