// The audit against the simulated BMC: each way in is found when it is there, and only then; nothing is done
// on the way, and no session stays behind.

#include "drivers/ipmi/audit.hpp"

#include <nlohmann/json.hpp>

#include "drivers/bmc_audit.hpp"
#include "tests/drivers/ipmi/ipmi_bench.hpp"

using namespace colony;
using namespace colony::testing;
using drivers::AskFactoryPasswords;
using drivers::BmcAudit;
using drivers::Learnt;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;

namespace {

BmcAudit audit(IpmiBench& bench, AskFactoryPasswords factory = AskFactoryPasswords::no,
               std::uint32_t manufacturer = 0) {
  const auto found = bench.run(bench.bmc->auditor()->audit(factory, manufacturer, bench.in(30s)));
  EXPECT_TRUE(found) << found.error().message;
  return found.value_or(BmcAudit{});
}

std::vector<std::string> codes(const BmcAudit& found) {
  std::vector<std::string> out;
  for (const auto& finding : drivers::findings_of(found)) {
    EXPECT_FALSE(finding.cure.empty());
    out.emplace_back(finding.code);
  }
  return out;
}

}  // namespace

TEST(BmcAudit, FindsNothingWhereNothingIs) {
  IpmiBench bench;
  const auto found = audit(bench);
  EXPECT_EQ(found, (BmcAudit{.cipher_zero = Learnt::no,
                             .anonymous_login = Learnt::no,
                             .null_user = Learnt::no,
                             .ipmi_15 = Learnt::no,
                             .factory_user = ""}));
  EXPECT_TRUE(codes(found).empty());
  EXPECT_EQ(bench.model.counters().sessions_opened, 0U);
  EXPECT_EQ(bench.model.counters().logins_rejected, 0U);
}

TEST(BmcAudit, FindsEachWeaknessByItself) {
  const std::pair<const char*, const char*> cases[] = {{"cipher-zero", "bmc.cipher_zero"},
                                                       {"anonymous", "bmc.anonymous_login"},
                                                       {"null-user", "bmc.null_user"},
                                                       {"ipmi-1.5", "bmc.ipmi_15"}};
  for (const auto& [weakness, code] : cases) {
    auto profile = some_profile();
    ASSERT_TRUE(hw_sim::weaken(profile, weakness));
    IpmiBench bench(std::move(profile));
    EXPECT_EQ(codes(audit(bench)), std::vector<std::string>{code}) << weakness;
  }
  auto profile = some_profile();
  EXPECT_FALSE(hw_sim::weaken(profile, "cypher-zero"));
}

TEST(BmcAudit, HearsWhatOpenBmcSays) {
  IpmiBench bench(like_openbmc());
  const auto begun = bench.timers.now();
  EXPECT_EQ(audit(bench, AskFactoryPasswords::yes), (BmcAudit{.cipher_zero = Learnt::no,
                                                              .anonymous_login = Learnt::no,
                                                              .null_user = Learnt::no,
                                                              .ipmi_15 = Learnt::no,
                                                              .factory_password = Learnt::no,
                                                              .factory_user = ""}));
  EXPECT_LT(bench.timers.now() - begun, 1s) << "and waits for nothing";
  auto profile = like_openbmc();
  ASSERT_TRUE(hw_sim::weaken(profile, "null-user"));
  IpmiBench weak(std::move(profile));
  EXPECT_EQ(codes(audit(weak)), std::vector<std::string>{"bmc.null_user"});
}

TEST(BmcAudit, LooksThroughSuiteZeroClosesAndNeverActs) {
  auto profile = some_profile();
  profile.cipher_zero = true;
  profile.max_sessions = 1;
  IpmiBench bench(std::move(profile), "not the password");
  EXPECT_EQ(audit(bench).cipher_zero, Learnt::yes);
  EXPECT_EQ(bench.model.counters().sessions_opened, 1U);
  EXPECT_EQ(bench.model.counters().sessions_closed, 1U);
  EXPECT_EQ(bench.model.counters().commands, 2U) << "Get Device ID, Close Session";
  EXPECT_EQ(bench.model.open_sessions(), 0U);
  EXPECT_EQ(bench.model.counters().total_acts(), 0U);
}

TEST(BmcAudit, TakesNoPlaceFromItsOwnSession) {
  auto profile = some_profile();
  profile.cipher_zero = true;
  profile.max_sessions = 1;
  IpmiBench bench(std::move(profile));
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
  EXPECT_EQ(audit(bench).cipher_zero, Learnt::yes);
  EXPECT_TRUE(bench.run(bench.bmc->power_state(bench.in(30s))));
}

TEST(BmcAudit, AFullTableIsNoAnswerToTheQuestion) {
  auto profile = some_profile();
  profile.cipher_zero = true;
  IpmiBench bench(std::move(profile));
  bench.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::full, .times = 5});
  EXPECT_EQ(audit(bench).cipher_zero, Learnt::unknown);
}

TEST(BmcAudit, SurvivesALostDatagramWhereverItIs) {
  for (unsigned k = 0; k < 14; ++k) {
    auto profile = some_profile();
    profile.cipher_zero = true;
    IpmiBench bench(std::move(profile));
    bench.network.set_wire(
        [k](unsigned number) { return number == k ? hw_sim::Fate::lose : hw_sim::Fate::deliver; });
    EXPECT_EQ(audit(bench).cipher_zero, Learnt::yes) << k;
    bench.timers.run_for(2min);
    EXPECT_EQ(bench.model.open_sessions(), 0U);
  }
}

TEST(BmcAudit, ASilentBmcIsNotAnInnocentOne) {
  IpmiBench bench;
  bench.model.faults().add({.at = BmcMoment::any, .kind = BmcFaultKind::freeze, .delay = 1h});
  const auto found = bench.run(bench.bmc->auditor()->audit(AskFactoryPasswords::yes, 0, bench.in(30s)));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "ipmi.no_answer");
}

TEST(BmcAudit, TellsAFactoryPasswordWithoutSendingOne) {
  for (const auto suite : {ipmi::CipherSuite::sha256_aes, ipmi::CipherSuite::sha1_aes}) {
    auto profile = some_profile();
    profile.suites = {suite};
    profile.username = "root";
    profile.password = core::Secret("calvin");
    IpmiBench bench(std::move(profile), "whatever");
    // The operator's own login is another one; root still has what Dell delivered.
    const auto found = audit(bench, AskFactoryPasswords::yes, 674);
    EXPECT_EQ(found.factory_password, Learnt::yes);
    EXPECT_EQ(found.factory_user, "root");
    EXPECT_EQ(bench.model.counters().sessions_opened, 0U);
    bench.timers.run_for(1min);
    EXPECT_EQ(bench.model.open_sessions(), 0U);
  }
}

TEST(BmcAudit, AsksForTwoUsersAtMostAndOnlyWhenAskedTo) {
  for (const std::uint32_t maker : {0U, 674U, 2011U, 19046U, 99999U}) {
    const auto users = ipmi::factory_users(maker);
    EXPECT_GE(users.size(), 1U);
    EXPECT_LE(users.size(), 2U);
  }
  IpmiBench bench;
  EXPECT_EQ(audit(bench).factory_password, Learnt::unknown);
  EXPECT_EQ(bench.model.counters().logins_rejected, 0U);
  EXPECT_EQ(audit(bench, AskFactoryPasswords::yes).factory_password, Learnt::no);
  EXPECT_LE(bench.model.counters().logins_rejected, 2U);
}

TEST(BmcAudit, KnowsAFactoryLoginThatIsOurOwn) {
  auto profile = some_profile();
  profile.password = core::Secret("ADMIN");
  IpmiBench bench(std::move(profile), "ADMIN");
  const auto found = audit(bench);
  EXPECT_EQ(codes(found), std::vector<std::string>{"bmc.factory_password"});
  EXPECT_EQ(bench.model.counters().logins_rejected, 0U);
}

TEST(BmcAudit, SurvivesBeingWrittenDown) {
  const BmcAudit found{.cipher_zero = Learnt::yes,
                       .anonymous_login = Learnt::no,
                       .ipmi_15 = Learnt::yes,
                       .factory_password = Learnt::yes,
                       .factory_user = "ADMIN"};
  EXPECT_EQ(drivers::audit_from_text(core::dump_json(to_json(found))), found);
  for (const auto* text : {"", "[1]", "{", R"({"cipher_zero":"yes","factory_user":7})"}) {
    EXPECT_EQ(drivers::audit_from_text(text), BmcAudit{}) << text;
  }
}
