#include "tests/drivers/conformance.hpp"

#include "drivers/bmc_users.hpp"
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

TEST_P(BmcConformance, ListsItsUsers) {
  const auto users = rig_->run(bmc_->users()->users(rig_->in(60s)));
  ASSERT_TRUE(users) << users.error().message;
  const auto ours = std::ranges::find(*users, "ADMIN", &drivers::BmcUser::name);
  ASSERT_NE(ours, users->end());
  EXPECT_EQ(ours->id.value, 2);
  EXPECT_EQ(ours->access.limit, drivers::UserPrivilege::administrator);
  EXPECT_NE(ours->enabled, drivers::UserEnabled::no);
}

TEST_P(BmcConformance, MakesAUserWhoCanLogIn) {
  drivers::BmcUsers& users = *bmc_->users();
  const drivers::UserId id{3};
  const core::Secret password("another-one");
  const auto named = rig_->run(users.set_name(id, "colony", rig_->in(20s)));
  ASSERT_TRUE(named) << named.error().message;
  const auto set = rig_->run(users.set_password(id, password.clone(), rig_->in(20s)));
  ASSERT_TRUE(set) << set.error().message;
  const drivers::UserAccess access{.messaging = true, .limit = drivers::UserPrivilege::administrator};
  const auto allowed = rig_->run(users.set_access(id, access, rig_->in(20s)));
  ASSERT_TRUE(allowed) << allowed.error().message;
  const auto enabled = rig_->run(users.set_enabled(id, drivers::UserEnabled::yes, rig_->in(20s)));
  ASSERT_TRUE(enabled) << enabled.error().message;
  auto newcomer = rig_->open(rig_->endpoint(), {"colony", password.clone()});
  const auto state = rig_->run(newcomer->power_state(rig_->in(20s)));
  EXPECT_TRUE(state) << state.error().message;
  rig_->run(newcomer->close());
  const auto listed = rig_->run(users.users(rig_->in(60s)));
  ASSERT_TRUE(listed);
  const auto seen = std::ranges::find(*listed, "colony", &drivers::BmcUser::name);
  ASSERT_NE(seen, listed->end());
  EXPECT_EQ(seen->access.messaging, true);
}

TEST_P(BmcConformance, APasswordCountsFromTheNextLoginOn) {
  const drivers::UserId ours{2};
  ASSERT_TRUE(rig_->run(bmc_->power_state(rig_->in(20s))));
  const auto set =
      rig_->run(bmc_->users()->set_password(ours, core::Secret("sixteen-bytes-pw"), rig_->in(20s)));
  ASSERT_TRUE(set) << set.error().message;
  auto again = open("sixteen-bytes-pw");
  EXPECT_TRUE(rig_->run(again->power_state(rig_->in(20s))));
  rig_->run(again->close());
  const auto stranger = open();
  EXPECT_EQ(rig_->run(stranger->power_state(rig_->in(20s))).error().code, "ipmi.bad_password");
}

TEST_P(BmcConformance, LongPasswordsWork) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "ipmi_sim takes 20 bytes and lets nobody in with them";
  const auto set =
      rig_->run(bmc_->users()->set_password({2}, core::Secret("twenty-bytes-of-it-!"), rig_->in(20s)));
  ASSERT_TRUE(set) << set.error().message;
  const auto again = open("twenty-bytes-of-it-!");
  EXPECT_TRUE(rig_->run(again->power_state(rig_->in(20s))));
  rig_->run(again->close());
}

TEST_P(BmcConformance, APasswordIsTested) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "ipmi_sim does not tell right from wrong";
  drivers::BmcUsers& users = *bmc_->users();
  const auto verdict = [&](std::string_view text) {
    return rig_->run(users.test_password({2}, core::Secret(text), rig_->in(20s)));
  };
  EXPECT_EQ(verdict("secret"), drivers::PasswordVerdict::right);
  EXPECT_EQ(verdict("wrong"), drivers::PasswordVerdict::wrong);
  EXPECT_EQ(verdict("longer-than-16-bytes"), drivers::PasswordVerdict::wrong_size);
}

TEST_P(BmcConformance, OfTwoPasswordsTheOneThatWorksIsUsed) {
  drivers::BmcCredentials both{"ADMIN", core::Secret("of-before"), core::Secret("secret")};
  const auto bmc = rig_->open(rig_->endpoint(), std::move(both));
  for (int i = 0; i < 3; ++i) {
    const auto state = rig_->run(bmc->power_state(rig_->in(20s)));
    EXPECT_TRUE(state) << state.error().message;
  }
  rig_->run(bmc->close());
  // ipmitool leaves a handshake whose password is wrong without a word, so that the BMC does not count it.
  if (rig_->model() != nullptr) EXPECT_LE(rig_->model()->counters().logins_rejected, 1U);
}

TEST_P(BmcConformance, TwoWrongPasswordsAreTriedOnceEach) {
  const auto stranger =
      rig_->open(rig_->endpoint(), {"ADMIN", core::Secret("of-before"), core::Secret("of-after")});
  EXPECT_EQ(rig_->run(stranger->power_state(rig_->in(20s))).error().code, "ipmi.bad_password");
  EXPECT_EQ(rig_->run(stranger->power_state(rig_->in(20s))).error().code, "ipmi.locked_out");
  if (rig_->model() != nullptr) EXPECT_LE(rig_->model()->counters().logins_rejected, 2U);
}

TEST_P(BmcConformance, ARefusedPasswordIsNamedAndNotShown) {
  if (rig_->model() == nullptr) GTEST_SKIP() << "needs faults";
  rig_->model()->faults().add({.at = BmcMoment::password, .kind = BmcFaultKind::refuse});
  const auto set = rig_->run(bmc_->users()->set_password({2}, core::Secret("zzzz"), rig_->in(20s)));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind, core::ErrorKind::refused) << set.error().code;
  EXPECT_EQ(set.error().message.find("zzzz"), std::string::npos);
  EXPECT_EQ(set.error().message.find("7a 7a"), std::string::npos);
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
