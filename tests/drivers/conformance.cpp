#include "tests/drivers/conformance.hpp"

#include "drivers/power.hpp"

using namespace colony;
using namespace std::chrono_literals;
using colony::testing::BmcConformance;
using drivers::BootDevice;
using drivers::BootFirmware;
using drivers::BootPersistence;
using drivers::PowerAction;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

void BmcConformance::SetUp() {
  rig_ = GetParam().make();
  if (!rig_) GTEST_SKIP() << "the program this rig needs is not installed";
  bmc_ = open();
}

void BmcConformance::TearDown() {
  if (!rig_) return;
  bmc_.reset();
  rig_->close();
}

std::unique_ptr<drivers::Bmc> BmcConformance::open(std::string_view password) {
  return rig_->open(rig_->endpoint(), {"ADMIN", core::Secret(password)});
}

TEST_P(BmcConformance, SaysWhoItIs) {
  const auto identity = rig_->run(bmc_->identity(rig_->in(20s)));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_NE(identity->manufacturer_id, 0U);
  EXPECT_FALSE(identity->firmware_revision.empty());
  EXPECT_TRUE(identity->system_guid);
  if (rig_->model() == nullptr) return;
  EXPECT_EQ(identity->system_guid->to_string(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(identity->board_serial, "SIMB000001");
  EXPECT_EQ(identity->product_serial, "SIMS000001");
  EXPECT_EQ(identity->product_name, "Simulated Server");
}

TEST_P(BmcConformance, PowersOnAndOffOnceEach) {
  const unsigned before = rig_->acts();
  for (const auto action : {PowerAction::on, PowerAction::off}) {
    const auto done = rig_->run(bmc_->power(action, rig_->in(20s)));
    ASSERT_TRUE(done) << done.error().message;
    const auto wanted = action == PowerAction::on ? core::PowerState::on : core::PowerState::off;
    const auto seen = rig_->run(drivers::confirm_power(*bmc_, wanted, rig_->in(20s), rig_->timers));
    EXPECT_TRUE(seen) << seen.error().message;
  }
  EXPECT_EQ(rig_->acts(), before + 2);
}

TEST_P(BmcConformance, SetsABootDeviceAndReadsItBack) {
  for (const auto device : {BootDevice::pxe, BootDevice::disk, BootDevice::cdrom, BootDevice::bios_setup}) {
    const drivers::BootDeviceSetting setting{
        .device = device, .persistence = BootPersistence::persistent, .firmware = BootFirmware::efi};
    const auto set = rig_->run(bmc_->set_boot_device(setting, rig_->in(20s)));
    ASSERT_TRUE(set) << name(device) << ": " << set.error().message;
    const auto seen = rig_->run(bmc_->boot_device(rig_->in(20s)));
    ASSERT_TRUE(seen) << seen.error().message;
    // ipmi_sim keeps the device, but neither its options nor the valid bit.
    if (rig_->model() != nullptr) EXPECT_EQ(*seen, setting);
  }
  const auto cleared = rig_->run(bmc_->set_boot_device({}, rig_->in(20s)));
  ASSERT_TRUE(cleared) << cleared.error().message;
  EXPECT_EQ(rig_->run(bmc_->boot_device(rig_->in(20s)))->device, BootDevice::none);
}

TEST_P(BmcConformance, NamesAWrongPasswordAndTriesItTwiceAtMost) {
  const auto stranger = open("wrong");
  for (int i = 0; i < 2; ++i) {
    const auto state = rig_->run(stranger->power_state(rig_->in(20s)));
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code, "ipmi.bad_password");
    EXPECT_EQ(state.error().message.find("wrong"), std::string::npos);
  }
  EXPECT_EQ(rig_->run(stranger->power_state(rig_->in(20s))).error().code, "ipmi.locked_out");
}

TEST_P(BmcConformance, NamesABmcThatIsNotThere) {
  // The discard port of a loopback address where nobody listens.
  const auto nobody =
      rig_->open({*core::Ipv4Address::parse("127.0.0.77"), 9}, {"ADMIN", core::Secret("secret")});
  const auto before = rig_->timers.now();
  const auto state = rig_->run(nobody->power_state(rig_->in(1s)));
  ASSERT_FALSE(state);
  EXPECT_TRUE(state.error().kind == core::ErrorKind::unreachable ||
              state.error().kind == core::ErrorKind::timed_out)
      << state.error().code;
  EXPECT_LT(rig_->timers.now() - before, 3s);
}

TEST_P(BmcConformance, NeverRepeatsAnActWhoseReplyIsLost) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "needs faults";
  rig_->model()->faults().add({.at = BmcMoment::power, .kind = BmcFaultKind::lose});
  rig_->model()->faults().add({.at = BmcMoment::power, .kind = BmcFaultKind::repeat, .times = 100});
  const auto done = rig_->run(bmc_->power(PowerAction::reset, rig_->in(2s)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, core::ErrorKind::timed_out);
  EXPECT_EQ(rig_->acts(), 1U);
}

TEST_P(BmcConformance, BelievesPowerOnlyWhenSeenTwice) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "needs faults";
  rig_->model()->faults().add({.at = BmcMoment::status, .kind = BmcFaultKind::lie});
  const auto seen =
      rig_->run(drivers::confirm_power(*bmc_, core::PowerState::on, rig_->in(2500ms), rig_->timers));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, "bmc.power_not_seen");
}

TEST_P(BmcConformance, RefusalsAreNamed) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "needs faults";
  rig_->model()->faults().add({.at = BmcMoment::power, .kind = BmcFaultKind::refuse});
  const auto done = rig_->run(bmc_->power(PowerAction::on, rig_->in(20s)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, core::ErrorKind::refused) << done.error().code;
  EXPECT_EQ(rig_->acts(), 0U);
}

TEST_P(BmcConformance, LeavesNoSessionBehind) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "needs to look inside";
  EXPECT_TRUE(rig_->run(bmc_->power_state(rig_->in(20s))));
  rig_->run(bmc_->close());
  EXPECT_EQ(rig_->model()->open_sessions(), 0U);
}
