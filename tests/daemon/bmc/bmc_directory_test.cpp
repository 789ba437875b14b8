#include "daemon/bmc/bmc_directory.hpp"

#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using daemon::DriverDirectory;

namespace {

struct DirectoryBench : IpmiBench {
  explicit DirectoryBench(std::string_view password_there) : IpmiBench(profile_with(password_there)) {}
  ~DirectoryBench() { close(); }

  static hw_sim::BmcProfile profile_with(std::string_view password) {
    hw_sim::BmcProfile profile = some_profile();
    profile.password = core::Secret(password);
    return profile;
  }
  [[nodiscard]] workflows::BmcRecord record(std::string_view password) const {
    return {address.address, address.port, "native", "ADMIN", core::Secret(password)};
  }
  void close() {
    directory.let_go();
    finish();
  }
  std::string outcome_of(const core::Result<std::shared_ptr<drivers::Bmc>>& asked) {
    const auto state = run((*asked)->power_state(in(30s)));
    return state ? "" : state.error().code;
  }

  drivers::ipmitool::IpmitoolClient program{timers, log, {}};
  DriverDirectory directory{client, program};
};

}  // namespace

TEST(DriverDirectory, KeepsOneActorUntilTheCredentialsChange) {
  DirectoryBench bench("secret");
  const auto first = bench.directory.at(bench.record("secret"));
  EXPECT_EQ(*first, *bench.directory.at(bench.record("secret")));
  EXPECT_NE(*first, *bench.directory.at(bench.record("other")));
}

TEST(DriverDirectory, APasswordMendedOnTheBmcIsTriedWhenTheOperatorEnrolsItAgain) {
  DirectoryBench bench("set-by-the-factory");
  const auto record = bench.record("secret");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bench.outcome_of(bench.directory.afresh(record)), "ipmi.bad_password");
    EXPECT_EQ(bench.outcome_of(bench.directory.at(record)), "ipmi.bad_password");
  }
  EXPECT_EQ(bench.outcome_of(bench.directory.at(record)),
            "ipmi.locked_out");  // of its own accord it tries no more
  hw_sim::BmcModel mended(DirectoryBench::profile_with("secret"), bench.chassis, bench.random);
  bench.network.add(bench.address, mended);
  EXPECT_EQ(bench.outcome_of(bench.directory.at(record)), "ipmi.locked_out");
  EXPECT_EQ(bench.outcome_of(bench.directory.afresh(record)), "");
  EXPECT_EQ(bench.outcome_of(bench.directory.at(record)), "");
  bench.close();  // before `mended` goes
}

TEST(DriverDirectory, OpensABmcWithItsPassportAndAfreshWithoutOne) {
  DirectoryBench bench("secret");
  const auto record = bench.record("secret");
  bench.directory.set_passport_of(
      [](const workflows::BmcRecord&) { return drivers::BmcPassport{.suites = {3}, .gap = 800ms}; });
  EXPECT_FALSE(bench.directory.standing(record)) << "nobody has it open";
  ASSERT_TRUE(bench.directory.at(record));
  EXPECT_EQ(bench.directory.standing(record)->passport.gap, 800ms);
  ASSERT_TRUE(bench.directory.afresh(record));
  EXPECT_EQ(bench.directory.standing(record)->passport, drivers::BmcPassport{})
      << "the board may be a new one";
}

TEST(DriverDirectory, LettingGoDoesNotWaitForABmcThatIsSilentInTheMiddle) {
  DirectoryBench bench("secret");
  const auto bmc = bench.directory.at(bench.record("secret"));
  EXPECT_EQ(bench.outcome_of(bmc), "");
  bench.network.set_wire([](unsigned) { return hw_sim::Fate::lose; });
  std::optional<core::Result<core::PowerState>> answer;
  bench.tasks.spawn("ask", IpmiBench::keep((*bmc)->power_state(bench.in(30s)), answer));
  bench.timers.run_for(100ms);
  ASSERT_FALSE(answer);
  const auto begun = bench.timers.now();
  bench.close();
  EXPECT_LE(bench.timers.now() - begun, 3s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code, "ipmi.closed");
}
