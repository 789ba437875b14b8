// The password of a BMC is changed, by the real driver on a simulated BMC that locks its account after three
// refused logins in a row: whatever dies, whatever the BMC does, it is never locked out, and its password is
// known.

#include <set>

#include "tests/daemon/bmc/rotation_lab.hpp"
#include "workflows/recipes/bmc_password.hpp"

using namespace colony;
using namespace colony::testing;
using hw_sim::BmcFaultKind;
using hw_sim::BmcMoment;
using workflows::Crash;
using workflows::WorkflowStatus;

namespace {

/// What must hold after a kill, before anything is mended.
void expect_not_lost(RotationLab& lab, const std::string& at) {
  EXPECT_TRUE(lab.password_is_known()) << at;
  EXPECT_FALSE(lab.account().locked) << at;
  EXPECT_LE(lab.account().rejected, 2U) << at;
}

/// To the end, through as many lives as it takes. The number of kills.
unsigned finish(RotationLab& lab, const std::string& at, const std::function<Kill()>& next_kill) {
  unsigned kills = 0;
  const auto revive = [&] {
    ++kills;
    expect_not_lost(lab, at);
    lab.restart(next_kill());
  };
  std::optional<workflows::WorkflowRow> row;
  while (!row && kills < 60) {
    if (lab.disk.assets.empty() && !lab.killed() && !lab.enrol() && !lab.killed()) {
      lab.timers.run_for(30s);  // sessions of an earlier life take the BMC's places
    }
    if (lab.killed()) {
      revive();
      continue;
    }
    if (lab.disk.assets.empty()) continue;
    row = lab.rotate();
    if (!row) revive();
  }
  if (!row) {
    ADD_FAILURE() << at << ": never ended";
    return kills;
  }
  lab.disarm();
  EXPECT_EQ(row->status, WorkflowStatus::completed) << at << ": " << row->error_code;
  expect_not_lost(lab, at);
  EXPECT_TRUE(lab.record().next_password.empty()) << at;
  EXPECT_TRUE(lab.account().password.equals(lab.record().password.reveal())) << at;
  EXPECT_FALSE(lab.record().password.equals(RotationLab::first_password)) << at;
  EXPECT_EQ(lab.look_at_power(), "") << at;
  EXPECT_EQ(lab.account().rejected, 0U) << at;
  return kills;
}

unsigned run_with_kill(std::uint64_t seed, Kill kill, const std::string& at) {
  RotationLab lab(seed, kill);
  return finish(lab, at, [] { return Kill{}; });
}

std::string run_fault(hw_sim::BmcFault fault, RotationLab& lab) {
  EXPECT_TRUE(lab.enrol());
  lab.model.faults().add(fault);
  const auto row = lab.rotate();
  if (!row) return "no end";
  return row->error_code;
}

}  // namespace

TEST(BmcPassword, HasSixteenLettersAndDigitsOfEachKind) {
  core::SeededRandom random(7);
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    const auto password = workflows::make_bmc_password(random);
    const std::string text(password.reveal());
    ASSERT_EQ(text.size(), 16U);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"),
              std::string::npos);
    EXPECT_NE(text.find_first_of("23456789"), std::string::npos);
    EXPECT_NE(text.find_first_of("ABCDEFGHJKLMNPQRSTUVWXYZ"), std::string::npos);
    EXPECT_NE(text.find_first_of("abcdefghijkmnopqrstuvwxyz"), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

TEST(BmcRotation, GivesTheAccountAnotherPassword) {
  RotationLab lab(1);
  finish(lab, "plain", [] { return Kill{}; });
  EXPECT_EQ(lab.account().passwords_set, 1U);
  EXPECT_EQ(lab.model.counters().logins_rejected, 0U);
  const std::string first(lab.record().password.reveal());
  const auto again = lab.rotate("op-2");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, WorkflowStatus::completed) << again->error_code;
  EXPECT_FALSE(lab.record().password.equals(first));
}

TEST(BmcRotation, NoRowNoEventNoTimelineHoldsAPassword) {
  RotationLab lab(2);
  finish(lab, "plain", [] { return Kill{}; });
  for (const auto password : {RotationLab::first_password, lab.record().password.reveal()}) {
    for (const auto& [id, row] : lab.disk.workflows) {
      EXPECT_EQ((row.context_json + row.order_json + row.error_message).find(password), std::string::npos);
    }
    for (const auto& [id, row] : lab.disk.intents) {
      EXPECT_EQ((row.detail_json + row.result_json).find(password), std::string::npos);
    }
    for (const auto& event : lab.disk.events)
      EXPECT_EQ(event.event.body_json.find(password), std::string::npos);
  }
}

TEST(BmcRotation, WorksOnABmcWithASingleSession) {
  RotationLab lab(3, {}, 1);
  finish(lab, "one session", [] { return Kill{}; });
}

TEST(BmcRotation, KilledAtEachCommitAndEachDatagramItIsNeverLockedOut) {
  unsigned kills = 0;
  std::size_t points = 0;
  for (std::uint64_t seed = 1; kills < 200 || seed <= 2; ++seed) {
    unsigned reached = 0;
    for (const auto when : {Crash::When::before, Crash::When::after}) {
      for (unsigned k = 1;; ++k) {
        const auto at = "seed " + std::to_string(seed) +
                        (when == Crash::When::before ? ", before" : ", after") + " commit " +
                        std::to_string(k);
        const unsigned died = run_with_kill(seed, {.commit = {k, when}}, at);
        reached += died;
        if (died == 0 || HasFailure()) break;
      }
    }
    for (unsigned n = 1;; ++n) {
      const auto at = "seed " + std::to_string(seed) + ", at datagram " + std::to_string(n);
      const unsigned died = run_with_kill(seed, {.datagram = n}, at);
      reached += died;
      if (died == 0 || HasFailure()) break;
    }
    ASSERT_FALSE(HasFailure());
    EXPECT_GE(reached, 60U) << "the walk must have passed the whole rotation";
    points = reached;
    kills += reached;
  }
  std::printf("%u kills, %zu in one walk\n", kills, points);
}

TEST(BmcRotation, KilledAgainAndAgainItComesToItsEnd) {
  unsigned kills = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    core::SeededRandom dice(seed);
    RotationLab lab(seed, {.datagram = 1 + static_cast<unsigned>(dice.below(60))});
    unsigned left = 6;
    kills += finish(lab, "storm " + std::to_string(seed), [&]() -> Kill {
      if (left == 0) return {};
      --left;
      if (dice.below(2) == 0)
        return {.datagram = lab.datagrams() + 1 + static_cast<unsigned>(dice.below(30))};
      const auto when = dice.below(2) == 0 ? Crash::When::before : Crash::When::after;
      return {.commit = {lab.disk.commits + 1 + static_cast<unsigned>(dice.below(4)), when}};
    });
    ASSERT_FALSE(HasFailure()) << seed;
  }
  EXPECT_GE(kills, 100U);
  std::printf("%u kills\n", kills);
}

TEST(BmcRotation, ALostReplyIsFoundOutByALogin) {
  RotationLab lab(4);
  // With its three sends, and the session that is opened then: the change is done, and every answer is lost.
  EXPECT_EQ(run_fault({.at = BmcMoment::password, .kind = BmcFaultKind::lose, .times = 6}, lab), "");
  EXPECT_TRUE(lab.account().password.equals(lab.record().password.reveal()));
  EXPECT_FALSE(lab.account().locked);
}

TEST(BmcRotation, ABmcThatKeepsTheOldPasswordIsNamedAndStaysOpen) {
  RotationLab lab(5);
  EXPECT_EQ(run_fault({.at = BmcMoment::password, .kind = BmcFaultKind::ignore, .times = 100}, lab),
            "bmc.password_not_kept");
  EXPECT_TRUE(lab.record().password.equals(RotationLab::first_password));
  EXPECT_FALSE(lab.record().next_password.empty()) << "some BMCs apply late";
  expect_not_lost(lab, "kept");
  EXPECT_EQ(lab.look_at_power(), "");
  // The next order begins with what was left, and with the same new password.
  lab.model.faults().clear();
  const std::string left(lab.record().next_password.reveal());
  const auto again = lab.rotate("op-2");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, WorkflowStatus::completed) << again->error_code;
  EXPECT_TRUE(lab.record().password.equals(left));
}

TEST(BmcRotation, ARefusedPasswordIsForgottenOnceTheOldOneIsSeenToWork) {
  RotationLab lab(6);
  EXPECT_EQ(run_fault({.at = BmcMoment::password, .kind = BmcFaultKind::refuse}, lab),
            "bmc.password_refused");
  EXPECT_TRUE(lab.record().next_password.empty());
  EXPECT_TRUE(lab.record().password.equals(RotationLab::first_password));
  EXPECT_EQ(lab.look_at_power(), "");
}

TEST(BmcRotation, WhenNeitherPasswordWorksBothAreKeptAndTwoLoginsWereRefused) {
  RotationLab lab(7);
  EXPECT_EQ(run_fault({.at = BmcMoment::password, .kind = BmcFaultKind::cut}, lab), "bmc.password_unknown");
  EXPECT_TRUE(lab.record().password.equals(RotationLab::first_password));
  EXPECT_EQ(lab.record().next_password.reveal().size(), 16U);
  EXPECT_EQ(lab.model.counters().logins_rejected, 2U);
  EXPECT_FALSE(lab.account().locked);
  EXPECT_EQ(lab.disk.assets.begin()->second.condition, workflows::AssetCondition::unreachable);
}

TEST(BmcRotation, ASilentBmcIsAskedAgainUntilItTellsWhichPasswordItHas) {
  RotationLab lab(8);
  ASSERT_TRUE(lab.enrol());
  lab.model.faults().add({.at = BmcMoment::password, .kind = BmcFaultKind::lose, .times = 6});
  // Dead for two minutes after the change.
  lab.model.faults().add({.at = BmcMoment::session, .kind = BmcFaultKind::drop, .times = 40});
  const auto row = lab.rotate();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, WorkflowStatus::completed) << row->error_code << row->error_message;
  EXPECT_TRUE(lab.account().password.equals(lab.record().password.reveal()));
}

TEST(BmcRotation, HandingTheBmcOverAgainWaitsForTheChangeInHand) {
  RotationLab lab(9);
  ASSERT_TRUE(lab.enrol());
  lab.model.faults().add({.at = BmcMoment::password, .kind = BmcFaultKind::drop, .times = 3});
  const auto ordered = lab.ask<core::Result<workflows::Submitted>>(
      [](workflows::Orders& in) { return in.rotate_bmc_password({"web-1", "op-1"}); });
  ASSERT_TRUE(ordered && *ordered);
  lab.timers.run_until([&] { return !lab.record().next_password.empty(); }, lab.timers.now() + 1min);
  const auto enrolled = lab.ask<core::Result<workflows::Enrolled>>([](workflows::Orders& in) {
    workflows::BmcEnrolment enrolment;
    enrolment.address = *core::Ipv4Address::parse("10.0.0.9");
    enrolment.username = "ADMIN";
    enrolment.password = core::Secret(RotationLab::first_password);
    return in.enrol_bmc(std::move(enrolment));
  });
  ASSERT_TRUE(enrolled);
  ASSERT_FALSE(*enrolled);
  EXPECT_EQ(enrolled->error().code, "bmc.password_changing");
}

TEST(BmcRotation, BreakGlassShowsBothPasswordsAndSaysThatItDid) {
  RotationLab lab(11);
  EXPECT_EQ(run_fault({.at = BmcMoment::password, .kind = BmcFaultKind::cut}, lab), "bmc.password_unknown");
  const auto shown = lab.ask<core::Result<workflows::BmcLogin>>(
      [](workflows::Orders& in) { return in.show_bmc_login("web-1", "uid 0"); });
  ASSERT_TRUE(shown && *shown);
  EXPECT_EQ((*shown)->username, "ADMIN");
  EXPECT_TRUE((*shown)->password.equals(RotationLab::first_password));
  EXPECT_TRUE((*shown)->next_password.equals(lab.record().next_password.reveal()));
  const auto& event = lab.disk.events.back().event;
  EXPECT_EQ(event.type, "bmc.password_shown");
  EXPECT_NE(event.body_json.find("uid 0"), std::string::npos);
}

TEST(BmcRotation, OfARestoredBackupNothingIsInDoubtButThePasswordAndBothOpenTheBmc) {
  unsigned enrolled_by = 0;  // datagrams
  {
    RotationLab undisturbed(12);
    ASSERT_TRUE(undisturbed.enrol());
    enrolled_by = undisturbed.datagrams();
  }
  for (unsigned n = enrolled_by + 1;; ++n) {
    ASSERT_LT(n, enrolled_by + 60);
    RotationLab lab(12, {.datagram = n});
    ASSERT_TRUE(lab.enrol());
    (void)lab.rotate();
    if (!lab.killed() || lab.record().next_password.empty()) continue;
    lab.disk.epoch = core::Epoch{2};
    lab.restart();
    EXPECT_EQ(lab.disk.workflows.begin()->second.status, WorkflowStatus::failed);
    EXPECT_EQ(lab.disk.assets.begin()->second.condition, workflows::AssetCondition::normal);
    EXPECT_FALSE(lab.record().next_password.empty());
    EXPECT_EQ(lab.look_at_power(), "");
    const auto again = lab.rotate("op-2");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, WorkflowStatus::completed) << again->error_code;
    EXPECT_TRUE(lab.account().password.equals(lab.record().password.reveal()));
    return;
  }
}
